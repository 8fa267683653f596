import { createHash, timingSafeEqual } from 'node:crypto';
import { Controller, Headers, HttpCode, Inject, Param, Post, Req } from '@nestjs/common';
import { FEEDBACK_EVENTS, FEEDBACK_INBOUND } from '@leadstream/contracts/feedback';
import { PAYLOAD_BYTES_MAX } from '@leadstream/contracts/streams';
import { Door } from '@leadstream/service/door';
import { Problem } from '@leadstream/service/problem';
import { CONFIG } from '@leadstream/service/tokens';
import type { FastifyRequest } from 'fastify';
import type { Config } from './config.ts';
import { batchesOf } from '@leadstream/providers/sendgrid/event-batches';
import { FeedbackStream } from './feedback-stream.ts';
import { MAIL_LIMITS, readInboundMail } from '@leadstream/providers/sendgrid/inbound-parse';
import { hasSignatureShape, verifySignature } from '@leadstream/providers/sendgrid/signature';

const MIB = 1024 * 1024;
/** SendGrid's batches end at 768 KB. */
const EVENTS_BYTES_MAX = 2 * MIB;
const EVENTS_TIMEOUT_MS = 60_000;
/** A mail of 30 MB may take a slow line this long. At a 408 SendGrid would drop it for ever. */
export const MAIL_TIMEOUT_MS = 10 * 60_000;
/** The rest of the limit is for a message's headers. */
const BATCH_BYTES_MAX = PAYLOAD_BYTES_MAX - MIB;
/** A batch is held as text, and as JSON of it: multiples of its length. */
const TEXT_FACTOR = 2;

/** SendGrid's webhooks: stored raw, parsed later. A 4xx would make SendGrid drop the mail, so there are hardly any. */
@Controller('v1/sendgrid')
export class WebhooksController {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly feedback: FeedbackStream,
  ) {}

  @Post('events')
  @Door({ bytesMax: EVENTS_BYTES_MAX, timeoutMs: EVENTS_TIMEOUT_MS, refusals: ['signature-shape', 'signature'] })
  @HttpCode(200)
  async onEvents(
    @Req() { incoming }: FastifyRequest,
    @Headers('x-twilio-email-event-webhook-signature') signature: string | undefined,
    @Headers('x-twilio-email-event-webhook-timestamp') timestamp: string | undefined,
  ): Promise<{ stored: true }> {
    if (!hasSignatureShape({ signature, timestamp }))
      throw new Problem('signature-shape', 'A signed event webhook is required');
    const raw = await incoming.whole();
    if (!verifySignature(this.config.SENDGRID_EVENT_PUBLIC_KEYS, { signature, timestamp }, raw.pages))
      throw new Problem('signature', 'The signature does not fit the body');
    incoming.require(TEXT_FACTOR * raw.length);
    // One by one: when the broker goes away in between, SendGrid posts the whole batch again, and known events have no
    // effect.
    for (const batch of batchesOf(raw.text, BATCH_BYTES_MAX))
      await this.feedback.store(FEEDBACK_EVENTS, batch, incoming);
    return { stored: true };
  }

  @Post('inbound/:secret')
  @Door({ bytesMax: MAIL_LIMITS.totalBytes, timeoutMs: MAIL_TIMEOUT_MS, anyCoding: true, refusals: ['secret'] })
  @HttpCode(200)
  async onMail(
    @Param('secret') secret: string,
    @Req() { incoming }: FastifyRequest,
    @Headers('content-type') contentType: string | undefined,
  ): Promise<{ stored: true }> {
    if (!same(secret, this.config.INBOUND_SECRET)) throw new Problem('secret', 'There is nothing at this path');
    incoming.trust();
    const mail = await readInboundMail(incoming.chunks(), contentType, {}, (bytesMax, mayHold) =>
      incoming.prefix(bytesMax, mayHold),
    );
    await this.feedback.store(FEEDBACK_INBOUND, mail, incoming);
    return { stored: true };
  }
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
const same = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b));
