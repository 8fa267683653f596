import { Controller, Headers, Query, Req, Res } from '@nestjs/common';
import { placeIn } from '@leadstream/contracts/place';
import { HEADERS, Problem } from '@leadstream/service/problem';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { eventsQuery, latestQuery, type LatestEvents } from './live-schemas.ts';
import { Live } from './live.ts';
import { queryOf } from './query-of.ts';
import { read } from './read.ts';
import type { LiveEvent } from './recent.ts';
import { Route } from './route.ts';

const RETRY_MS = 2_000;
const RETRY_AFTER_SECONDS = 30;

/** The events of the log as they happen, as server-sent events. */
@Controller()
export class EventsController {
  constructor(private readonly live: Live) {}

  @Route('GET /v1/events')
  async events(
    @Query() query: unknown,
    @Headers('last-event-id') lastId: string | undefined,
    @Req() { signedIn: { name: caller } }: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const wanted = queryOf(eventsQuery, query);
    await read(() => this.live.ready());
    const again = { retryAfterSeconds: RETRY_AFTER_SECONDS };
    if (this.live.isFullFor(caller)) throw new Problem('rate', 'Too many readers of events of one caller', again);
    if (this.live.isFull) throw new Problem('unavailable', 'Too many readers of events here', again);
    reply.hijack();
    reply.raw.writeHead(200, {
      ...HEADERS,
      'content-type': 'text/event-stream; charset=utf-8',
      // nginx would collect the response.
      'x-accel-buffering': 'no',
    });
    reply.raw.write(`retry: ${RETRY_MS}\n\n`);
    this.live.read(caller, reply.raw, isWanted(wanted), placeIn(lastId ?? '', this.live.partitions));
  }

  @Route('GET /v1/events/latest')
  async latest(@Query() query: unknown): Promise<LatestEvents> {
    const { limit, ...wanted } = queryOf(latestQuery, query);
    await read(() => this.live.ready());
    return { events: this.live.newest(limit, isWanted(wanted)) };
  }
}

const isWanted =
  ({ leadId, type }: z.output<typeof eventsQuery>) =>
  (event: LiveEvent): boolean =>
    (leadId === undefined || event.leadId === leadId) && (type === undefined || type.includes(event.type));
