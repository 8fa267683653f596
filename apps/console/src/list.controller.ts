import { setTimeout as delay } from 'node:timers/promises';
import { Controller, Query } from '@nestjs/common';
import { Broker } from '@leadstream/eventlog/broker';
import { logEnd, readerOf, streamsOf } from '@leadstream/eventlog/log-stream';
import { covers, type Place } from '@leadstream/contracts/place';
import { PROJECTOR } from '@leadstream/projection/collections';
import { LeadLists, type Wanted } from '@leadstream/projection/lists';
import type { z } from 'zod';
import { countQuery, listQuery, type Count, type Page } from './list-schemas.ts';
import { queryOf } from './query-of.ts';
import { read } from './read.ts';
import { Route } from './route.ts';
import { cursorOf, placeOf, rowOf } from './row.ts';

const SEEN_WAIT_MS_MAX = 1_000;
const LOOK_MS = 25;

/** Lists of leads, from the read model. */
@Controller()
export class ListController {
  constructor(
    private readonly lists: LeadLists,
    private readonly broker: Broker,
  ) {}

  @Route('GET /v1/leads')
  async list(@Query() query: unknown): Promise<Page> {
    const { after, limit = 50, seen, ...wanted } = queryOf(listQuery, query);
    return read(async () => {
      if (seen !== undefined) await this.untilSeen(seen);
      // One more shows whether there is a next page.
      const leads = await this.lists.list(
        wantedOf(wanted),
        limit + 1,
        after === undefined ? undefined : placeOf(after),
      );
      const shown = leads.slice(0, limit);
      const last = leads.length > limit ? shown.at(-1) : undefined;
      return { leads: shown.map(rowOf), next: last ? cursorOf(last) : null };
    });
  }

  @Route('GET /v1/leads/count')
  async count(@Query() query: unknown): Promise<Count> {
    const wanted = wantedOf(queryOf(countQuery, query));
    return read(() => this.lists.count(wanted));
  }

  /**
   * After a command, its caller has its lead in the list; without NATS the list is as it is. A sequence names no
   * partition: there all that is in the log by now is waited for.
   */
  private async untilSeen(seq: number): Promise<void> {
    const waited = new AbortController();
    const wait = delay(SEEN_WAIT_MS_MAX, undefined, { signal: waited.signal }).catch(() => undefined);
    const isSeen = async (place: Place) => covers(await this.acknowledged(), place);
    const seen = async () => {
      const place = this.broker.partitions === 1 ? [seq] : (await logEnd(this.broker)).end;
      while (!waited.signal.aborted && !(await isSeen(place))) await delay(LOOK_MS);
    };
    await Promise.race([wait, seen().catch(() => undefined)]);
    waited.abort();
  }

  private async acknowledged(): Promise<Place> {
    const readers = streamsOf(this.broker).map((log) => readerOf(this.broker, PROJECTOR, log));
    return (await Promise.all(readers)).map((reader) => reader?.ack_floor.stream_seq ?? Infinity);
  }
}

const wantedOf = ({ q, status, sequence, tag }: z.output<typeof countQuery>): Wanted => ({
  ...(q ? { search: q } : {}),
  ...(status ? { status } : {}),
  ...(sequence === undefined ? {} : { sequence }),
  ...(tag === undefined ? {} : { tag }),
});
