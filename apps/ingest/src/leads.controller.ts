import { Controller, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import { Door } from '@leadstream/service/door';
import { LOGGER } from '@leadstream/service/injected';
import type { Posted } from '@leadstream/service/posted';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { Leads } from './leads.ts';
import { RefusedLeads } from './refused.ts';
import { ROUTES, type Submitted } from './routes.ts';
import { submissionId } from './submission-id.ts';

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
  @Door(ROUTES['POST /v1/leads'].door)
  @HttpCode(202)
  async accept(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<Submitted> {
    const id = submissionId(request.headers);
    const submission = { ...(await posted(request)), source: sourceOf(request), id, ip: request.ip };
    const { caller } = request;
    const kept = { route: '/v1/leads', caller, submission };
    const [published] = await this.refused.keeping(kept, () => this.leads.publish(submission));
    if (!published) throw new Error('a submission without a form service is one lead');
    if (published.traceparent) void reply.header('traceresponse', published.traceparent);
    this.log.info({ eventId: published.id, caller, trace_id: published.traceparent?.split('-')[1] }, 'lead accepted');
    return { id: published.id };
  }
}

/**
 * Each caller has its own `Idempotency-Key`s: a caller that learns another's key cannot make its leads look like
 * repetitions.
 */
export const sourceOf = ({ caller }: FastifyRequest): string => (caller === undefined ? 'ingest' : `ingest/${caller}`);

export async function posted({ incoming, headers }: FastifyRequest): Promise<Posted> {
  const { bytes } = await incoming.whole();
  incoming.require(PARSED_FACTOR * bytes.length);
  return { contentType: headers['content-type'], bytes };
}
