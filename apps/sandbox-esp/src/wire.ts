import type { Provider } from '@leadstream/contracts/events';
import type { SandboxMessage } from './client.ts';
import type { Mail } from './inbound-parse.ts';
import type { Event, Post, SigningKey } from './webhook.ts';

/** A provider's webhooks: their bytes, and which answers it tries again. */
export interface Wire {
  /** The events that follow from an accepted mail without a cause of their own. */
  automatic: readonly string[];
  /** `name` is SendGrid's, whatever the provider calls it; undefined for an event that it does not post. */
  event: (message: SandboxMessage, name: string, extra?: Record<string, unknown>) => Event | undefined;
  posts: (events: Event[], by: { key: SigningKey; login: string; secret: string }) => Post[];
  inbound: (mail: Mail, by: { secret: string; answered?: SandboxMessage }) => Post;
  /** The inbound URL, where it has no secret. */
  pathOf?: (url: string) => string;
  /** The provider that receives this one's mails, where it has no webhook. */
  inboundBy?: Provider;
  /** Behind the inbound URL's own path. */
  inboundPath?: string;
  /** Asks a URL, before its first post, whether it wants any; its answer is a request with the token. */
  question?: (token: string) => Post;
  /** Of one post. */
  attemptsMax?: number;
  /** Whether a request with this status (0: no response) is made again. */
  retriesEvents: (status: number) => boolean;
  retriesMail: (status: number) => boolean;
}
