import { Controller, Inject, Query, Req, Res } from '@nestjs/common';
import { Broker, isUnavailable } from '@leadstream/eventlog/broker';
import { route } from '@leadstream/sequences/routes';
import { handIn } from '@leadstream/service/import/hand-in';
import { Sheet, SHEET_BYTES_MAX, SheetFault, type Answer } from '@leadstream/service/import/sheet';
import { CONFIG, LOGGER, STOPPING } from '@leadstream/service/injected';
import { Metrics } from '@leadstream/service/metrics';
import { HEADERS, Problem } from '@leadstream/service/problem';
import { SequenceStore } from '@leadstream/service/sequence-store';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { z } from 'zod';
import type { Config } from './config.ts';
import { importQuery, sheetQuery, type ImportPreview, type ImportProgress } from './import-schemas.ts';
import { queryOf } from './query-of.ts';
import { Route } from './route.ts';
import { Turn } from './turn.ts';

/** As `leadctl leads import`. */
const ROWS_PER_SECOND = 500;
const LIMITS = { bytesMax: SHEET_BYTES_MAX };
const MISSING = { email: 'no column is the address', source: 'no column is the source, and none is given' } as const;

/** Files with leads: judged row by row as ingest and triage would, and handed in. */
@Controller()
export class ImportController {
  private readonly turn = new Turn();

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly log: Logger,
    @Inject(STOPPING) private readonly stopping: AbortSignal,
    private readonly broker: Broker,
    private readonly store: SequenceStore,
    private readonly metrics: Metrics,
  ) {}

  @Route('POST /v1/leads/import/preview', LIMITS)
  preview(
    @Query() query: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ImportPreview> {
    return this.read(request, reply, queryOf(sheetQuery, query), async (sheet) => {
      const { sources, ...shown } = await sheet.ask<'preview'>({ kind: 'preview' });
      return { ...shown, sources: sources.map((one) => ({ ...one, sequence: this.sequenceOf(one.name) })) };
    });
  }

  @Route('POST /v1/leads/import/refused', LIMITS)
  refused(
    @Query() query: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    void reply.headers({
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': 'attachment; filename="refused.csv"',
    });
    return this.read(request, reply, queryOf(sheetQuery, query), (sheet) => sheet.ask<'refused'>({ kind: 'refused' }));
  }

  @Route('POST /v1/leads/import', LIMITS)
  async import(@Query() query: unknown, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { after = 0, ...wanted } = queryOf(importQuery, query);
    const ended = await this.read(request, reply, wanted, async (sheet) => {
      const begun = await sheet.ask<'begin'>({ kind: 'begin', after });
      const [missing] = begun.missing;
      if (missing !== undefined) throw new Problem('refused', MISSING[missing]);
      reply.hijack();
      // nginx would collect the response.
      reply.raw.writeHead(200, { ...HEADERS, 'content-type': 'application/x-ndjson', 'x-accel-buffering': 'no' });
      const fields = { by: request.signedIn.name, file: begun.hash, after };
      this.log.info({ ...fields, rows: begun.rows, refused: begun.refused }, 'import begun');
      if (after === 0) this.metrics.importedRows.inc({ outcome: 'refused' }, begun.refused);
      const all = await this.handIn(sheet, begun, reply);
      this.log.info({ ...fields, rows: all.done, isWhole: all.isWhole, fault: all.fault }, 'import ended');
      return all;
    });
    reply.raw.end(`${JSON.stringify(ended)}\n`);
  }

  private async handIn(
    sheet: Sheet,
    { hash, rows, refused }: Answer['begin'],
    { raw }: FastifyReply,
  ): Promise<Extract<ImportProgress, { kind: 'ended' }>> {
    const gone = new AbortController();
    raw.on('close', () => gone.abort());
    const signal = AbortSignal.any([gone.signal, this.stopping]);
    const say = (line: ImportProgress): void => void raw.write(`${JSON.stringify(line)}\n`);
    let done = 0;
    say({ kind: 'begun', rows, refused });
    try {
      const options = { hash, perSecond: ROWS_PER_SECOND, signal };
      for await (const batch of handIn(this.broker.js(), sheet.batches(), options)) {
        done += batch.length;
        this.metrics.importedRows.inc({ outcome: 'handed-in' }, batch.length);
        say({ kind: 'stored', done, row: batch.at(-1)?.row ?? 0 });
        if (signal.aborted) break;
      }
      return { kind: 'ended', done, isWhole: done === rows, fault: null };
    } catch (error) {
      if (signal.aborted) return { kind: 'ended', done, isWhole: false, fault: null };
      if (!isUnavailable(error) && !(error instanceof SheetFault)) this.log.error({ err: error }, 'an import failed');
      const fault = isUnavailable(error) ? 'NATS gives no answer' : 'The file is no longer read';
      return { kind: 'ended', done, isWhole: false, fault };
    }
  }

  /** The file is closed when its caller hangs up: the page asks anew with each change of a column. */
  private async read<T>(
    { incoming, body: parsed }: FastifyRequest,
    { raw }: FastifyReply,
    { source, fields = [] }: z.output<typeof sheetQuery>,
    ask: (sheet: Sheet) => Promise<T>,
  ): Promise<T> {
    if (parsed !== undefined) throw new Problem('media-type', 'Send the file as text/csv');
    using _turn = await this.turn.take(raw);
    const body = await incoming.whole();
    // A copy, which the thread takes over.
    const bytes = Uint8Array.from(body.bytes);
    try {
      const options = { choices: fields, source, defaultRegion: this.config.DEFAULT_REGION };
      await using sheet = await Sheet.open(bytes, options);
      const close = (): void => void sheet[Symbol.asyncDispose]();
      raw.once('close', close);
      if (raw.destroyed) close();
      return await ask(sheet);
    } catch (error) {
      if (error instanceof SheetFault) throw new Problem('refused', error.message, { cause: error });
      throw error;
    }
  }

  private sequenceOf(source: string): string | null {
    const { routes } = this.store;
    const active = this.store.list().flatMap(({ id }) => {
      const sequence = this.store.isActive(id) ? this.store.sequence(id) : undefined;
      return sequence ? [sequence] : [];
    });
    return routes ? route(source, routes, active).sequence : null;
  }
}
