import type { Esp as EspName } from '@leadstream/contracts/events';
import type { SandboxMessage } from './client.ts';
import { inboundPost, type Mail } from './inbound-parse.ts';
import { mailgunWire } from './mailgun-webhook.ts';
import { postmarkWire } from './postmark-webhook.ts';
import { eventOf, eventPost, retriesEvents, retriesMail, type Event, type Post, type SigningKey } from './webhook.ts';

/** A provider's webhooks: their bytes, and which answers it tries again. */
export interface Wire {
  /** The events that follow from an accepted mail without a cause of their own. */
  automatic: readonly string[];
  /** `name` is SendGrid's, whatever the provider calls it; undefined for an event that it does not post. */
  event: (message: SandboxMessage, name: string, extra?: Record<string, unknown>) => Event | undefined;
  posts: (events: Event[], by: { key: SigningKey; login: string; secret: string }) => Post[];
  inbound: (mail: Mail) => Post;
  /** Behind the inbound URL's own path. */
  inboundPath?: string;
  /** Whether a request with this status (0: no response) is made again. */
  retriesEvents: (status: number) => boolean;
  retriesMail: (status: number) => boolean;
}

export const wires: Readonly<Record<EspName, Wire>> = {
  sendgrid: {
    automatic: ['processed', 'delivered'],
    event: eventOf,
    posts: (events, { key }) => [eventPost(events, key)],
    inbound: inboundPost,
    retriesEvents,
    retriesMail,
  },
  postmark: postmarkWire,
  mailgun: mailgunWire,
};

/** A provider's webhook, where the sandbox was given another one's: the path names the provider. */
export const urlOf = (url: string, wire: EspName): string => url.replace(/\/v1\/[a-z]+\//, `/v1/${wire}/`);
