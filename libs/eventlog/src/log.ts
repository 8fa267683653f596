import { setTimeout as delay } from 'node:timers/promises';
import type { Span } from '@opentelemetry/api';
import { parseData } from '@leadstream/contracts/envelope';
import type { Decision, Draft, EventType, Nothing, Recorded } from '@leadstream/contracts/events';
import { logOf } from '@leadstream/contracts/streams';
import { Append } from './append.ts';
import { isUnavailable, type Broker } from './broker.ts';
import { Chain, positionOf, type ChainPosition } from './chain.ts';
import { describeError, KeyLost, Unavailable } from './errors.ts';
import { claimId, eventId, type Cause } from './ids.ts';
import { overwrite } from './overwrite.ts';
import { inHop, type Latest, type Legs } from './spans.ts';
import { readsPersonal, sealed, type Keys } from './sealing.ts';
import { States, type Loaded } from './states.ts';

export type { Loaded };

/** The rules by which events become a state. A change of `evolve` that changes states needs a new `stateVersion`. */
export interface Fold<S> {
  initial: S;
  evolve(this: void, state: S, event: Recorded): S;
  stateVersion: number;
  /** The latest event's place in its trace. */
  latest?(this: void, state: S): Latest;
  /** `prevOutcome` of an event of the type that is decided on the state. */
  prevOutcome?(this: void, state: S, type: EventType): string | undefined;
}

/** A state that was folded earlier and stored: it saves reading, and is never a source of truth. */
export interface Baseline<S> extends ChainPosition {
  state: S;
  stateVersion: number;
}

export type Decider<S> = (state: S, loaded: Loaded<S>) => Decision;
/**
 * `before` is the state decided on, `after` the newest one: other writers may have appended in between. `isFound`:
 * another caller appended the event.
 */
export type Outcome<S> =
  { event: Recorded; before: Loaded<S>; after: Loaded<S>; isFound?: true } | (Nothing & { after: Loaded<S> });

export type Claim<S> =
  /** `claimedAtMs` is `performance.now()` from before the claim was decided: its age is never underestimated. */
  | { held: true; event: Recorded; before: Loaded<S>; after: Loaded<S>; claimedAtMs: number }
  /** With `orphan`, this claim is in the log all the same: the caller must append its `send-skipped`. */
  | (Nothing & { held: false; after: Loaded<S>; orphan?: Recorded });

export interface EventLogOptions<S> {
  /** `ce-source` of appended events: the service's name. */
  source: string;
  now: () => Temporal.Instant;
  baseline?: (leadId: string) => Promise<Baseline<S> | undefined>;
  /** By lead's id; for `baselines`. */
  baselines?: (leadIds: readonly string[]) => Promise<ReadonlyMap<string, Baseline<S>>>;
  /** Keys that seal and open personal fields; 'blind': only clear fields are read. Absent: all are in clear. */
  keys?: Keys;
  /** Default: 'lead'. */
  legs?: Legs | undefined;
  /** Shared by the logs of one process; default: states of its own. */
  states?: States<S>;
  /**
   * Called at every append with the highest sequence known before it in the lead's stream: an event at or below that
   * means another log. At a change of the watch's mind the cached states are dropped, since they can be of a log that
   * was replaced.
   */
  watch?: {
    highSeqFor(leadId: string): number;
    appended(event: Recorded, highSeq: number): void;
    onChange(listener: () => void): void;
  };
  /** Called at each append that met another event. */
  conflicted?: () => void;
  /** Ends the wait for a missing answer with Unavailable; only for a shutdown while the broker is unreachable. */
  signal?: AbortSignal;
}

export interface LoadOptions<S> {
  leader?: boolean;
  cached?: boolean;
  baseline?: Loaded<S> | undefined;
}

const BASELINE_MS = 500;
/** A chain of up to this length is read whole: the query for a document costs as much CPU as its events. */
const WALKED_MAX = 6;
/**
 * The time that nats-server keeps a file of a stream in memory after a read. Any message that is read later costs the
 * read of its whole file (docs/adr/0042-cold-reads.md), and the query costs less.
 */
const WARM_MS = 10_000;
/** A race lasts a moment; an outage of the broker may not. */
const RACE_MS_MAX = 50;
const SILENCE_MS_MAX = 2_000;
/**
 * The age from which a state is looked up before an append; no restore of the log is faster. A state from before a
 * reconnect is looked up at any age.
 */
const UNCHECKED_MS_MAX = 1_000;

/** The log of all leads, seen through a fold. The rules are in docs/architecture.md, "The log's rules". */
export class EventLog<S> {
  readonly #broker: Broker;
  readonly #fold: Fold<S>;
  readonly #options: EventLogOptions<S>;
  readonly #chain: Chain;
  readonly #states: States<S>;
  readonly #readsPersonal: boolean;

  constructor(broker: Broker, fold: Fold<S>, options: EventLogOptions<S>) {
    this.#broker = broker;
    this.#fold = fold;
    this.#options = options;
    this.#chain = new Chain(broker, options.keys);
    this.#states = options.states ?? new States();
    this.#readsPersonal = readsPersonal(options.keys);
    options.watch?.onChange(() => this.#states.clear());
  }

  /**
   * The lead's state now; with `leader`, with every event acknowledged before, as long as the leader is one: cut off
   * from the others it may still answer for about ten seconds. With `cached`, a state of the last second is enough,
   * because an append's expectation verifies it. With `baseline`, the chain is read from there. Throws HoleInChain,
   * Unavailable.
   */
  async load(leadId: string, options: LoadOptions<S> = {}): Promise<Loaded<S>> {
    const { leader = false, cached = false, baseline } = options;
    const recent = cached ? this.#recent(leadId) : undefined;
    if (recent && !this.#isOld(recent)) return recent;
    const last = await this.#chain.last(leadId, leader);
    if (!last) return this.#nothing(leadId);
    return (await this.#since(await this.#start(last, baseline), leader, last)).after;
  }

  /**
   * The projection's states of several leads that are not remembered, by one query: for `load`. Those that it has in
   * time, and of the same fold version.
   */
  async baselines(leadIds: Iterable<string>): Promise<ReadonlyMap<string, Loaded<S>>> {
    const unknown = [...new Set(leadIds)].filter((leadId) => !this.#recent(leadId));
    const { baselines } = this.#options;
    const found = baselines && unknown.length > 0 ? await soon(() => baselines(unknown)) : undefined;
    return new Map(
      [...(found ?? [])].flatMap(([leadId, base]) => {
        const loaded = this.#loaded(leadId, base);
        return loaded ? [[leadId, loaded] as const] : [];
      }),
    );
  }

  /**
   * The lead's state that includes `event`, or a newer one: one query less than `load`, because the append's
   * expectation verifies it.
   */
  async asOf(event: Recorded): Promise<Loaded<S>> {
    const recent = this.#recent(event.leadId);
    if (recent && recent.lastSeq >= event.seq) return recent;
    return (await this.#since(await this.#start(event), false, event)).after;
  }

  /** Runs `work`, which may append to the lead, in a span of the lead's trace. */
  hop<T extends object>(name: string, { leadId, state }: Loaded<S>, work: (span: Span) => Promise<T>): Promise<T> {
    const { source: service, legs } = this.#options;
    const latest = this.#fold.latest?.(state) ?? { trace: null, span: null, at: null };
    return inHop(name, { service, leadId, latest, now: this.#options.now(), legs }, work);
  }

  /**
   * All events of the lead, or those after `afterSeq`, oldest first, from the leader. The caller checks whether they
   * join on to its own. Throws HoleInChain, Unavailable.
   */
  history(leadId: string, afterSeq = 0): Promise<Recorded[]> {
    return this.#chain.after(leadId, afterSeq);
  }

  /**
   * Deletes a message that led to no decision, and overwrites it on the disk: messages of an erased lead are not kept.
   * Throws Unavailable.
   */
  discard({ stream, seq }: Cause): Promise<boolean> {
    return overwrite(this.#broker, stream, seq);
  }

  /**
   * The event of a message, with its personal fields if this process may read them. The log itself shows an erasure
   * that crashed before it left its marker: otherwise readers of earlier events would wait for ever. Throws KeyLost,
   * Unavailable.
   */
  async open(event: Recorded): Promise<Recorded> {
    try {
      return await this.#chain.open(event);
    } catch (error) {
      if (!(error instanceof KeyLost)) throw error;
      const later = await this.#chain.raw(event.leadId, event.seq);
      return this.#chain.open(
        event,
        later.some(({ type }) => type === 'lead.erased'),
      );
    }
  }

  /**
   * Decides and appends until the event is in the log or the decider returns none. `id` is deterministic, so the same
   * cause handled twice makes one event; when the state decides and not the cause, the id derives from the position
   * decided on, because a much later redelivery would give the cause's id to a second event. After a conflict it
   * decides anew on the new state, without a limit; once an append is sent, its outcome is determined before the next
   * decision. `from` saves the load when the caller has a state.
   */
  async decide(
    leadId: string,
    id: string | ((at: Loaded<S>) => string),
    decider: Decider<S>,
    from?: Loaded<S>,
  ): Promise<Outcome<S>> {
    return this.#settle(id, decider, from ?? (await this.load(leadId)));
  }

  /**
   * Like `decide`, for a request by an event of the log. A decision without an event is final on a state that includes
   * that event: later events make their own requests.
   */
  async answer(event: Recorded, id: string | ((at: Loaded<S>) => string), decider: Decider<S>): Promise<Outcome<S>> {
    return this.#settle(id, decider, await this.asOf(event), event.seq);
  }

  /** The id of the event `name` decided on this place of the lead's chain, the same however often it is decided. */
  idAt({ leadId, lastSeq }: Pick<Loaded<S>, 'leadId' | 'lastSeq'>, name: string): string {
    return eventId({ stream: logOf(leadId, this.#broker.partitions).stream, seq: lastSeq }, name);
  }

  /** Appends at exactly `at`: a hunter with a stale state, or with one of another log, gets a conflict and goes on. */
  async append(
    at: Loaded<S>,
    draft: Draft,
    id: string,
  ): Promise<{ event: Recorded; before: Loaded<S>; after: Loaded<S> } | { conflict: true }> {
    const confirmedAtMs = performance.now();
    const event = await (await this.#sender(at, draft, id))();
    return event ? { event, before: at, after: this.#after(at, [event], confirmedAtMs) } : { conflict: true };
  }

  /**
   * Claims: the decider gets a private id (the sendId), and at most one caller in the world gets `held: true` for an
   * action that the decider allows once. When the response was lost and others wrote after the claim, `recheck` runs
   * the guards on the newest state.
   */
  async claim(
    leadId: string,
    decider: (state: S, claimId: string, loaded: Loaded<S>) => Decision,
    recheck: (state: S) => true | Nothing,
    from?: Loaded<S>,
  ): Promise<Claim<S>> {
    const id = claimId();
    let claimedAtMs = performance.now();
    const outcome = await this.#settle(
      id,
      (state, loaded) => {
        claimedAtMs = performance.now();
        return decider(state, id, loaded);
      },
      from ?? (await this.load(leadId)),
    );
    if ('nothing' in outcome) return { held: false, ...outcome };
    const { event, before, after } = outcome;
    const still = after.lastSeq === event.seq || recheck(after.state);
    return still === true
      ? { held: true, event, before, after, claimedAtMs }
      : { held: false, ...still, after, orphan: event };
  }

  /** A decision without an event counts at once when the state includes the event `askedBy`. */
  async #settle(
    id: string | ((at: Loaded<S>) => string),
    decider: Decider<S>,
    from: Loaded<S>,
    askedBy = Infinity,
  ): Promise<Outcome<S>> {
    let at = from;
    // Written by a concurrent caller with the same id after a no of mine: a yes on its state is no second event.
    let written: Recorded | undefined;
    for (let round = 0; ; round++) {
      const decision = decider(at.state, at);
      if ('nothing' in decision) {
        if (decision.isFinal || at.lastSeq >= askedBy) return { ...decision, after: at };
        // A follower's or a projection's state may lack the very event that requests the decision: only a refusal on
        // the leader's state counts.
        const { news, moved, after } = await this.#since(at, true);
        if (!moved) return { ...decision, after };
        written ??= news.find((other) => other.id === id);
        at = after;
        continue;
      }
      if (written) return { event: written, before: at, after: at, isFound: true };
      const { mine, isFound, after } = await this.#appendOrFind(at, decision, typeof id === 'string' ? id : id(at));
      if (mine) return { event: mine, before: at, after, ...(isFound ? { isFound } : {}) };
      at = after;
      await this.#pause(round, RACE_MS_MAX);
    }
  }

  /** Repeats the append until the log has moved on, by this event or without it. */
  async #appendOrFind(
    at: Loaded<S>,
    draft: Draft,
    id: string,
  ): Promise<{ mine?: Recorded; isFound?: true; after: Loaded<S> }> {
    const now = this.#options.now();
    const send = await this.#sender(at, draft, id, now);
    for (let round = 0; ; round++) {
      const confirmedAtMs = performance.now();
      const event = await send();
      if (event) return { mine: event, after: this.#after(at, [event], confirmedAtMs) };
      const { news, moved, after } = await this.#insist(() => this.#since(at, true));
      const mine = news.find((other) => other.id === id);
      // No two callers decide in the same nanosecond; an attempt of this one whose response was lost has its time.
      if (mine) return { mine, after, ...(mine.at === now.toString() ? {} : { isFound: true }) };
      if (moved) return { after };
      // A conflict with an append still in progress, possibly this call's own earlier attempt.
      await this.#pause(round, RACE_MS_MAX);
    }
  }

  /** Returns a function that appends one event, repeatable; it resolves to nothing on a conflict. */
  async #sender(
    at: Loaded<S>,
    draft: Draft,
    id: string,
    now = this.#options.now(),
  ): Promise<() => Promise<Recorded | undefined>> {
    const { source, keys } = this.#options;
    const { type, data } = draft;
    const prevOutcome = this.#fold.prevOutcome?.(at.state, type);
    const it = { leadId: at.leadId, at, type, data: parseData(type, data), id, source, now, prevOutcome };
    const wasSealed = async () => (await this.#chain.raw(at.leadId)).some((event) => event.sealed !== undefined);
    const append = new Append(this.#broker, it, await this.#insist(() => sealed(it, keys, wasSealed)));
    return async () => {
      const { watch } = this.#options;
      const highSeq = watch?.highSeqFor(at.leadId) ?? 0;
      const event = await this.#insist(async () =>
        // Another log may be there by now, with another event at the sequence that the append expects.
        this.#isOld(at) && !(await this.#chain.isLast(at.leadId, at)) ? undefined : append.send(),
      );
      if (event) watch?.appended(event, highSeq);
      else this.#options.conflicted?.();
      return event;
    };
  }

  #isOld(at: Loaded<S>): boolean {
    return at.lastSeq > 0 && this.#states.ageMs(at) > Math.min(UNCHECKED_MS_MAX, this.#broker.connectedMs);
  }

  /**
   * Repeats the query until it is answered: giving up earlier could leave an event in the log that no process knows of.
   */
  async #insist<T>(question: () => Promise<T>): Promise<T> {
    for (let round = 0; ; round++) {
      try {
        return await question();
      } catch (error) {
        if (!isUnavailable(error) || error instanceof KeyLost) throw error;
        if (this.#options.signal?.aborted)
          throw new Unavailable('stopped while the log gave no answer', { cause: error });
        if (round === 0)
          this.#broker.log.warn({ error: describeError(error) }, 'the log does not respond, trying again');
        await this.#pause(round, SILENCE_MS_MAX);
        await this.#broker.ready(this.#options.signal);
      }
    }
  }

  #pause(round: number, maxMs: number): Promise<void> {
    const ms = Math.random() * Math.min(maxMs, 2 ** Math.min(round + 1, 12));
    return delay(ms, undefined, { signal: this.#options.signal }).catch(() => undefined);
  }

  async #since(
    at: Loaded<S>,
    leader: boolean,
    last?: Recorded,
  ): Promise<{ news: Recorded[]; moved: boolean; after: Loaded<S> }> {
    const confirmedAtMs = performance.now();
    const { news, onChain } = await this.#chain.since(at.leadId, at, leader, last);
    return {
      news,
      moved: !onChain || news.length > 0,
      after: this.#after(onChain ? at : this.#nothing(at.leadId), news, confirmedAtMs),
    };
  }

  #after(at: Loaded<S>, news: Recorded[], confirmedAtMs: number): Loaded<S> {
    const last = news.at(-1);
    const after = last
      ? {
          leadId: at.leadId,
          state: news.reduce(this.#fold.evolve, at.state),
          ...positionOf(last),
        }
      : at;
    const isSealed = !this.#readsPersonal && news.some(({ sealed }) => sealed);
    this.#states.keep(after, confirmedAtMs, isSealed || this.#states.isPartial(at));
    return after;
  }

  #recent(leadId: string): Loaded<S> | undefined {
    return this.#states.get(leadId, this.#readsPersonal);
  }

  #nothing(leadId: string): Loaded<S> {
    return { leadId, state: this.#fold.initial, version: 0, lastSeq: 0 };
  }

  /**
   * The first state of a walk to `last`: the cached, the given, the empty one of a chain that is short and recent, or
   * the projection's.
   */
  async #start({ leadId, version, prevAtMs = 0 }: Recorded, baseline?: Loaded<S>): Promise<Loaded<S>> {
    const known = this.#recent(leadId) ?? baseline;
    if (known) return known;
    const isWarm = () => version === 1 || this.#options.now().epochMilliseconds - prevAtMs < WARM_MS;
    return version <= WALKED_MAX && isWarm() ? this.#nothing(leadId) : this.#baseline(leadId);
  }

  /** The projection's state if it answers quickly and has the same fold version. */
  async #baseline(leadId: string): Promise<Loaded<S>> {
    const base = await soon(async () => this.#options.baseline?.(leadId));
    return (base && this.#loaded(leadId, base)) ?? this.#nothing(leadId);
  }

  #loaded(leadId: string, { stateVersion, ...at }: Baseline<S>): Loaded<S> | undefined {
    return stateVersion === this.#fold.stateVersion ? { leadId, ...at } : undefined;
  }
}

/** The projection's answer, if there is one quickly; the log alone is enough. */
async function soon<T>(read: () => Promise<T>): Promise<T | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(resolve, BASELINE_MS, undefined);
  const answer = await Promise.race([read(), late]).catch(() => undefined);
  clearTimeout(timer);
  return answer;
}
