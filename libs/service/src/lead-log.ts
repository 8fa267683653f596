import type { Provider } from '@nestjs/common';
import { Broker } from '@leadstream/eventlog/broker';
import { Keyring } from '@leadstream/eventlog/keyring';
import { EventLog } from '@leadstream/eventlog/log';
import type { Keys } from '@leadstream/eventlog/sealing';
import { leadFold } from '@leadstream/lead/evolve';
import type { LeadState } from '@leadstream/lead/state';
import { LeadQueries } from '@leadstream/projection/queries';
import { Db } from 'mongodb';
import type { Clock } from './clock.ts';
import type { EveryConfig } from './config.ts';
import { RestoreGuard } from './guard.ts';
import { CLOCK, CONFIG, KEYS, STOPPING } from './injected.ts';

/** The log of leads. A class of its own, so that Nest can inject it by its type. */
export class LeadLog extends EventLog<LeadState> {}

/**
 * Whether a service reads and writes personal fields, with the keys of `dataKeys` in its configuration: both, writes
 * alone, or neither.
 */
type Sight = 'with keys' | 'writes' | 'blind';

/** LeadLog and the read model it takes its baselines from, for a module's providers. `source` is the service's name. */
export const provideLeadLog = (source: string, sight: Sight): Provider[] => [
  {
    provide: KEYS,
    inject: [Broker, CONFIG],
    useFactory: (broker: Broker, { DATA_KEYS }: EveryConfig & { DATA_KEYS?: string[] }): Keys => {
      if (sight === 'blind') return 'blind';
      const keyring = DATA_KEYS && new Keyring(broker, DATA_KEYS);
      return keyring && sight === 'writes' ? { writes: keyring } : keyring;
    },
  },
  { provide: LeadQueries, inject: [Db], useFactory: (db: Db) => new LeadQueries(db) },
  {
    provide: LeadLog,
    inject: [Broker, CLOCK, LeadQueries, STOPPING, KEYS, { token: RestoreGuard, optional: true }],
    useFactory: (
      broker: Broker,
      now: Clock,
      queries: LeadQueries<LeadState>,
      signal: AbortSignal,
      keys: Keys,
      guard: RestoreGuard | undefined,
    ) =>
      new LeadLog(broker, leadFold, {
        source,
        now,
        signal,
        keys,
        baseline: (leadId) => queries.baseline(leadId),
        ...(guard ? { watch: guard } : {}),
      }),
  },
];
