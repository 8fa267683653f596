import { createHash, timingSafeEqual } from 'node:crypto';
import { Controller, Headers, HttpCode, Inject, Param, Post, Req, type Type } from '@nestjs/common';
import { espSchema, type Esp } from '@leadstream/contracts/events';
import { WEBHOOKS, type EventBatch } from '@leadstream/contracts/feedback';
import type { WebhookHeaders } from '@leadstream/providers/port';
import { receivers } from '@leadstream/providers/receivers';
import { Door } from '@leadstream/service/door';
import { Metrics, type WebhookKind } from '@leadstream/service/metrics';
import { Problem } from '@leadstream/service/problem';
import { CONFIG } from '@leadstream/service/injected';
import type { FastifyRequest } from 'fastify';
import type { Config } from './config.ts';
import { FeedbackStream } from './feedback-stream.ts';

const EVENTS_TIMEOUT_MS = 60_000;
/** A mail of 30 MB can take this long on a slow line. At a 408 SendGrid drops it and does not come again. */
export const MAIL_TIMEOUT_MS = 10 * 60_000;
/** A batch as text, and as JSON of it, in multiples of its length. */
const TEXT_FACTOR = 2;

/**
 * An ESP's webhooks: stored as posted, interpreted later. SendGrid drops a mail for good at a 4xx, so hardly anything
 * is refused.
 */
function webhooksOf(esp: Esp): Type<unknown> {
  const { events, mail } = receivers[esp];

  @Controller(`v1/${esp}`)
  class WebhooksController {
    constructor(
      @Inject(CONFIG) private readonly config: Config,
      private readonly feedback: FeedbackStream,
      private readonly metrics: Metrics,
    ) {}

    @Post('events')
    @Door({ bytesMax: events.bytesMax, timeoutMs: EVENTS_TIMEOUT_MS, refusals: ['signature-shape', 'signature'] })
    @HttpCode(200)
    async onEvents(@Req() { incoming }: FastifyRequest, @Headers() headers: WebhookHeaders): Promise<{ stored: true }> {
      if (!events.hasSignatureShape(headers))
        throw this.refused('events', new Problem('signature-shape', 'A signed event webhook is required'));
      const raw = await incoming.whole();
      if (!events.isSigned(headers, raw.pages, this.config))
        throw this.refused('events', new Problem('signature', 'The signature does not fit the body'));
      incoming.require(TEXT_FACTOR * raw.length);
      await this.feedback.store(WEBHOOKS[esp].events, { body: raw.text } satisfies EventBatch, incoming);
      return { stored: true };
    }

    @Post('inbound/:secret')
    @Door({ bytesMax: mail.bytesMax, timeoutMs: MAIL_TIMEOUT_MS, anyCoding: true, refusals: ['secret'] })
    @HttpCode(200)
    async onMail(
      @Param('secret') secret: string,
      @Req() { incoming }: FastifyRequest,
      @Headers('content-type') contentType: string | undefined,
    ): Promise<{ stored: true }> {
      if (!same(secret, this.config.INBOUND_SECRET))
        throw this.refused('inbound', new Problem('secret', 'There is nothing at this path'));
      incoming.trust();
      const posted = await mail.read(incoming.chunks(), contentType, (...room) => incoming.prefix(...room));
      await this.feedback.store(WEBHOOKS[esp].inbound, posted, incoming);
      return { stored: true };
    }

    private refused(kind: WebhookKind, problem: Problem): Problem {
      this.metrics.webhooks.inc({ kind, result: kind === 'events' ? 'bad-signature' : 'wrong-secret' });
      return problem;
    }
  }
  return WebhooksController;
}

/** One controller an ESP; each webhook that it can still post is stored, whatever ESP sends now. */
export const webhookControllers = espSchema.options.map(webhooksOf);

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
const same = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b));
