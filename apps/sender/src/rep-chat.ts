import type { Chat } from '@leadstream/contracts/events';
import { mayChat } from '@leadstream/lead/claim';
import type { LeadState } from '@leadstream/lead/state';
import type { PlannedStep } from '@leadstream/contracts/events';
import { inSpan } from '@leadstream/eventlog/spans';
import type { Notice, Outcome, Send } from '@leadstream/providers/port';
import type { Metrics } from '@leadstream/service/metrics';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import CircuitBreaker from 'opossum';
import type { Logger } from 'pino';
import type { ChatAddress, RepChats } from '@leadstream/service/rep-chats';

/** Deadline of one post: a rep is told at once or by mail. */
export const CHAT_TIMEOUT_MS = 5_000;
/** Posts of one notice, and the longest wait that a chat may ask for between two; then it goes by mail. */
const POSTS_MAX = 3;
const HINT_MS_MAX = 10_000;
/** Slack takes one post a second; a 429 without a hint is one of that limit. */
const HOLD_MS = 1_000;
/** Notices in hand at once: a slow chat takes up few of the places that mails are sent from. */
const AT_ONCE = 4;
/** The time for which a refused webhook (revoked, archived) is left alone, and the longest hint that is heeded. */
const REFUSED_MS = 10 * 60_000;
const STATES = { closed: 0, halfOpen: 1, open: 2 } as const;

/** Thrown so that the breaker counts it: the chat is unhealthy. */
class Ill extends Error {
  readonly answer: Outcome;
  constructor(answer: Outcome) {
    super(answer.kind);
    this.answer = answer;
  }
}
const ILL = new Set(['server-error', 'unreachable', 'timeout', 'gateway', 'connection-lost']);

export interface RepChatParts {
  send: Send<'chat'>;
  chats: RepChats;
  breakerResetMs: number;
  metrics: Pick<Metrics, 'chatPosts' | 'chatBreakerState'>;
  log: Logger;
}

/**
 * The reps' chats, each behind a breaker of its own. A notice that a chat does not take now goes by mail: no mail waits
 * for a chat, and no notice for more than its posts and waits, half a minute.
 */
export class RepChat {
  readonly #parts: RepChatParts;
  readonly #breakers = new Map<Chat, CircuitBreaker<[Notice], Outcome>>();
  /** By URL: a hint to wait, or a webhook that was refused. */
  readonly #notBefore = new Map<string, number>();
  #inHand = 0;
  #unknown = '';

  constructor(parts: RepChatParts) {
    this.#parts = parts;
    for (const chat of new Set([...parts.chats.values()].map((address) => address.chat))) this.#open(chat);
  }

  /** Warns once of the reps of REP_CHATS that the list has not: their chats are told nothing. */
  compare(reps: readonly { id: string }[]): void {
    const unknown = [...this.#parts.chats.keys()].filter((id) => id !== '*' && !reps.some((rep) => rep.id === id));
    const known = this.#unknown;
    this.#unknown = unknown.join();
    if (unknown.length > 0 && this.#unknown !== known)
      this.#parts.log.warn({ reps: unknown }, 'REP_CHATS names reps that reps.yaml has not');
  }

  /** The chat that takes the notice now; undefined: it goes by mail, as every message to a lead. */
  for(state: LeadState, step: PlannedStep, rep: string | undefined): ChatAddress | undefined {
    if (!mayChat(state, step)) return undefined;
    const address = this.#parts.chats.get(rep ?? '*') ?? this.#parts.chats.get('*');
    if (!address || this.#inHand >= AT_ONCE || this.#breakers.get(address.chat)?.opened) return undefined;
    return (this.#notBefore.get(address.url) ?? 0) > Date.now() ? undefined : address;
  }

  /** Counts a notice as in hand until `end` settles. */
  async hold<T>(end: () => Promise<T>): Promise<T> {
    this.#inHand++;
    try {
      return await end();
    } finally {
      this.#inHand--;
    }
  }

  /** The delay before the next post of the notice; undefined: the mail follows. */
  retryDelayMs(answer: Outcome, attempt: number): number | undefined {
    if (answer.kind !== 'refused' || answer.class !== 'rate-limited' || attempt >= POSTS_MAX) return undefined;
    const waitMs = Math.max(answer.retryAfterMs ?? HOLD_MS, HOLD_MS);
    return waitMs <= HINT_MS_MAX ? waitMs : undefined;
  }

  /** Resolves always. Logs each post and counts its class; neither has the URL. */
  async fire(notice: Notice, attempt: number): Promise<Outcome> {
    const { log, metrics } = this.#parts;
    const { leadId, sendId, to } = notice;
    const { chat } = to;
    const startedMs = performance.now();
    const attributes = { 'lead.id': leadId, 'leadstream.send_id': sendId, 'leadstream.attempt': attempt };
    const { answer, outcome } = await inSpan(
      `post to ${chat}`,
      { service: 'sender', kind: SpanKind.CLIENT, attributes },
      async (span) => {
        const answer = await this.#call(notice);
        const outcome = 'class' in answer ? answer.class : answer.kind;
        span.setAttribute('leadstream.outcome', outcome);
        if (answer.kind !== 'accepted') span.setStatus({ code: SpanStatusCode.ERROR });
        return { answer, outcome };
      },
    );
    const ms = performance.now() - startedMs;
    const about = { leadId, sendId, attempt, provider: chat, status: answer.status, class: outcome };
    log.info({ ...about, ms: Math.round(ms) }, 'chat post');
    metrics.chatPosts.inc({ chat, class: outcome });
    this.#heed(answer, to);
    return answer;
  }

  shutdown(): void {
    for (const breaker of this.#breakers.values()) breaker.shutdown();
  }

  async #call(notice: Notice): Promise<Outcome> {
    const breaker = this.#breakers.get(notice.to.chat);
    try {
      return breaker ? await breaker.fire(notice) : { kind: 'refused', class: 'breaker-open' };
    } catch (error) {
      return error instanceof Ill ? error.answer : { kind: 'refused', class: 'breaker-open' };
    }
  }

  #heed(answer: Outcome, { chat, url }: ChatAddress): void {
    if (answer.kind !== 'refused') return;
    if (answer.class === 'rate-limited')
      this.#notBefore.set(url, Date.now() + Math.min(answer.retryAfterMs ?? HOLD_MS, REFUSED_MS));
    if (answer.class !== 'account') return;
    this.#notBefore.set(url, Date.now() + REFUSED_MS);
    const { status, reason } = answer;
    this.#parts.log.error(
      { provider: chat, class: 'account', status, reason },
      'a chat refuses its webhook, reps get mails',
    );
  }

  #open(chat: Chat): void {
    const { send, breakerResetMs: resetTimeout, metrics, log } = this.#parts;
    const action = async (notice: Notice): Promise<Outcome> => {
      const answer = await send(notice);
      if ('class' in answer && ILL.has(answer.class)) throw new Ill(answer);
      return answer;
    };
    const breaker = new CircuitBreaker(action, {
      timeout: false,
      resetTimeout,
      errorThresholdPercentage: 50,
      volumeThreshold: 3,
      rollingCountTimeout: 60_000,
    });
    const show = (state: keyof typeof STATES) => {
      metrics.chatBreakerState.set({ chat }, STATES[state]);
      log.warn({ provider: chat, state }, 'breaker changed state');
    };
    breaker.on('open', () => show('open'));
    breaker.on('halfOpen', () => show('halfOpen'));
    breaker.on('close', () => show('closed'));
    metrics.chatBreakerState.set({ chat }, STATES.closed);
    this.#breakers.set(chat, breaker);
  }
}
