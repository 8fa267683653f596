import type { Channel } from '@leadstream/contracts/events';
import type { ProviderResponse } from '@leadstream/lead/claim';

/** An email, in no provider's terms. */
export interface Email {
  to: string;
  from: { email: string; name: string };
  replyTo: string;
  subject: string;
  text: string;
  html: string;
  headers?: Record<string, string>;
  /** Returned in each event of this email, and stored by the provider without an end: both ids are opaque. */
  sendId: string;
  leadId: string;
}

interface Messages {
  email: Email;
}
/** A message of the channel. */
export type Message<C extends Channel> = Messages[C];

/** `status`: of the HTTP response, where there was one. */
export type Outcome = ProviderResponse & { status?: number };
/** Sends one message, once. Resolves always: any response, and the lack of one, is an outcome (docs/adr/0006). */
export type Send<C extends Channel> = (message: Message<C>) => Promise<Outcome>;
