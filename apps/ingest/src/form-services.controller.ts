import { Controller, Get, Headers, Inject, Param, Post, Query, Req, Res, HttpCode } from '@nestjs/common';
import { Door } from '@leadstream/service/door';
import { LOGGER } from '@leadstream/service/injected';
import { contentOf } from '@leadstream/service/posted';
import { Problem } from '@leadstream/service/problem';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { FormServices } from './form-services.ts';
import { Leads, refused, type Submission } from './leads.ts';
import { posted, sourceOf } from './leads.controller.ts';
import { RefusedLeads } from './refused.ts';
import { ROUTES, type SubmittedHere } from './routes.ts';
import { isEqual, isSigned } from './signature.ts';
import { idempotencyKey } from './submission-id.ts';

/** Takes the posts of form services as `intake/<name>.yaml` describes them. */
@Controller('v1/leads/from')
export class FormServicesController {
  constructor(
    private readonly services: FormServices,
    private readonly leads: Leads,
    private readonly refused: RefusedLeads,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  @Post(':name')
  @Door(ROUTES['POST /v1/leads/from/:name'].door)
  @HttpCode(202)
  async accept(
    @Param('name') name: string,
    @Headers('idempotency-key') key: string | undefined,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SubmittedHere> {
    const adapter = this.services.of(name);
    const id = idempotencyKey(key);
    const submission = { ...(await posted(request)), id, ip: undefined, via: name, query: fieldsOf(request) };
    const isKnown = await this.verified(name, request, submission);
    const source = isKnown ? `ingest/from/${name}` : sourceOf(request);
    const caller = isKnown ? `from/${name}` : request.caller;
    const published = await this.refused.keeping(
      { route: `/v1/leads/from/${name}`, caller, submission: { ...submission, source } },
      () => this.leads.publish({ ...submission, source }),
    );
    const ids = published.map((one) => one.id);
    const [first] = published;
    void reply.status(adapter.answer);
    if (first?.traceparent) void reply.header('traceresponse', first.traceparent);
    if (!first) this.log.info({ caller, from: name }, `post ignored: it is no ${adapter.title} submission`);
    for (const { id: eventId, traceparent } of published)
      this.log.info({ eventId, caller, from: name, trace_id: traceparent?.split('-')[1] }, 'lead accepted');
    return { ...(first ? { id: first.id } : {}), ids };
  }

  /** Meta asks for the challenge before it posts (Graph API, "Webhooks: Verification Requests"). */
  @Get(':name')
  @Door(ROUTES['GET /v1/leads/from/:name'].door)
  handshake(
    @Param('name') name: string,
    @Query() query: Record<string, string | undefined>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): string {
    const token = this.services.verifyToken(name);
    if (this.services.of(name).handshake === undefined || token === undefined)
      throw new Problem('service', 'No form service of this name is verified here');
    const challenge = String(query['hub.challenge']);
    const isAsked = query['hub.mode'] === 'subscribe' && /^[\w.-]{1,200}$/.test(challenge);
    if (!isAsked || !isEqual(String(query['hub.verify_token']), token))
      throw new Problem('signature', 'The verify token is another one');
    void reply.type('text/plain');
    return challenge;
  }

  /** False: the service has no secret here. Throws Problem for another signature. */
  private async verified(
    name: string,
    request: FastifyRequest,
    submission: Omit<Submission, 'source'>,
  ): Promise<boolean> {
    const { signature } = this.services.of(name);
    const secret = this.services.secret(name);
    if (!signature || secret === undefined) return false;
    const { method, headers, url, protocol, host } = request;
    const body = 'field' in signature ? await contentOf(submission).catch(refused) : undefined;
    if (
      isSigned(signature, secret, {
        method,
        url: `${protocol}://${host}${url}`,
        headers,
        bytes: submission.bytes,
        body,
      })
    )
      return true;
    throw new Problem('signature', 'The signature is missing, or of another secret or body');
  }
}

const fieldsOf = ({ query }: FastifyRequest): [string, string][] =>
  Object.entries(query as Record<string, string | string[]>).flatMap(([name, values]) =>
    name === 'key' ? [] : [values].flat().map((value): [string, string] => [name, value]),
  );
