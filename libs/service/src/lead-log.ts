import type { Provider } from '@nestjs/common';
import { Broker } from '@leadstream/eventlog/broker';
import { Keyring } from '@leadstream/eventlog/keyring';
import { EventLog } from '@leadstream/eventlog/log';
import type { Keys } from '@leadstream/eventlog/sealing';
import { States } from '@leadstream/eventlog/states';
import { leadFold } from '@leadstream/lead/evolve';
import type { LeadState } from '@leadstream/lead/state';
import { LeadQueries } from '@leadstream/projection/queries';
import { Db } from 'mongodb';
import type { Clock } from './clock.ts';
import type { EveryConfig } from './config.ts';
import type { Legs } from '@leadstream/eventlog/spans';
import { RestoreGuard } from './guard.ts';
import { CLOCK, CONFIG, KEYS, STOPPING } from './injected.ts';
import { Metrics } from './metrics.ts';
import type { MongoDial } from './mongo-dial.ts';

/** The log of leads. A class of its own, so that Nest can inject it by its type. */
export class LeadLog extends EventLog<LeadState> {}

/**
 * The services' memory of leads, one a process: their states, the keys of their personal fields, and whether the read
 * model can be asked.
 */
export class LeadMemory {
  readonly states = new States<LeadState>();
  readonly mongo: Pick<MongoDial, 'connected'> | undefined;
  #keyring: Keyring | undefined;

  constructor(mongo?: Pick<MongoDial, 'connected'>) {
    this.mongo = mongo;
  }

  keyring(broker: Broker, secrets: readonly string[]): Keyring {
    return (this.#keyring ??= new Keyring(broker, secrets));
  }
}

/**
 * Whether a service reads and writes personal fields, with the keys of `dataKeys` in its configuration: both, writes
 * alone, or neither.
 */
type Sight = 'with keys' | 'writes' | 'blind';

/** Access to leads' personal fields, for a module's providers. */
export const provideKeys = (sight: Sight): Provider => ({
  provide: KEYS,
  inject: [Broker, LeadMemory, CONFIG],
  useFactory: (broker: Broker, memory: LeadMemory, { DATA_KEYS }: EveryConfig & { DATA_KEYS?: string[] }): Keys => {
    if (sight === 'blind') return 'blind';
    const keyring = DATA_KEYS && memory.keyring(broker, DATA_KEYS);
    return keyring && sight === 'writes' ? { writes: keyring } : keyring;
  },
});

/** LeadLog and the read model it takes its baselines from, for a module's providers. `source` is the service's name. */
export const provideLeadLog = (source: string, sight: Sight): Provider[] => [
  provideKeys(sight),
  { provide: LeadQueries, inject: [Db], useFactory: (db: Db) => new LeadQueries(db) },
  {
    provide: LeadLog,
    inject: [
      Broker,
      LeadMemory,
      CLOCK,
      LeadQueries,
      STOPPING,
      KEYS,
      Metrics,
      CONFIG,
      { token: RestoreGuard, optional: true },
    ],
    useFactory: (
      broker: Broker,
      { states, mongo }: LeadMemory,
      now: Clock,
      queries: LeadQueries<LeadState>,
      signal: AbortSignal,
      keys: Keys,
      metrics: Metrics,
      { TRACE_LEGS: legs }: EveryConfig & { TRACE_LEGS?: Legs },
      guard: RestoreGuard | undefined,
    ) =>
      new LeadLog(broker, leadFold, {
        source,
        now,
        signal,
        keys,
        legs,
        states,
        // While the driver knows of no server, each load would wait half a second for nothing.
        baseline: async (leadId) => (mongo?.connected === false ? undefined : queries.baseline(leadId)),
        baselines: async (leadIds) => (mongo?.connected === false ? new Map() : queries.baselines(leadIds)),
        conflicted: () => metrics.appendConflicts.inc(),
        ...(guard ? { watch: guard } : {}),
      }),
  },
];
