import type { Provider } from '@nestjs/common';
import { Broker } from '@leadstream/eventlog/broker';
import { EventLog } from '@leadstream/eventlog/log';
import { leadFold } from '@leadstream/lead/evolve';
import type { LeadState } from '@leadstream/lead/state';
import { LeadQueries } from '@leadstream/projection/queries';
import { Db } from 'mongodb';
import type { Clock } from './clock.ts';
import { CLOCK, STOPPING } from './tokens.ts';

/** The log seen as leads. A class of its own, so that Nest can inject it by its type. */
export class LeadLog extends EventLog<LeadState> {}

/** LeadLog and the read model it takes its baselines from, for a module's providers. `source` is the service's name. */
export const provideLeadLog = (source: string): Provider[] => [
  { provide: LeadQueries, inject: [Db], useFactory: (db: Db) => new LeadQueries(db) },
  {
    provide: LeadLog,
    inject: [Broker, CLOCK, LeadQueries, STOPPING],
    useFactory: (broker: Broker, now: Clock, queries: LeadQueries<LeadState>, signal: AbortSignal) =>
      new LeadLog(broker, leadFold, { source, now, signal, baseline: (leadId) => queries.baseline(leadId) }),
  },
];
