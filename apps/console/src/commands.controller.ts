import { Controller, createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { Problem } from '@leadstream/service/problem';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { manyBody } from './bodies.ts';
import { Commands } from './commands.ts';
import { kindNames, KINDS, type KindName } from './kinds.ts';
import { may } from './roles.ts';
import { Route } from './route.ts';
import type { Commanded, CommandedMany } from './schemas.ts';

const VERSION_TAG = /^"([1-9]\d{0,8})"$/;
const withKind = z.looseObject({ kind: z.enum(kindNames) });
const fields = z.looseObject({});

interface Exchange {
  request: FastifyRequest<{ Params: { id: string } }>;
  reply: FastifyReply;
}
const Exchanged = createParamDecorator((_: unknown, context: ExecutionContext) => {
  const http = context.switchToHttp();
  return { request: http.getRequest<Exchange['request']>(), reply: http.getResponse<FastifyReply>() };
});

/** Operators' commands on one lead. */
@Controller()
export class CommandsController {
  constructor(private readonly commands: Commands) {}

  @Route('POST /v1/leads/commands')
  many(@Exchanged() { request: { body: given, signedIn: caller, headers } }: Exchange): Promise<CommandedMany> {
    const parsed = manyBody.safeParse(given);
    if (!parsed.success) throw Problem.invalid(parsed.error);
    const { kind, ids, ...body } = parsed.data;
    return this.commands.giveMany({ caller, kind, ids, body, key: idempotencyKey(headers['idempotency-key']) });
  }

  @Route('POST /v1/leads/:id/commands')
  command(@Exchanged() exchange: Exchange): Promise<Commanded> {
    const parsed = withKind.safeParse(exchange.request.body);
    if (!parsed.success) throw Problem.invalid(parsed.error);
    const { kind, ...body } = parsed.data;
    return this.give(kind, body, exchange);
  }

  @Route('POST /v1/leads/:id/pause')
  pause(@Exchanged() exchange: Exchange): Promise<Commanded> {
    return this.short('pause', exchange);
  }

  @Route('POST /v1/leads/:id/resume')
  resume(@Exchanged() exchange: Exchange): Promise<Commanded> {
    return this.short('resume', exchange);
  }

  @Route('POST /v1/leads/:id/restart')
  restart(@Exchanged() exchange: Exchange): Promise<Commanded> {
    return this.short('restart', exchange);
  }

  @Route('POST /v1/leads/:id/move')
  move(@Exchanged() exchange: Exchange): Promise<Commanded> {
    return this.short('move', exchange);
  }

  private short(kind: KindName, exchange: Exchange): Promise<Commanded> {
    // Without a body the command has no reason.
    const parsed = fields.safeParse(exchange.request.body ?? {});
    if (!parsed.success) throw Problem.invalid(parsed.error);
    return this.give(kind, parsed.data, exchange);
  }

  private async give(kind: KindName, body: object, { request, reply }: Exchange): Promise<Commanded> {
    const {
      signedIn: caller,
      params: { id: leadId },
      headers,
    } = request;
    const { right, ifMatch } = KINDS[kind];
    if (!may(caller.role, right)) throw new Problem('role', `The role ${caller.role} may not ${kind} a lead`);
    const key = idempotencyKey(headers['idempotency-key']);
    const expectVersion = expectedVersion(headers['if-match'], ifMatch, kind);
    const { isNew, ...given } = await this.commands.give({ caller, leadId, kind, body, key, expectVersion });
    void reply.headers({ etag: `"${given.lead.version}"`, 'idempotent-replayed': String(!isNew) });
    return given;
  }
}

export function idempotencyKey(given: string | string[] | undefined): string {
  const key = [given ?? []].flat().join();
  if (!/^[\x21-\x7e]{1,200}$/.test(key))
    throw new Problem(
      'idempotency-key',
      'Idempotency-Key is required: 1 to 200 visible ASCII characters, new for each command',
    );
  return key;
}

/** The version of `If-Match: "<version>"`; undefined for `*`, or without the header where none is needed. */
function expectedVersion(given: string | undefined, isRequired: boolean, kind: KindName): number | undefined {
  if (given === undefined && isRequired)
    throw new Problem(
      'if-match-required',
      `${kind} is right only for what you have seen of the lead: send If-Match with its ETag, or * for any state`,
    );
  if (given === undefined || given.trim() === '*') return undefined;
  const [, version] = VERSION_TAG.exec(given.trim()) ?? [];
  if (version === undefined) throw new Problem('if-match', 'If-Match must be one ETag of the lead, "<version>", or *');
  return Number(version);
}
