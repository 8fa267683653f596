import { Controller, Inject } from '@nestjs/common';
import type { StreamName } from '@leadstream/contracts/streams';
import { Broker, reachable } from '@leadstream/eventlog/broker';
import type { LeadState } from '@leadstream/lead/state';
import { LeadQueries } from '@leadstream/projection/queries';
import { loadsOf } from '@leadstream/service/broker-figures';
import type { Clock } from '@leadstream/service/clock';
import { CLOCK } from '@leadstream/service/injected';
import { Live } from './live.ts';
import type { Health } from './live-schemas.ts';
import { overdueOf } from './overdue.ts';
import { read } from './read.ts';
import { Route } from './route.ts';

const CONSUMED = ['INTAKE', 'LEADS', 'FEEDBACK'] as const satisfies StreamName[];

/** The last hour, and the work that waits. */
@Controller()
export class HealthController {
  constructor(
    private readonly broker: Broker,
    private readonly queries: LeadQueries<LeadState>,
    private readonly live: Live,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Route('GET /v1/health')
  async health(): Promise<Health> {
    return read(async () => {
      const now = this.clock();
      const [consumers, overdue] = await Promise.all([
        this.consumers(),
        overdueOf(this.queries, now),
        this.live.ready(),
      ]);
      const series = this.live.hour.series(now);
      const totals: Record<string, number> = {};
      for (const { events } of series)
        for (const [type, count] of Object.entries(events)) totals[type] = (totals[type] ?? 0) + count;
      return { now: now.toString(), consumers, overdue, totals, series };
    });
  }

  /** Durable ones: those of reads are theirs alone. */
  private async consumers(): Promise<Health['consumers']> {
    const of = async (stream: StreamName) =>
      (await loadsOf(this.broker, stream))
        .map(({ consumer: name, pending, inHand }) => ({ stream, name, pending, inHand }))
        .sort((a, b) => a.name.localeCompare(b.name));
    return (await reachable(() => Promise.all(CONSUMED.map(of)))).flat();
  }
}
