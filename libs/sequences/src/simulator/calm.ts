import type { Decision, Draft, Recorded } from '@leadstream/contracts/events';
import { evolve } from '@leadstream/lead/evolve';
import { initial, type LeadState } from '@leadstream/lead/state';
import type { Lead, LeadLog, Outcome } from './shell.ts';
import type { Work } from './work.ts';

/** A clock that stands still during a decision. */
export interface Clock {
  readonly atMs: number;
}

/** A sender decides on the state of an event that is a few events old at most. */
const STATES_MAX = 16;

/** The log of one lead as a fold of its latest states: its one writer never meets a conflict. */
export class CalmLog implements LeadLog {
  /** The latest of them, oldest first. */
  readonly #states: Lead[];
  readonly #clock: Clock;
  readonly #recorded: (event: Recorded) => void;

  /** `from`: the lead as an earlier log left it. */
  constructor(
    leadId: string,
    clock: Clock,
    recorded: (event: Recorded) => void,
    from: Lead = { leadId, state: initial, version: 0, lastSeq: 0 },
  ) {
    this.#states = [from];
    this.#clock = clock;
    this.#recorded = recorded;
  }

  get newest(): Lead {
    return this.#states.at(-1) as Lead;
  }

  *load(): Work<Lead> {
    return this.newest;
  }

  asOf({ version }: Recorded): Lead {
    return this.#states.findLast((lead) => lead.version === version) ?? this.newest;
  }

  *decide(
    id: string | ((at: Lead) => string),
    decide: (state: LeadState, lead: Lead) => Decision,
    from = this.newest,
  ): Work<Outcome> {
    const lead = from.version === this.newest.version ? from : this.newest;
    return this.#decided(lead, decide(lead.state, lead), typeof id === 'string' ? id : id(lead));
  }

  /** Decides on the newest state: on one that is older the append would be a conflict. */
  answer(
    _event: Recorded,
    id: string | ((at: Lead) => string),
    decide: (state: LeadState, lead: Lead) => Decision,
  ): Work<Outcome> {
    return this.decide(id, decide);
  }

  *append(_at: Lead, draft: Draft, id: string): Work<Recorded> {
    return this.#add(draft, id);
  }

  *claim(decide: (state: LeadState, claimId: string) => Decision): Work<Outcome & { claimedAtMs: number }> {
    const lead = this.newest;
    const id = `${lead.leadId}/${lead.version + 1}`;
    return { ...this.#decided(lead, decide(lead.state, id), id), claimedAtMs: this.#clock.atMs };
  }

  #decided(before: Lead, decision: Decision, id: string): Outcome {
    if ('nothing' in decision) return { ...decision, after: before };
    const event = this.#add(decision, id);
    return { event, before, after: this.newest };
  }

  #add(draft: Draft, id: string): Recorded {
    const { leadId, state, version, lastSeq } = this.newest;
    const event: Recorded = {
      ...draft,
      id,
      leadId,
      seq: lastSeq + 1,
      version: version + 1,
      prevSeq: lastSeq,
      at: Temporal.Instant.fromEpochMilliseconds(this.#clock.atMs).toString(),
      source: 'simulator',
    };
    this.#states.push({ leadId, state: evolve(state, event), version: event.version, lastSeq: event.seq });
    if (this.#states.length > STATES_MAX) this.#states.shift();
    this.#recorded(event);
    return event;
  }
}
