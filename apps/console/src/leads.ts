import { Inject, Injectable } from '@nestjs/common';
import type { Recorded } from '@leadstream/contracts/events';
import { Broker } from '@leadstream/eventlog/broker';
import { Unavailable } from '@leadstream/eventlog/errors';
import type { Keys } from '@leadstream/eventlog/sealing';
import { leadFold } from '@leadstream/lead/evolve';
import type { Clock } from '@leadstream/service/clock';
import { Health } from '@leadstream/service/health';
import { CLOCK, CONFIG, KEYS, STOPPING } from '@leadstream/service/injected';
import { LeadLog } from '@leadstream/service/lead-log';
import { Problem } from '@leadstream/service/problem';
import { SequenceStore } from '@leadstream/service/sequence-store';
import type { Config } from './config.ts';

export const SOURCE = 'console';
const ANSWER_MS_MAX = 10_000;
const LEAD_ID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** The log of leads, for one request at a time. */
@Injectable()
export class Leads {
  constructor(
    private readonly broker: Broker,
    /** The deployed sequences; none before their first read. */
    readonly sequences: SequenceStore,
    @Inject(CLOCK) private readonly now: Clock,
    @Inject(KEYS) private readonly keys: Keys,
    @Inject(STOPPING) private readonly stopping: AbortSignal,
    @Inject(CONFIG) private readonly config: Config,
    health: Health,
  ) {
    health.add('sequences', () => Promise.resolve(void this.deployed));
  }

  /**
   * A log that gives up after `ms`, 10 s by default: the caller gets a 503 then, and nothing is appended after it
   * unless the append
   * is under way.
   */
  log({ keys = this.keys, ms = ANSWER_MS_MAX }: { keys?: Keys; ms?: number } = {}): LeadLog {
    const { broker, now } = this;
    return new LeadLog(broker, leadFold, {
      source: SOURCE,
      now,
      keys,
      signal: this.timeout(ms),
      legs: this.config.TRACE_LEGS,
    });
  }

  timeout(ms = ANSWER_MS_MAX): AbortSignal {
    return AbortSignal.any([this.stopping, AbortSignal.timeout(ms)]);
  }

  /**
   * All events of the lead, oldest first, of an erased one without personal data. Throws a Problem when there is none.
   */
  async events(id: string): Promise<[Recorded, ...Recorded[]]> {
    // The id is one token of a subject.
    const events = LEAD_ID.test(id) ? await this.log().history(id.toLowerCase()) : [];
    const isErased = events.some(({ type }) => type === 'lead.erased');
    // The keyring remembers a key for a minute after it was destroyed.
    const [first, ...others] = isErased ? await this.log({ keys: 'blind' }).history(id.toLowerCase()) : events;
    if (!first) throw new Problem('unknown-lead', 'There is no such lead');
    return [first, ...others];
  }

  /** The deployed sequences, for a decision. Throws Unavailable before their first read. */
  get deployed(): SequenceStore {
    if (!this.sequences.loaded) throw new Unavailable('the deployed sequences were not read yet');
    return this.sequences;
  }
}
