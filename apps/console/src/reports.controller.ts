import { Controller, Inject, Query, Res } from '@nestjs/common';
import type { Clock } from '@leadstream/service/clock';
import { CLOCK } from '@leadstream/service/injected';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { queryOf } from './query-of.ts';
import { read } from './read.ts';
import { csvQuery, reportQuery, type Report } from './report-schemas.ts';
import { Reports } from './reports/reading.ts';
import { csvOf, reportOf } from './reports/tables.ts';
import { Route } from './route.ts';

const SHOWN_MAX = 100;
const CSV_MAX = 10_000;
const DAY_MS = 24 * 3_600_000;

/** What became of the runs and mails of the last days. */
@Controller()
export class ReportsController {
  constructor(
    private readonly reports: Reports,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Route('GET /v1/reports')
  report(@Query() query: unknown): Promise<Report> {
    return this.made(queryOf(reportQuery, query), SHOWN_MAX);
  }

  @Route('GET /v1/reports/csv')
  async csv(@Query() query: unknown, @Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    const { table, ...wanted } = queryOf(csvQuery, query);
    const { tables, to } = await this.made(wanted, CSV_MAX);
    const file = `${table.replaceAll('_', '-')}-${to.slice(0, 10)}.csv`;
    void reply.headers({
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': `attachment; filename="${file}"`,
    });
    return csvOf(tables.find(({ name }) => name === table) ?? { columns: [], rows: [] });
  }

  private async made({ days, sequence }: z.output<typeof reportQuery>, rowsMax: number): Promise<Report> {
    const now = this.clock();
    const { tally, sinceMs, share, unknown, readAt } = await read(() => this.reports.read());
    const askedMs = now.epochMilliseconds - Number(days) * DAY_MS;
    // A day more than the log was read for is none: the reading began a moment ago.
    const isCut = sinceMs > askedMs + DAY_MS / 24;
    const fromMs = Math.max(askedMs, sinceMs);
    const { totals, tables } = reportOf(tally.leads(), { fromMs, sequence, rowsMax });
    return {
      from: new Date(fromMs).toISOString(),
      to: now.toString(),
      reading: share < 1 ? share : null,
      readAt,
      isCut,
      unknown,
      totals,
      tables: tables.map((table) => ({ ...table, rows: table.rows.map((row) => [...row]) })),
    };
  }
}
