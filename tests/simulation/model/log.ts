import { catalogue, type Draft, type Recorded } from '@leadstream/contracts/events';
import { Unavailable } from '@leadstream/eventlog/errors';
import { claimId } from '@leadstream/eventlog/ids';
import type { Decider, Loaded, Outcome } from '@leadstream/eventlog/log';
import { evolve } from '@leadstream/lead/evolve';
import { initial, type LeadState } from '@leadstream/lead/state';
import type { LeadLog } from '@leadstream/sequences/simulator/shell';
import { wait, type Wait, type Work } from '@leadstream/sequences/simulator/work';
import { CLAIM_WEIGHT, CALL_TIMEOUT_MS, type Streams } from '../broker.ts';
import type { Process, SimulatedRun } from '../faults.ts';

export type Lead = Loaded<LeadState>;
type Id = string | ((at: Lead) => string);

/** An event before it is stored: without its sequence. */
export type Unplaced = Omit<Recorded, 'seq'>;

/** The lead's events, and its state after each: the fold is pure, so it runs once for all processes. */
export class LeadHistory {
  readonly events: Recorded[] = [];
  readonly #states: Lead[] = [{ leadId: '', state: initial, version: 0, lastSeq: 0 }];

  get newest(): Lead {
    return this.after(this.events.length);
  }

  /** The state after `version` events. Throws when the log is shorter. */
  after(version: number): Lead {
    const state = this.#states[Math.max(0, version)];
    if (!state) throw new Error(`there is no version ${version} yet`);
    return state;
  }

  add(event: Recorded): void {
    this.#states.push({
      leadId: event.leadId,
      state: evolve(this.newest.state, event),
      version: event.version,
      lastSeq: event.seq,
    });
    this.events.push(event);
  }
}

const subjects = new Map<Recorded['type'], string>();

/** Caches the subject strings: a run has one lead, and hashing a concatenated string is slow. */
function subjectOf(leadId: string, type: Recorded['type']): string {
  const subject = subjects.get(type) ?? `leads.${leadId}.${catalogue[type].token}`;
  subjects.set(type, subject);
  return subject;
}

const timeoutError = () => new Unavailable('no answer');
/** Delays after a timeout, and after a conflict with an event that is not visible yet. */
const SILENCE_MS = 500;
const RACE_MS = 30;

/** One process's view of the log: rules 1 to 6 of docs/architecture.md, "The log's rules", and no more. */
export class ModelLog implements LeadLog {
  readonly #run: SimulatedRun;
  readonly #streams: Streams;
  readonly #history: LeadHistory;
  readonly #process: Process;
  readonly #leadId: string;
  #weight = 1;

  constructor(run: SimulatedRun, streams: Streams, history: LeadHistory, process: Process, leadId: string) {
    this.#run = run;
    this.#streams = streams;
    this.#history = history;
    this.#process = process;
    this.#leadId = leadId;
  }

  /** A follower may be behind. */
  *load(leader = false): Work<Lead> {
    const lead = (yield leader
      ? this.#call('load from the leader', this.#newest)
      : this.#call('load', this.#seen)) as Lead;
    const { incarnation } = this.#process;
    if (leader && incarnation.readSeq !== undefined) incarnation.readSeq = Math.max(incarnation.readSeq, lead.lastSeq);
    return lead;
  }

  readonly #newest = (): Lead => this.#history.newest;

  readonly #seen = (): Lead => {
    const behind = this.#run.goesWrong('stale read') ? 1 + this.#run.choices.pick('how stale', [3, 2, 1, 1]) : 0;
    return this.#history.after(this.#history.events.length - behind);
  };

  *decide(id: Id, decider: Decider<LeadState>, from?: Lead): Work<Outcome<LeadState>> {
    return yield* this.#settle(id, decider, from ?? (yield* this.load()));
  }

  asOf(event: Recorded): Lead {
    return this.#history.after(event.version);
  }

  *answer(event: Recorded, id: Id, decider: Decider<LeadState>): Work<Outcome<LeadState>> {
    return yield* this.#settle(id, decider, this.asOf(event), event.seq);
  }

  /** Whether the log has an event with this id, as of the last load. */
  has(id: string): boolean {
    return this.#history.events.some((event) => event.id === id);
  }

  /** Appends on exactly version `at`; undefined means a conflict. */
  append(at: Lead, draft: Draft, id: string): Work<Recorded | undefined> {
    return this.#send(at, this.#event(at, draft, id));
  }

  /** Has the time of the decision, however often it is sent. */
  #event(at: Lead, draft: Draft, id: string): Unplaced {
    return {
      ...draft,
      id,
      leadId: this.#leadId,
      version: at.version + 1,
      prevSeq: at.lastSeq,
      at: this.#process.clockText,
      source: this.#process.name,
    };
  }

  *#send(at: Lead, event: Unplaced): Work<Recorded | undefined> {
    const { type } = event;
    const subject = subjectOf(this.#leadId, type);
    this.#weight = type === 'lead.send-started' ? CLAIM_WEIGHT : 1;
    const answer = () => {
      if (this.#run.goesWrong('busy cluster') || this.#history.newest.lastSeq !== at.lastSeq) return undefined;
      this.#streams.store(subject, event);
      return this.#history.events.at(-1);
    };
    for (;;) {
      try {
        return (yield this.#call(`append ${type}`, answer)) as Recorded | undefined;
      } catch (error) {
        yield* this.#pauseAfter(error);
      }
    }
  }

  /** `decider` makes the claim with a fresh random id, so only the caller of this function holds the claim. */
  *claim(
    decider: (state: LeadState, claimId: string) => ReturnType<Decider<LeadState>>,
    from: Lead,
  ): Work<Outcome<LeadState> & { claimedAtMs: number }> {
    const id = claimId();
    let claimedAtMs = performance.now();
    const outcome = yield* this.#settle(
      id,
      (state) => {
        claimedAtMs = performance.now();
        return decider(state, id);
      },
      from,
    );
    return { ...outcome, claimedAtMs };
  }

  /** A decision for no event is final when the state includes event `askedBy`, or is the leader's newest. */
  *#settle(id: Id, decider: Decider<LeadState>, from: Lead, askedBy = Infinity): Work<Outcome<LeadState>> {
    let at = from;
    for (;;) {
      const decision = decider(at.state, at);
      if ('nothing' in decision) {
        const newest = decision.isFinal || at.lastSeq >= askedBy ? at : yield* this.load(true);
        if (newest.lastSeq === at.lastSeq) return { ...decision, after: at };
        at = newest;
        continue;
      }
      const { mine, after } = yield* this.#appendOrFind(at, decision, typeof id === 'string' ? id : id(at));
      if (mine) return { event: mine, before: at, after };
      at = after;
      yield* this.#pause(RACE_MS);
    }
  }

  /** A conflict does not show whose event won: this process's own may be among the newer ones. */
  *#appendOrFind(at: Lead, draft: Draft, id: string): Work<{ mine?: Recorded; after: Lead }> {
    const event = this.#event(at, draft, id);
    for (;;) {
      const mine = yield* this.#send(at, event);
      if (mine) return { mine, after: this.#history.after(mine.version) };
      const newest = yield* this.#loadAtLast();
      const found = this.#history.events.slice(at.version, newest.version).find((other) => other.id === id);
      if (found) return { mine: found, after: newest };
      if (newest.lastSeq !== at.lastSeq) return { after: newest };
      yield* this.#pause(RACE_MS);
    }
  }

  *#loadAtLast(): Work<Lead> {
    for (;;) {
      try {
        return yield* this.load(true);
      } catch (error) {
        yield* this.#pauseAfter(error);
      }
    }
  }

  *#pauseAfter(error: unknown): Work<void> {
    if (!(error instanceof Unavailable)) throw error;
    yield* this.#pause(SILENCE_MS);
  }

  /** The caller restores the type of the result: a `Wait<unknown>` has lost it. */
  #call(what: string, answer: () => unknown): Wait<unknown> {
    return this.#run.call(this.#process, what, {
      answer,
      timeoutError,
      timeoutMs: CALL_TIMEOUT_MS,
      weight: this.#weight,
    });
  }

  #pause(maxMs: number): Work<void> {
    return wait(pausing(this.#run, Math.random() * maxMs));
  }
}

export const pausing =
  (run: SimulatedRun, ms: number): Wait<void> =>
  (resolve) =>
    void run.time.after(ms, resolve);
