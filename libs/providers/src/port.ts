import type { Channel, Chat } from '@leadstream/contracts/events';
import type { InboundMail } from '@leadstream/contracts/feedback';
import type { ProviderResponse } from '@leadstream/lead/claim';

/** An email, independent of the provider. */
export interface Email {
  to: string;
  from: { email: string; name: string };
  replyTo: { email: string; name?: string };
  subject: string;
  text: string;
  html: string;
  headers?: Record<string, string>;
  /** Returned in each event of this email, and stored by the provider without an end: both ids are opaque. */
  sendId: string;
  leadId: string;
}

/** A text to a phone (SMS), independent of the gateway. */
export interface Sms {
  /** E.164. */
  to: string;
  text: string;
  /** After it the gateway drops a text that it has not delivered: the hours of the step are over. */
  validitySeconds: number;
  sendId: string;
  leadId: string;
}

/** A notice to a rep, posted to a chat's incoming webhook. */
export interface Notice {
  /** The URL is a secret: whoever has it can post. */
  to: { chat: Chat; url: string };
  subject: string;
  text: string;
  sendId: string;
  leadId: string;
}

interface Messages {
  email: Email;
  sms: Sms;
  chat: Notice;
}
/** A message of the channel. */
export type Message<C extends Channel> = Messages[C];

/**
 * `status`: of the response, where there was one. `isOfRecipient`: the refusal is about this recipient alone, and shows
 * no illness of the provider.
 */
export type Outcome = ProviderResponse & { status?: number; isOfRecipient?: true };
/** Sends one message, once. Resolves always: any response, and the lack of one, is an outcome (docs/adr/0006). */
export type Send<C extends Channel> = (message: Message<C>) => Promise<Outcome>;

/** A send, by what its mail bears at the provider. `at`: RFC 3339 instant of its claim. */
export interface Sought {
  sendId: string;
  messageId: string;
  at: string;
}
/** The provider's record of a mail that it has accepted. `at`: RFC 3339 instant, by the provider's clock. */
export interface Found {
  at: string;
  providerMessageId?: string;
}
/**
 * Searches the provider's records for a send; a record is the evidence of its acceptance. Without one the send may be
 * accepted all the same. Rejects when the provider cannot be asked.
 */
export type Lookup = (sought: Sought) => Promise<Found | undefined>;

/** The reason for which the provider has closed an address. `at`: RFC 3339 instant. */
export interface Closed {
  why: 'bounced' | 'complained' | 'unsubscribed';
  at: string;
}
/** Asks the provider about an address; undefined: it is open. Rejects when the provider cannot be asked. */
export type ClosedLookup = (address: string) => Promise<Closed | undefined>;

/** An event of an ESP about one of our emails, in our terms. */
export interface ProviderEvent {
  kind:
    | 'accepted'
    | 'delivered'
    | 'deferred'
    | 'hard-bounce'
    | 'soft-bounce'
    | 'dropped'
    | 'complained'
    | 'unsubscribed'
    | 'resubscribed'
    | 'opened'
    | 'clicked'
    | 'ignored';
  /** Natural key: the same for every redelivery. */
  key: string;
  /** Canonical if it is an address; '' for an event about no address. */
  address: string;
  /** The email's ids, if they have the form of ours. */
  sendId?: string;
  leadId?: string;
  /** RFC 3339 instant; '' for an event of an unknown kind, and for a stop whose time can't be read. */
  at: string;
  reason?: string;
  status?: string;
  /** The provider's name of a bounce's kind. */
  type?: string;
  classification?: string;
  /** The provider dropped an email that it had accepted, and did not try the recipient's server. */
  dropped?: boolean;
  /** Of a deferral: the number of the attempt, from 1. */
  attempt?: string;
  /** Of an unsubscribe from one of the account's groups, or a return to it. */
  groupId?: string;
  url?: string;
  /** An open by a machine (Apple MPP), which is no evidence about a person. */
  machine?: boolean;
  providerMessageId?: string;
}

/** Events with their places in the batch; `odd` has the elements that are no events, with the reason. */
export interface ProviderEvents {
  events: { index: number; event: ProviderEvent }[];
  odd: { index: number; reason: string; raw: string }[];
}

/** A gateway's report of one of our texts. `dead-number`: it takes no texts. */
export interface TextEvent {
  kind: 'accepted' | 'delivered' | 'undelivered' | 'dead-number' | 'opted-out' | 'ignored';
  /** Natural key: the same for every repetition. */
  key: string;
  /** The text's ids, if they have the form of ours. */
  sendId?: string;
  leadId?: string;
  providerMessageId?: string;
  code?: string;
  reason?: string;
}

/** A text to our number. `keyword`: one that the gateway answers itself. */
export interface TextReceived {
  key: string;
  /** E.164; '' where it cannot be read. */
  from: string;
  text: string;
  kind: 'stop' | 'keyword' | 'text';
}

/**
 * An SMS gateway's webhooks: `POST /v1/<gateway>/events` and `POST /v1/<gateway>/inbound`, forms both. The signature
 * covers the URL, as the gateway was given it.
 */
export interface GatewayReceiver<Settings> {
  /** By the keys in the settings; undefined without any. */
  judge: (settings: Settings) => ((url: string, headers: WebhookHeaders, body: string) => boolean) | undefined;
  hasSignatureShape: (headers: WebhookHeaders) => boolean;
  bytesMax: number;
  /** Both throw ContractError for another form. */
  parseStatus: (body: string, query: string) => TextEvent;
  parseText: (body: string) => TextReceived;
}

/** HTTP headers, by lower-case names. */
export type WebhookHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** A buffer of the first bytes added; `full` once bytes were left out. */
export interface Kept {
  readonly bytes: Buffer;
  readonly full: boolean;
  add(chunk: Uint8Array): void;
}
/** Opens a buffer, which calls `mayHold` before it grows. */
export type Keep = (bytesMax: number, mayHold: (bytes: number) => boolean) => Kept;

/**
 * The judgement of a webhook's request. `answered`: a question of the provider, dealt with, which leaves nothing to
 * store. `unjudged`: the judgement needs something that is out of reach now; the provider is answered 503.
 */
export type Verdict = 'ours' | 'forged' | 'answered' | 'unjudged';
/** `body`: the bytes as received, in any number of parts; `isSecret`: the URL had our secret. */
export type Judge = (
  headers: WebhookHeaders,
  body: readonly Buffer[],
  isSecret?: boolean,
) => Verdict | Promise<Verdict>;

/**
 * An ESP's webhooks: `POST /v1/<esp>/events` and `POST /v1/<esp>/inbound/<secret>`. Inbound stores a webhook first and
 * reads its events later, so `parse` has to read what every earlier version has stored, without keys or network.
 */
export interface Receiver<Settings> {
  /** By the keys in the settings; undefined without any: then inbound has no routes of this ESP. */
  judge: (settings: Settings) => Judge | undefined;
  events: {
    bytesMax: number;
    /** The answer to a forged request. 503 where the provider drops an event at a 4xx: our key may be the wrong one. */
    forged: 401 | 503;
    /** False refuses the request before its body is read. */
    hasSignatureShape: (headers: WebhookHeaders) => boolean;
    /** Throws ContractError for a body that is no batch. */
    parse: (body: string) => ProviderEvents;
  };
  mail: {
    bytesMax: number;
    /** A mail comes in a post as an event does, which is judged, too, and may be a question; it is held whole. */
    isJudged?: true;
    /**
     * Reads a request to its end. Its fields have the names of SendGrid's Inbound Parse (`from`, `headers`, `envelope`,
     * `SPF`, `dkim`, …), in which inbound reads a stored mail. Rejects only if the stream fails.
     */
    read: (request: AsyncIterable<Uint8Array>, contentType: string | undefined, keep: Keep) => Promise<InboundMail>;
  };
}

/** An entry of a provider's suppression lists; `why` is null for one that stops no further mail. */
export interface Suppressed {
  address: string;
  list: string;
  why: 'bounced' | 'complained' | 'unsubscribed' | null;
  /** RFC 3339 instant. */
  at: string;
}
/** The entries since an instant; `note` gets a line before each wait. Throws when the provider refuses. */
export type Suppressions<Settings> = (
  settings: Settings,
  since: Temporal.Instant,
  note: (text: string) => void,
) => AsyncIterable<Suppressed>;
