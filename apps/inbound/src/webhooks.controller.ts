import { createHash, timingSafeEqual } from 'node:crypto';
import { Readable } from 'node:stream';
import { Body, Controller, Headers, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { FEEDBACK_EVENTS, FEEDBACK_INBOUND, type EventBatch } from '@leadstream/contracts/feedback';
import { CONFIG } from '@leadstream/service/tokens';
import { Problem } from '@leadstream/service/problem';
import type { Config } from './config.ts';
import { FeedbackStream } from './feedback-stream.ts';
import { readInboundMail } from './multipart.ts';
import { verifySignature } from './signature.ts';

/** What SendGrid posts: stored raw, understood later. A 4xx would make it forget the mail for ever, so there is hardly one. */
@Controller('v1/sendgrid')
export class WebhooksController {
  constructor(@Inject(CONFIG) private readonly config: Config, private readonly feedback: FeedbackStream) {}

  @Post('events')
  @HttpCode(200)
  async onEvents(
    @Body() body: unknown, @Headers('x-twilio-email-event-webhook-signature') signature: string | undefined,
    @Headers('x-twilio-email-event-webhook-timestamp') timestamp: string | undefined,
  ): Promise<{ stored: true }> {
    const raw = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
    if (!verifySignature(this.config.SENDGRID_EVENT_PUBLIC_KEYS, { signature, timestamp }, raw)) throw new Problem(401, 'The signature does not fit the body');
    await this.feedback.store(FEEDBACK_EVENTS, { body: raw.toString('utf8') } satisfies EventBatch);
    return { stored: true };
  }

  @Post('inbound/:secret')
  @HttpCode(200)
  async onMail(@Param('secret') secret: string, @Body() body: unknown, @Headers('content-type') contentType: string | undefined): Promise<{ stored: true }> {
    if (!same(secret, this.config.INBOUND_SECRET)) throw new Problem(404, 'Nothing is here');
    const stream = body instanceof Readable ? body : Readable.from(Buffer.isBuffer(body) ? [body] : []);
    await this.feedback.store(FEEDBACK_INBOUND, await readInboundMail(stream, contentType));
    return { stored: true };
  }
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
const same = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b));
