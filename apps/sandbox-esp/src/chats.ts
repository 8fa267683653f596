import type { Chat } from '@leadstream/contracts/events';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Esp } from './esp.ts';
import { accepts } from './faults.ts';

const slackBody = z.looseObject({ text: z.string().min(1) });
const run = z.looseObject({ type: z.literal('TextRun'), text: z.string() });
const teamsBody = z.looseObject({
  type: z.literal('message'),
  attachments: z
    .array(
      z.looseObject({
        contentType: z.literal('application/vnd.microsoft.card.adaptive'),
        content: z.looseObject({
          type: z.literal('AdaptiveCard'),
          body: z.array(z.looseObject({ type: z.literal('RichTextBlock'), inlines: z.array(run) })).min(1),
        }),
      }),
    )
    .length(1),
});

interface ChatApi {
  /** The text of a post; undefined for one that it refuses. */
  read: (body: unknown) => string | undefined;
  done: (reply: FastifyReply) => FastifyReply;
  refuse: (reply: FastifyReply, status: number) => FastifyReply;
}

/** Slack's words of an error, in plain text. */
const SLACK_ERRORS: Readonly<Record<number, string>> = {
  400: 'invalid_payload',
  403: 'action_prohibited',
  404: 'no_service',
  410: 'channel_is_archived',
  429: 'rate_limited',
  500: 'rollup_error',
};
const TEAMS_ERRORS: Readonly<Record<number, string>> = {
  400: 'TriggerInputSchemaMismatch',
  401: 'DirectApiAuthorizationRequired',
  404: 'WorkflowNotFound',
  429: 'TooManyRequests',
};

const apis: Readonly<Record<Chat, ChatApi>> = {
  slack: {
    read: (body) => slackBody.safeParse(body).data?.text,
    done: (reply) => reply.type('text/html').send('ok'),
    refuse: (reply, status) =>
      reply
        .code(status)
        .type('text/html')
        .send(SLACK_ERRORS[status] ?? 'error'),
  },
  teams: {
    read: (body) =>
      teamsBody
        .safeParse(body)
        .data?.attachments[0]?.content.body.map(({ inlines }) => inlines.map(({ text }) => text).join(''))
        .join('\n\n'),
    done: (reply) => reply.code(202).send(),
    refuse: (reply, status) =>
      reply.code(status).send({ error: { code: TEAMS_ERRORS[status] ?? 'Error', message: 'words' } }),
  },
};

/** Faults and the page know a post by `<name>@slack` or `<name>@teams`. */
async function post(esp: Esp, chat: Chat, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const api = apis[chat];
  const to = `${z.object({ name: z.string() }).parse(request.params).name}@${chat}`;
  const text = api.read(request.body);
  if (text === undefined) return api.refuse(reply, 400);
  const fault = esp.faults.take(({ to }) => to !== undefined, to);
  if (!fault || accepts(fault))
    esp.accept(
      {
        personalizations: [{ to: [{ email: to }], cc: [], bcc: [], headers: {}, custom_args: {} }],
        from: { email: 'leadstream' },
        subject: text.split('\n')[0] ?? '',
        content: [{ type: 'text/plain', value: text }],
        headers: {},
        custom_args: {},
        categories: [],
      },
      chat,
    );
  if (fault?.latencyMs) await esp.pause(fault.latencyMs);
  if (fault?.drop) {
    reply.hijack();
    request.raw.socket.resetAndDestroy();
    return reply;
  }
  if (fault?.retryAfter !== undefined) void reply.header('retry-after', String(fault.retryAfter));
  return fault?.status && fault.status > 299 ? api.refuse(reply, fault.status) : api.done(reply);
}

/** `POST /slack/<name>` and `POST /teams/<name>`: the URL of an incoming webhook, and of a workflow of Teams. */
export function chatRoutes(server: FastifyInstance, esp: Esp): void {
  for (const chat of Object.keys(apis) as Chat[])
    server.post(`/${chat}/:name`, (request, reply) => post(esp, chat, request, reply));
}
