import { createHash, timingSafeEqual } from 'node:crypto';
import { Body, Controller, Headers, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import { leadCreated, type LeadCreated } from '@leadstream/contracts/lead-created';
import { publishLead } from '@leadstream/contracts/publish';
import { Broker } from '@leadstream/eventlog/broker';
import { Metrics } from '@leadstream/service/metrics';
import { CONFIG, LOGGER } from '@leadstream/service/tokens';
import { Problem } from '@leadstream/service/problem';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { Config } from './config.ts';
import { leadOfForm } from './form.ts';

const RETRY_AFTER_SECONDS = '5';

/** Fast and stupid: check the shape, publish, say 202 once the broker has it. */
@Controller('v1/leads')
export class LeadsController {
  private readonly keys: Buffer[];

  constructor(
    @Inject(CONFIG) config: Config,
    private readonly broker: Broker,
    private readonly metrics: Metrics,
    @Inject(LOGGER) private readonly log: Logger,
  ) {
    this.keys = config.INGEST_API_KEYS.map(digest);
  }

  @Post()
  @HttpCode(202)
  async accept(
    @Body() body: unknown, @Headers() headers: Record<string, string | undefined>,
    @Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<{ id: string }> {
    this.authorize(headers);
    const lead = parse(body, request.ip);
    const id = idempotencyKey(headers['idempotency-key']);
    try {
      const published = await publishLead(this.broker.js(), lead, { source: 'ingest', ...(id ? { id } : {}) });
      if (published.traceparent) void reply.header('traceresponse', published.traceparent);
      this.log.info({ eventId: published.id, trace_id: published.traceparent?.split('-')[1] }, 'lead accepted');
      return { id: published.id };
    } catch (error) {
      this.metrics.publishFailures.inc();
      this.log.error({ err: error, outcome: 'not stored' }, 'error');
      void reply.header('retry-after', RETRY_AFTER_SECONDS);
      throw new Problem(503, 'The lead could not be stored; send it again', undefined, { cause: error });
    }
  }

  private authorize(headers: Record<string, string | undefined>): void {
    if (this.keys.length === 0) return;
    const given = digest(headers['x-api-key'] ?? headers['authorization']?.replace(/^Bearer /i, '') ?? '');
    // Every key is compared, so that the time taken does not say which one was nearly right.
    const known = this.keys.filter((key) => timingSafeEqual(key, given)).length > 0;
    if (!known) throw new Problem(401, 'An API key is required: Authorization: Bearer <key>');
  }
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

function parse(body: unknown, ip: string): LeadCreated {
  const lead = body instanceof URLSearchParams ? leadOfForm(body) : body;
  const parsed = leadCreated.safeParse(lead);
  if (!parsed.success) throw Problem.invalid(parsed.error);
  return { ...parsed.data, ip: parsed.data.ip ?? ip };
}

function idempotencyKey(given: string | undefined): string | undefined {
  if (given === undefined) return undefined;
  if (!/^[\x21-\x7e]{1,200}$/.test(given)) throw new Problem(400, 'Idempotency-Key must be 1 to 200 visible ASCII characters');
  return given;
}
