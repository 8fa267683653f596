import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Esp } from './esp.ts';
import { accepts, type EspResponse } from './faults.ts';
import type { MailSend } from './mail-send.ts';
import { mailboxOf } from './postmark.ts';

const MAX_OPTIONS_BYTES = 16 * 1024;

const mailbox = (field: string) =>
  z.string(`${field} parameter is missing`).transform((text, context) => {
    const found = mailboxOf(text);
    if (found) return found;
    context.addIssue(`${field} parameter is not a valid address. please check documentation`);
    return z.NEVER;
  });

/** `POST /v3/<domain>/messages`, as Mailgun documents it. */
const messageSchema = z
  .looseObject({
    from: mailbox('from'),
    to: mailbox('to'),
    subject: z.string().default(''),
    text: z.string().optional(),
    html: z.string().optional(),
  })
  .refine(({ text, html }) => text ?? html, "Need at least one of 'text' or 'html' parameters specified");

function asMailSend({ from, to, subject, text, html, ...options }: z.infer<typeof messageSchema>): MailSend {
  const named = (prefix: string): Record<string, string> =>
    Object.fromEntries(
      Object.entries(options).flatMap(([name, value]) =>
        name.startsWith(prefix) && typeof value === 'string' ? [[name.slice(prefix.length), value]] : [],
      ),
    );
  const { 'Reply-To': replyTo, ...headers } = named('h:');
  return {
    personalizations: [{ to: [to], cc: [], bcc: [], headers: {}, custom_args: {} }],
    from,
    ...(replyTo ? { reply_to: mailboxOf(replyTo) ?? { email: replyTo } } : {}),
    subject,
    content: [
      ...(text === undefined ? [] : [{ type: 'text/plain', value: text }]),
      ...(html === undefined ? [] : [{ type: 'text/html', value: html }]),
    ],
    headers,
    custom_args: named('v:'),
    categories: [],
  };
}

const WORDS: Readonly<Record<number, string>> = {
  400: 'Bad request',
  402: 'Payment required',
  404: 'Domain not found',
  429: 'request limit exceeded',
  500: 'Internal Server Error',
};
const json = (status: number, message: string): EspResponse => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ message }),
});

/** Mailgun's response for this status: the hint of a 429 is a date in its words; a proxy writes HTML. */
function errorResponse(
  status: number,
  { retryAfter, body }: { retryAfter?: number; body?: unknown } = {},
): EspResponse {
  if (body !== undefined) return { ...json(status, ''), body };
  if (status === 401) return { status, headers: { 'content-type': 'text/plain' }, body: 'Forbidden' };
  const words = WORDS[status];
  if (words === undefined) return { status, headers: { 'content-type': 'text/html' }, body: '<html></html>' };
  const until =
    retryAfter === undefined ? '' : `, try again after ${new Date(Date.now() + retryAfter * 1_000).toUTCString()}`;
  return json(status, words + until);
}

const answer = (reply: FastifyReply, { status, headers, body }: EspResponse): FastifyReply =>
  reply.code(status).headers(headers).send(body);

const admits = (esp: Esp, { headers }: FastifyRequest): boolean => {
  const given = /^Basic (\S+)$/.exec(headers.authorization ?? '')?.[1] ?? '';
  return esp.admits(`Bearer ${/^api:(.+)$/.exec(Buffer.from(given, 'base64').toString())?.[1] ?? ''}`);
};

async function send(esp: Esp, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  if (!admits(esp, request)) return answer(reply, errorResponse(401));
  const { data: message, error } = messageSchema.safeParse(request.body);
  if (!message) return answer(reply, json(400, error.issues[0]?.message ?? 'Bad request'));
  const options = Object.entries(message).filter(([name]) => /^[ohvt]:/.test(name));
  if (Buffer.byteLength(JSON.stringify(options)) > MAX_OPTIONS_BYTES)
    return answer(reply, json(400, 'The parameters o:, h:, v: and t: have more than 16 kB together'));
  const fault = esp.faults.take(undefined, message.to.email);
  const id = !fault || accepts(fault) ? esp.accept(asMailSend(message), 'mailgun', fault?.silent) : undefined;
  if (fault?.latencyMs) await esp.pause(fault.latencyMs);
  if (fault?.drop) {
    reply.hijack();
    request.raw.socket.resetAndDestroy();
    return reply;
  }
  if (fault?.status && fault.status > 299) {
    const { status, retryAfter, body } = fault;
    return answer(reply, errorResponse(status, { ...(retryAfter === undefined ? {} : { retryAfter }), body }));
  }
  const kept = message['h:Message-ID'];
  return reply.send({ id: typeof kept === 'string' ? kept : `<${id}@sandbox.invalid>`, message: 'Queued. Thank you.' });
}

const search = z.object({
  'message-id': z.string().optional(),
  event: z.string().optional(),
  begin: z.coerce.number().default(0),
  limit: z.coerce.number().int().min(1).max(300).default(100),
});

/** The accepted mails as events of the domain. Without a time range Mailgun needs a direction. */
function events(esp: Esp, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (!admits(esp, request)) return answer(reply, errorResponse(401));
  const { 'message-id': id, event = 'accepted', begin, limit } = search.parse(request.query);
  const idOf = (headers: Readonly<Record<string, string>>, own: string) =>
    (headers['Message-ID'] ?? `${own}@sandbox.invalid`).replace(/^<|>$/g, '');
  const all = esp.mailbox.all.filter(
    (mail) =>
      mail.wire === 'mailgun' &&
      (id === undefined || idOf(mail.headers, mail.id) === id) &&
      Date.parse(mail.at) >= begin * 1_000,
  );
  const items = all
    .slice(0, event === 'accepted' ? limit : 0)
    .map(({ id: own, to, at, headers, custom_args: ids }) => ({
      id: own,
      event: 'accepted',
      'log-level': 'info',
      timestamp: Date.parse(at) / 1_000,
      recipient: to,
      message: { headers: { to, 'message-id': idOf(headers, own) } },
      'user-variables': ids,
    }));
  return reply.send({ items, paging: {} });
}

/** Mailgun's routes. A wrong path is answered 200, and nothing is sent. */
export function mailgunRoutes(server: FastifyInstance, esp: Esp): void {
  server.post('/v3/:domain/messages', (request, reply) => send(esp, request, reply));
  server.get('/v3/:domain/events', (request, reply) => events(esp, request, reply));
  server.post('/v3/*', (_request, reply) => reply.type('text/plain').send('Mailgun Magnificent API'));
}
