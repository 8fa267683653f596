import { isIP } from 'node:net';
import { Controller, Headers, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import { leadCreated, type LeadCreated } from '@leadstream/contracts/lead-created';
import { publishLead } from '@leadstream/contracts/publish';
import { Broker } from '@leadstream/eventlog/broker';
import { leadOfEntries, leadOfJson } from '@leadstream/lead/intake/understood';
import { Door } from '@leadstream/service/door';
import { Metrics } from '@leadstream/service/metrics';
import { readPosted, type Content, type Posted } from '@leadstream/service/posted';
import { Problem } from '@leadstream/service/problem';
import { LOGGER } from '@leadstream/service/injected';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';

const RETRY_AFTER_SECONDS = 5;
const BODY_BYTES_MAX = 64 * 1024;
/** Memory of a parsed body beyond its bytes, in multiples of them. */
const PARSED_FACTOR = 3;

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
    refusals: ['key', 'rate', 'media-type', 'json', 'form', 'fields', 'contract', 'depth', 'idempotency-key'],
  })
  @HttpCode(202)
  async accept(
    @Headers() headers: Record<string, string | undefined>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<{ id: string }> {
    const lead = parse(await readPosted(await posted(request)), request.ip);
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

async function posted({ incoming, headers }: FastifyRequest): Promise<Posted> {
  const { bytes } = await incoming.whole();
  incoming.require(PARSED_FACTOR * bytes.length);
  return { contentType: headers['content-type'], bytes };
}

function parse(content: Content, ip: string): LeadCreated {
  const parsed = leadCreated.safeParse('json' in content ? leadOfJson(content.json) : leadOfEntries(content.entries));
  if (!parsed.success) throw Problem.invalid(parsed.error);
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
