import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { chatSchema, espSchema, gatewaySchema, type Chat, type Provider } from '@leadstream/contracts/events';
import type { SandboxMessage, WebhookDelivery } from './client.ts';
import { Contacts } from './contacts.ts';
import { Faults } from './faults.ts';
import type { Mail } from './inbound-parse.ts';
import { Mailbox, newMessageId } from './mailbox.ts';
import type { MailSend } from './mail-send.ts';
import { deliver, signingKey, type Event, type Post, type SigningKey } from './webhook.ts';
import { newSid } from './twilio-webhook.ts';
import { urlOf, wires } from './wires.ts';

export interface Targets {
  /** The Event Webhook. */
  eventUrl?: string;
  /** Inbound Parse. */
  inboundUrl?: string;
}

export interface SandboxOptions extends Targets {
  /** 0, the default: a free port. */
  port?: number;
  /** 0, the default: a free port. */
  smtpPort?: number;
  host?: string;
  /** The only accepted key. Default: any. */
  apiKey?: string;
  /** `user:password` of the webhooks that bear a login. */
  webhookLogin?: string;
  /** The shared key that signs webhooks. */
  webhookSecret?: string;
  /** PEM of the key that signs events. Default: a fresh one. */
  privateKey?: string;
  /** Posts `processed` and `delivered` for each mail automatically. Default true. */
  autoEvents?: boolean;
  /** The time over which automatic events are collected for one post, as SendGrid does. Default 0: one post a mail. */
  gatherMs?: number;
  /** The number of concurrent posts of each webhook. Default 1. */
  repeatEvents?: number;
  /** Delays between attempts at a webhook. */
  retryDelaysMs?: number[];
  log?: (line: string) => void;
}

const isChat = (wire: Provider | Chat): wire is Chat => chatSchema.safeParse(wire).success;

export class NoTarget extends Error {}

/** SendGrid's suppression lists, each with the event that adds an address. */
const LISTS = {
  bounces: 'bounce',
  spam_reports: 'spamreport',
  unsubscribes: 'unsubscribe',
  blocks: 'blocked',
} as const;
export type SuppressionList = keyof typeof LISTS;
export const isSuppressionList = (name: string): name is SuppressionList => Object.hasOwn(LISTS, name);

/** The events that close an address at a provider that then refuses it, and the one that opens it again. */
const CLOSES = new Set(['bounce', 'spamreport', 'unsubscribe', 'group_resubscribe']);

interface MessageEvent {
  message: SandboxMessage;
  event: Event;
}

/** An ESP in one process: accepts mails, stores them, and posts webhooks about them. */
export class Esp {
  readonly mailbox = new Mailbox();
  readonly faults = new Faults();
  readonly contacts = new Contacts();
  readonly key: SigningKey;
  readonly #options: SandboxOptions;
  readonly #closing = new AbortController();
  #targets: Targets;
  #pendingEvents: MessageEvent[] = [];
  /** Tokens of URLs that were asked whether they want posts; true: they answered. */
  readonly #asked = new Map<string, boolean>();
  readonly #suppressed: { by: string; email: string; created: number; reason: string }[] = [];

  constructor(options: SandboxOptions) {
    this.#options = options;
    this.#targets = options;
    this.key = signingKey(options.privateKey);
  }

  admits(authorization: string | undefined): boolean {
    const key = /^Bearer (\S+)$/.exec(authorization ?? '')?.[1];
    return key !== undefined && (this.#options.apiKey === undefined || key === this.#options.apiKey);
  }

  /** Accepts a mail, and returns the id of the request. */
  accept(mail: MailSend, wire: Provider | Chat = 'sendgrid', isSilent = false): string {
    const id = wire === 'sendgrid' ? newMessageId() : wire === 'twilio' ? newSid() : randomUUID();
    for (const message of this.mailbox.accept(mail, id, wire)) {
      if (isSilent) message.silent = true;
      this.log(`accepted ${message.id} to ${message.to}: ${message.subject}`);
      if (!isSilent && this.#options.autoEvents !== false && this.#targets.eventUrl)
        this.#deliverNormally(message).catch((error: unknown) => this.log(String(error)));
    }
    return id;
  }

  async #deliverNormally(message: SandboxMessage): Promise<void> {
    const isFirst = this.#pendingEvents.length === 0;
    const { automatic, event } = wires[message.wire];
    this.#pendingEvents.push(
      ...automatic.flatMap((name) => event(message, name) ?? []).map((event) => ({ message, event })),
    );
    if (!isFirst) return;
    await this.pause(this.#options.gatherMs ?? 0);
    await this.#postEvents(this.#pendingEvents.splice(0));
  }

  /** Posts a signed event about the message. Throws NoTarget. */
  async event(message: SandboxMessage, name: string, extra?: Record<string, unknown>): Promise<WebhookDelivery> {
    // SendGrid reports a block as a bounce of that type.
    const by = name === 'bounce' && extra?.['type'] === 'blocked' ? 'blocked' : name;
    this.#closes(message.to, by);
    const event = wires[message.wire].event(message, name, extra);
    if (!event) throw new NoTarget(`${message.wire} posts no event ${name}`);
    return this.#postEvents([{ message, event }]);
  }

  #closes(email: string, by: string): void {
    this.#suppressed.push({ by, email, created: Math.floor(Date.now() / 1_000), reason: `${by} of the sandbox` });
  }

  get login(): string {
    return this.#options.webhookLogin ?? 'leadstream:sandbox-webhooks';
  }

  /** The key of webhooks that are signed by a shared one. */
  get secret(): string {
    return this.#options.webhookSecret ?? 'sandbox-webhook-signing-key';
  }

  /** Whether a provider that refuses closed addresses refuses this one: its last event was a stop. */
  isInactive(address: string): boolean {
    const last = this.#suppressed.findLast(({ email, by }) => email === address && CLOSES.has(by));
    return last !== undefined && last.by !== 'group_resubscribe';
  }

  /** The closed addresses, each with its last event. */
  get inactive(): { by: string; email: string; created: number }[] {
    const last = new Map(this.#suppressed.filter(({ by }) => CLOSES.has(by)).map((one) => [one.email, one]));
    return [...last.values()].filter(({ by }) => by !== 'group_resubscribe');
  }

  /** The entries of one list since a time, whether or not a webhook was posted. */
  suppressed(list: SuppressionList, sinceSeconds: number): { email: string; created: number; reason: string }[] {
    return this.#suppressed
      .filter(({ by, created }) => by === LISTS[list] && created >= sinceSeconds)
      .map(({ by: _, ...entry }) => entry);
  }

  /** Posts events as one signed batch. Throws NoTarget. */
  async #postEvents(events: readonly MessageEvent[]): Promise<WebhookDelivery> {
    const { eventUrl } = this.#targets;
    if (!eventUrl) throw new NoTarget('no event url is set');
    const noted = events.map(({ message, event: { event, sg_event_id } }) => {
      const entry: SandboxMessage['events'][number] = { event, sg_event_id, at: new Date().toISOString() };
      message.events.push(entry);
      return entry;
    });
    const deliveries = await Promise.all(
      [...espSchema.options, ...gatewaySchema.options].flatMap((name) => {
        const own = events.filter(({ message }) => message.wire === name).map(({ event }) => event);
        if (own.length === 0) return [];
        const { posts, retriesEvents } = wires[name];
        return posts(own, { key: this.key, login: this.login, secret: this.secret }).map((post) =>
          this.#post(name, urlOf(eventUrl, name) + (post.query ?? ''), post, post.isOnce ? () => false : retriesEvents),
        );
      }),
    );
    const delivery = deliveries.find(({ status }) => status < 200 || status > 299) ?? deliveries[0]!;
    for (const entry of noted) entry.status = delivery.status;
    return delivery;
  }

  /** Posts a received mail, possibly a reply to one of ours. Throws NoTarget. */
  async receive(mail: Mail, answered?: SandboxMessage): Promise<WebhookDelivery> {
    const { inboundUrl } = this.#targets;
    if (!inboundUrl) throw new NoTarget('no inbound url is set');
    const noted: SandboxMessage['replies'][number] = { at: new Date().toISOString() };
    answered?.replies.push(noted);
    // A stranger's mail comes by the last mail's provider.
    const last = this.mailbox.all.findLast((one) => one.wire !== 'twilio' && !isChat(one.wire));
    const wire = answered?.wire ?? last?.wire ?? 'sendgrid';
    if (isChat(wire)) throw new NoTarget(`${wire} posts no answers`);
    const { inbound, inboundPath = '', inboundBy = wire, pathOf = (one) => one, retriesMail } = wires[wire];
    const url = pathOf(urlOf(inboundUrl, inboundBy)) + inboundPath;
    if (wire === 'twilio' && /^\s*(stop|unsubscribe)\s*$/i.test(mail.text)) this.#closes(mail.from, 'unsubscribe');
    const post = inbound(mail, { secret: this.secret, ...(answered ? { answered } : {}) });
    const delivery = await this.#post(inboundBy, url, post, retriesMail);
    noted.status = delivery.status;
    return delivery;
  }

  /** The answer to a provider's question; false for a token that it did not ask with. */
  confirm(token: string): boolean {
    const isOurs = this.#asked.has(token);
    if (isOurs) this.#asked.set(token, true);
    return isOurs;
  }

  async #post(wire: Provider, url: string, post: Post, again: (status: number) => boolean): Promise<WebhookDelivery> {
    const { repeatEvents = 1, retryDelaysMs = [200, 400, 800, 1_600, 3_200, 6_400] } = this.#options;
    const { question, attemptsMax = Infinity } = wires[wire];
    const delaysMs = retryDelaysMs.slice(0, attemptsMax - 1);
    const retry = { delaysMs, again, signal: this.#closing.signal };
    const token = `${wire}-${Buffer.from(url).toString('base64url')}`;
    if (question && !this.#asked.get(token)) {
      this.#asked.set(token, false);
      await deliver(url, question(token), retry);
      if (!this.#asked.get(token)) throw new NoTarget(`${url} did not confirm its subscription`);
    }
    const deliveries = await Promise.all(
      Array.from({ length: Math.max(1, repeatEvents) }, () => deliver(url, post, retry)),
    );
    const worst = deliveries.reduce((a, b) => (again(b.status) ? b : a));
    this.log(
      `webhook ${url.endsWith('/events') ? 'events' : 'inbound'}: ` +
        `${worst.status || 'no answer'} after ${worst.attempts} attempt(s)`,
    );
    return worst;
  }

  /** Waits, and ends early at shutdown. */
  async pause(ms: number): Promise<void> {
    await wait(ms, undefined, { signal: this.#closing.signal }).catch(() => undefined);
  }

  setTargets(targets: Targets): void {
    this.#targets = { ...this.#targets, ...targets };
  }

  log(line: string): void {
    this.#options.log?.(line);
  }

  close(): void {
    this.#closing.abort();
  }
}
