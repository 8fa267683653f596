import { Controller, Headers, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import { Door } from '@leadstream/service/door';
import { LOGGER } from '@leadstream/service/injected';
import type { Posted } from '@leadstream/service/posted';
import { Problem } from '@leadstream/service/problem';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { Leads, type Submission } from './leads.ts';
import { RefusedLeads } from './refused.ts';

const BODY_BYTES_MAX = 64 * 1024;
/** Memory of a parsed body beyond its bytes, in multiples of them. */
const PARSED_FACTOR = 3;

/** Publishes a lead, and responds 202 once the broker has stored it. */
@Controller('v1/leads')
export class LeadsController {
  constructor(
    private readonly leads: Leads,
    private readonly refused: RefusedLeads,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  @Post()
  @Door({
    bytesMax: BODY_BYTES_MAX,
    refusals: ['key', 'rate', 'media-type', 'json', 'form', 'fields', 'contract', 'depth', 'idempotency-key'],
  })
  @HttpCode(202)
  async accept(
    @Headers('idempotency-key') key: string | undefined,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<{ id: string }> {
    const id = idempotencyKey(key);
    const submission = { ...(await posted(request)), source: sourceOf(request), id, ip: request.ip };
    const published = await this.published(request, submission);
    if (published.traceparent) void reply.header('traceresponse', published.traceparent);
    const { caller } = request;
    this.log.info({ eventId: published.id, caller, trace_id: published.traceparent?.split('-')[1] }, 'lead accepted');
    return { id: published.id };
  }

  private async published(
    request: FastifyRequest,
    submission: Submission,
  ): Promise<Awaited<ReturnType<Leads['publish']>>> {
    try {
      return await this.leads.publish(submission);
    } catch (error) {
      const { caller } = request;
      if (error instanceof Problem && caller !== undefined)
        await this.refused.keep(request.routeOptions.url ?? '', caller, submission, error);
      throw error;
    }
  }
}

/**
 * Each caller has its own `Idempotency-Key`s: a caller that learns another's key cannot make its leads look like
 * repetitions.
 */
const sourceOf = ({ caller }: FastifyRequest): string => (caller === undefined ? 'ingest' : `ingest/${caller}`);

async function posted({ incoming, headers }: FastifyRequest): Promise<Posted> {
  const { bytes } = await incoming.whole();
  incoming.require(PARSED_FACTOR * bytes.length);
  return { contentType: headers['content-type'], bytes };
}

function idempotencyKey(given: string | undefined): string | undefined {
  if (given === undefined) return undefined;
  if (!/^[\x21-\x7e]{1,200}$/.test(given))
    throw new Problem('idempotency-key', 'Idempotency-Key must be 1 to 200 visible ASCII characters');
  return given;
}
