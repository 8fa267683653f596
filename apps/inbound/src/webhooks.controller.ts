import { createHash, timingSafeEqual } from 'node:crypto';
import { Readable } from 'node:stream';
import { Controller, Headers, HttpCode, Inject, Param, Post, Req, type Type } from '@nestjs/common';
import { espSchema } from '@leadstream/contracts/events';
import { WEBHOOKS, type EventBatch } from '@leadstream/contracts/feedback';
import { Unavailable } from '@leadstream/eventlog/errors';
import type { Judge, Receiver, WebhookHeaders } from '@leadstream/providers/port';
import { isPosting, receivers, type PostingEsp } from '@leadstream/providers/receivers';
import { Door } from '@leadstream/service/door';
import { Metrics, type WebhookKind } from '@leadstream/service/metrics';
import { Problem } from '@leadstream/service/problem';
import type { Prefix } from '@leadstream/service/prefix';
import type { RequestBody } from '@leadstream/service/request-body';
import { CONFIG } from '@leadstream/service/injected';
import type { FastifyRequest } from 'fastify';
import type { Config } from './config.ts';
import { FeedbackStream } from './feedback-stream.ts';
import { doorsOf, FORGED, SHAPELESS, type Answer } from './routes.ts';

/** A batch as text, and as JSON of it, in multiples of its length. */
const TEXT_FACTOR = 2;

/**
 * An ESP's webhooks: stored as posted, interpreted later. A provider may drop a mail for good at a 4xx, so hardly
 * anything is refused.
 */
class Webhooks {
  readonly #judge: Judge | undefined;

  constructor(
    private readonly esp: PostingEsp,
    private readonly config: Config,
    private readonly feedback: FeedbackStream,
    private readonly metrics: Metrics,
  ) {
    this.#judge = receivers[esp].judge(config);
  }

  async takeEvents(incoming: RequestBody, headers: WebhookHeaders, isSecret: boolean): Promise<Answer> {
    const raw = await this.judged(incoming, headers, { kind: 'events', isSecret });
    if (!raw) return { stored: false };
    incoming.require(TEXT_FACTOR * raw.length);
    const batch: EventBatch = { body: raw.text };
    incoming.forget();
    await this.feedback.store(WEBHOOKS[this.esp].events, batch, incoming);
    return { stored: true };
  }

  async takeMail(incoming: RequestBody, headers: WebhookHeaders): Promise<Answer> {
    incoming.trust();
    const mail: Receiver<never>['mail'] = receivers[this.esp].mail;
    const raw = mail.isJudged && (await this.judged(incoming, headers, { kind: 'inbound', isSecret: true }));
    if (mail.isJudged && !raw) return { stored: false };
    const type = headers['content-type'];
    const contentType = typeof type === 'string' ? type : undefined;
    const body = raw ? Readable.from(raw.pages) : incoming.chunks();
    const posted = await mail.read(body, contentType, (...room) => incoming.prefix(...room));
    incoming.forget();
    await this.feedback.store(WEBHOOKS[this.esp].inbound, posted, incoming);
    return { stored: true };
  }

  /** The body of a post that is the provider's; undefined for a question that is dealt with. */
  private async judged(
    incoming: RequestBody,
    headers: WebhookHeaders,
    { kind, isSecret }: { kind: WebhookKind; isSecret: boolean },
  ): Promise<Prefix | undefined> {
    const { hasSignatureShape, forged } = receivers[this.esp].events;
    const judge = this.requireKeys();
    if (!hasSignatureShape(headers))
      throw this.refused(kind, new Problem(SHAPELESS[forged], 'A signed event webhook is required'));
    const raw = await incoming.whole();
    const verdict = await judge(headers, raw.pages, isSecret);
    if (verdict === 'forged')
      throw this.refused(kind, new Problem(FORGED[forged], 'The signature does not fit the body'));
    if (verdict === 'unjudged') throw new Unavailable(`a signature of ${this.esp} can't be judged now`);
    return verdict === 'ours' ? raw : undefined;
  }

  requireKeys(): Judge {
    if (!this.#judge) throw new Problem('no-keys', 'No keys of this provider are configured');
    return this.#judge;
  }

  requireSecret(secret: string, kind: WebhookKind): void {
    if (!same(secret, this.config.INBOUND_SECRET))
      throw this.refused(kind, new Problem('secret', 'There is nothing at this path'));
  }

  private refused(kind: WebhookKind, problem: Problem): Problem {
    const result = problem.reason === 'secret' ? 'wrong-secret' : 'bad-signature';
    this.metrics.webhooks.inc({ provider: this.esp, kind, result });
    return problem;
  }
}

function controllerOf(esp: PostingEsp): Type<unknown> {
  const doors = doorsOf(esp);

  @Controller(`v1/${esp}`)
  class WebhooksController {
    private readonly webhooks: Webhooks;

    constructor(@Inject(CONFIG) config: Config, feedback: FeedbackStream, metrics: Metrics) {
      this.webhooks = new Webhooks(esp, config, feedback, metrics);
    }

    @Post('events')
    @Door(doors.events)
    @HttpCode(200)
    onEvents(@Req() { incoming }: FastifyRequest, @Headers() headers: WebhookHeaders): Promise<Answer> {
      return this.webhooks.takeEvents(incoming, headers, false);
    }

    /** The secret in the path protects what a provider's signature leaves out, the body. */
    @Post('events/:secret')
    @Door(doors.secretEvents)
    @HttpCode(200)
    onSecretEvents(
      @Param('secret') secret: string,
      @Req() { incoming }: FastifyRequest,
      @Headers() headers: WebhookHeaders,
    ): Promise<Answer> {
      this.webhooks.requireKeys();
      this.webhooks.requireSecret(secret, 'events');
      return this.webhooks.takeEvents(incoming, headers, true);
    }

    @Post(['inbound/:secret', 'inbound/:secret/mime'])
    @Door(doors.mail)
    @HttpCode(200)
    onMail(
      @Param('secret') secret: string,
      @Req() { incoming }: FastifyRequest,
      @Headers() headers: WebhookHeaders,
    ): Promise<Answer> {
      this.webhooks.requireKeys();
      this.webhooks.requireSecret(secret, 'inbound');
      return this.webhooks.takeMail(incoming, headers);
    }
  }
  return WebhooksController;
}

/** One controller an ESP; each webhook that it can still post is stored, whatever ESP sends now. */
export const webhookControllers = espSchema.options.filter(isPosting).map(controllerOf);

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
const same = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b));
