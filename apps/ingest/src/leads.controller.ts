import { isIP } from 'node:net';
import { Body, Controller, Headers, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import { leadCreated, type LeadCreated } from '@leadstream/contracts/lead-created';
import { publishLead } from '@leadstream/contracts/publish';
import { Broker } from '@leadstream/eventlog/broker';
import { Door } from '@leadstream/service/door';
import { Metrics } from '@leadstream/service/metrics';
import { Problem } from '@leadstream/service/problem';
import { LOGGER } from '@leadstream/service/injected';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { leadOfForm } from './form.ts';

const RETRY_AFTER_SECONDS = 5;
const BODY_BYTES_MAX = 64 * 1024;
/** Far beyond any form, and far below the stack's limit: `JSON.stringify` recurses. */
const DEPTH_MAX = 32;

/** Checks the shape, publishes, and responds 202 once the broker has stored the lead. */
@Controller('v1/leads')
export class LeadsController {
  constructor(
    private readonly broker: Broker,
    private readonly metrics: Metrics,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  @Post()
  @Door({
    bytesMax: BODY_BYTES_MAX,
    refusals: ['key', 'rate', 'media-type', 'json', 'contract', 'depth', 'idempotency-key'],
  })
  @HttpCode(202)
  async accept(
    @Body() body: unknown,
    @Headers() headers: Record<string, string | undefined>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<{ id: string }> {
    const lead = parse(body, request.ip);
    const id = idempotencyKey(headers['idempotency-key']);
    try {
      const published = await publishLead(this.broker.js(), lead, { source: sourceOf(request), ...(id ? { id } : {}) });
      if (published.traceparent) void reply.header('traceresponse', published.traceparent);
      this.log.info(
        { eventId: published.id, caller: request.caller, trace_id: published.traceparent?.split('-')[1] },
        'lead accepted',
      );
      return { id: published.id };
    } catch (error) {
      this.metrics.publishFailures.inc();
      throw new Problem('unavailable', 'The lead could not be stored; send it again', {
        cause: error,
        retryAfterSeconds: RETRY_AFTER_SECONDS,
      });
    }
  }
}

/**
 * Each caller has its own `Idempotency-Key`s: a caller that learns another's key cannot make its leads look like
 * repetitions.
 */
const sourceOf = ({ caller }: FastifyRequest): string => (caller === undefined ? 'ingest' : `ingest/${caller}`);

function parse(body: unknown, ip: string): LeadCreated {
  const lead = body instanceof URLSearchParams ? leadOfForm(body) : body;
  const parsed = leadCreated.safeParse(lead);
  if (!parsed.success) throw Problem.invalid(parsed.error);
  if (nests(parsed.data, DEPTH_MAX)) throw new Problem('depth', `The body nests deeper than ${DEPTH_MAX} levels`);
  // With every proxy trusted, this is any text that the caller put into X-Forwarded-For.
  const callersIp = isIP(ip) ? { ip } : {};
  return { ...parsed.data, ...(parsed.data.ip == null ? callersIp : {}) };
}

function idempotencyKey(given: string | undefined): string | undefined {
  if (given === undefined) return undefined;
  if (!/^[\x21-\x7e]{1,200}$/.test(given))
    throw new Problem('idempotency-key', 'Idempotency-Key must be 1 to 200 visible ASCII characters');
  return given;
}

/** Whether `value` has objects or arrays in more than `levels` levels. */
const nests = (value: unknown, levels: number): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (levels === 0 || Object.values(value).some((member) => nests(member, levels - 1)));
