import { Controller, Header, Headers, HttpCode, Inject, Post, Req, type Type } from '@nestjs/common';
import { gatewaySchema, type Gateway } from '@leadstream/contracts/events';
import { WEBHOOKS, type GatewayPost } from '@leadstream/contracts/feedback';
import { gateways } from '@leadstream/providers/gateways';
import type { GatewayReceiver, WebhookHeaders } from '@leadstream/providers/port';
import { CONFIG } from '@leadstream/service/injected';
import { Door } from '@leadstream/service/door';
import { Metrics, type WebhookKind } from '@leadstream/service/metrics';
import { Problem } from '@leadstream/service/problem';
import type { FastifyRequest } from 'fastify';
import type { Config } from './config.ts';
import { FeedbackStream } from './feedback-stream.ts';
import { textDoorOf, type Answer } from './routes.ts';

/** As JSON, and a copy of it, in multiples of the body's length. */
const TEXT_FACTOR = 2;
/** An answer in it would be a text to the sender. */
const SILENCE = '<?xml version="1.0" encoding="UTF-8"?><Response/>';

/** A gateway's webhooks: judged over the URL that the gateway was given, stored as posted, read later. */
class Texts {
  constructor(
    private readonly gateway: Gateway,
    private readonly config: Config,
    private readonly feedback: FeedbackStream,
    private readonly metrics: Metrics,
  ) {}

  async take(kind: 'events' | 'inbound', { incoming, url }: FastifyRequest, headers: WebhookHeaders): Promise<void> {
    const receiver: GatewayReceiver<Config> = gateways[this.gateway];
    const judge = receiver.judge(this.config);
    if (!judge) throw new Problem('no-keys', 'No keys of this gateway are configured');
    if (!receiver.hasSignatureShape(headers))
      throw this.refused(kind, new Problem('signature-shape', 'A signed webhook is required'));
    const raw = await incoming.whole();
    // A path of our own: a proxy in front may have changed the one that it was asked for.
    const [, query = ''] = /\?(.*)$/s.exec(url) ?? [];
    const address = `${(this.config.PUBLIC_URL ?? '').replace(/\/$/, '')}/v1/${this.gateway}/${kind}`;
    if (!judge(query === '' ? address : `${address}?${query}`, headers, raw.text))
      throw this.refused(kind, new Problem('signature', 'The signature does not fit the body and the address'));
    incoming.require(TEXT_FACTOR * raw.length);
    await this.feedback.store(WEBHOOKS[this.gateway][kind], { body: raw.text, query } satisfies GatewayPost, incoming);
  }

  private refused(kind: WebhookKind, problem: Problem): Problem {
    this.metrics.webhooks.inc({ provider: this.gateway, kind, result: 'bad-signature' });
    return problem;
  }
}

function controllerOf(gateway: Gateway): Type<unknown> {
  const door = textDoorOf(gateway);

  @Controller(`v1/${gateway}`)
  class TextsController {
    private readonly texts: Texts;

    constructor(@Inject(CONFIG) config: Config, feedback: FeedbackStream, metrics: Metrics) {
      this.texts = new Texts(gateway, config, feedback, metrics);
    }

    @Post('events')
    @Door(door)
    @HttpCode(200)
    async onEvents(@Req() request: FastifyRequest, @Headers() headers: WebhookHeaders): Promise<Answer> {
      await this.texts.take('events', request, headers);
      return { stored: true };
    }

    @Post('inbound')
    @Door(door)
    @HttpCode(200)
    @Header('content-type', 'text/xml; charset=utf-8')
    async onText(@Req() request: FastifyRequest, @Headers() headers: WebhookHeaders): Promise<string> {
      await this.texts.take('inbound', request, headers);
      return SILENCE;
    }
  }
  return TextsController;
}

export const textControllers = gatewaySchema.options.map(controllerOf);
