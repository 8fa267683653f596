import { createHash, timingSafeEqual } from 'node:crypto';
import { Readable } from 'node:stream';
import { Body, Controller, Headers, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { FEEDBACK_EVENTS, FEEDBACK_INBOUND } from '@leadstream/contracts/feedback';
import { PAYLOAD_BYTES_MAX } from '@leadstream/contracts/streams';
import { CONFIG } from '@leadstream/service/tokens';
import { Problem } from '@leadstream/service/problem';
import type { Config } from './config.ts';
import { batchesOf } from './event-batches.ts';
import { FeedbackStream } from './feedback-stream.ts';
import { readInboundMail } from './multipart.ts';
import { verifySignature } from './signature.ts';

const MIB = 1024 * 1024;
/** SendGrid's batches end at 768 KB. */
const EVENTS_BYTES_MAX = 16 * MIB;
/** What is left of a message are its headers. */
const BATCH_BYTES_MAX = PAYLOAD_BYTES_MAX - MIB;

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
    const raw = await read(body, EVENTS_BYTES_MAX);
    if (!verifySignature(this.config.SENDGRID_EVENT_PUBLIC_KEYS, { signature, timestamp }, raw)) throw new Problem(401, 'The signature does not fit the body');
    // Not all at once: when the broker goes away in between, SendGrid posts the whole again, and what is known is a nothing.
    for (const batch of batchesOf(new TextDecoder().decode(raw), BATCH_BYTES_MAX)) await this.feedback.store(FEEDBACK_EVENTS, batch);
    return { stored: true };
  }

  @Post('inbound/:secret')
  @HttpCode(200)
  async onMail(@Param('secret') secret: string, @Body() body: unknown, @Headers('content-type') contentType: string | undefined): Promise<{ stored: true }> {
    if (!same(secret, this.config.INBOUND_SECRET)) throw new Problem(404, 'Nothing is here');
    await this.feedback.store(FEEDBACK_INBOUND, await readInboundMail(streamOf(body), contentType));
    return { stored: true };
  }
}

/** A request without a body has none at all. */
const streamOf = (body: unknown): Readable => (body instanceof Readable ? body : Readable.from([]));

/** The body's bytes as they were sent: a signature is over nothing else. Throws a 413 beyond `bytesMax`. */
async function read(body: unknown, bytesMax: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of streamOf(body) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // To its end: who stops reading can't answer either.
    if (bytes <= bytesMax) chunks.push(chunk);
  }
  if (bytes > bytesMax) throw new Problem(413, `More than ${bytesMax} bytes`);
  return Buffer.concat(chunks);
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
const same = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b));
