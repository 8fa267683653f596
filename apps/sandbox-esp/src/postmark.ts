import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Esp } from './esp.ts';
import { accepts, type EspResponse } from './faults.ts';
import type { MailSend } from './mail-send.ts';

const ANGLE = /^(?:"((?:[^"\\]|\\.)*)"|([^<>"]*))\s*<([^<>\s@]+@[^<>\s@]+)>$/;
const BARE = /^[^<>\s@,]+@[^<>\s@,]+$/;

/** The address and the name of `"Name" <address>`. */
export function mailboxOf(text: string): { email: string; name?: string } | undefined {
  if (BARE.test(text)) return { email: text };
  const [, quoted, plain = '', email] = ANGLE.exec(text.trim()) ?? [];
  const name = quoted?.replace(/\\(.)/g, '$1') ?? plain.trim();
  return email === undefined ? undefined : { email, ...(name ? { name } : {}) };
}

const mailbox = (field: string) =>
  z.string(`A '${field}' address is required.`).transform((text, context) => {
    const found = mailboxOf(text);
    if (found) return found;
    context.addIssue(`Invalid '${field}' address: '${text}'.`);
    return z.NEVER;
  });

/** `POST /email`, as Postmark documents it. */
const emailSchema = z
  .object({
    From: mailbox('From'),
    To: mailbox('To'),
    ReplyTo: mailbox('ReplyTo').optional(),
    Subject: z.string().optional(),
    TextBody: z.string().optional(),
    HtmlBody: z.string().optional(),
    Headers: z.array(z.object({ Name: z.string(), Value: z.string() })).default([]),
    Metadata: z.record(z.string().max(20), z.string().max(80)).default({}),
  })
  .refine(({ TextBody, HtmlBody }) => TextBody ?? HtmlBody, "Provide either email 'TextBody' or 'HtmlBody' or both.");

/** Without `X-PM-KeepID` Postmark writes a Message-ID of its own. */
function asMailSend({
  From,
  To,
  ReplyTo,
  Subject,
  TextBody,
  HtmlBody,
  Headers,
  Metadata,
}: z.infer<typeof emailSchema>): MailSend {
  const keepsId = Headers.some(({ Name }) => Name.toLowerCase() === 'x-pm-keepid');
  const kept = Headers.filter(({ Name }) => !/^(?:x-pm-.*|message-id)$/i.test(Name) || (keepsId && /^m/i.test(Name)));
  return {
    personalizations: [{ to: [To], cc: [], bcc: [], headers: {}, custom_args: {} }],
    from: From,
    ...(ReplyTo ? { reply_to: ReplyTo } : {}),
    subject: Subject ?? '',
    content: [
      ...(TextBody === undefined ? [] : [{ type: 'text/plain', value: TextBody }]),
      ...(HtmlBody === undefined ? [] : [{ type: 'text/html', value: HtmlBody }]),
    ],
    headers: Object.fromEntries(kept.map(({ Name, Value }) => [Name, Value])),
    custom_args: Metadata,
    categories: [],
  };
}

const CODES: Readonly<Record<number, [code: number, message: string]>> = {
  401: [10, 'The Server Token you provided in the X-Postmark-Server-Token request header was invalid.'],
  422: [300, 'Invalid request.'],
  429: [429, 'Rate limit exceeded'],
  500: [101, 'An internal server error occurred.'],
  503: [100, 'The Postmark API is offline for maintenance.'],
};

/** Postmark's response for this status; a proxy in front of the API writes HTML. */
function errorResponse(status: number, body?: unknown): EspResponse {
  const [code, message] = CODES[status] ?? [];
  if (body === undefined && code === undefined)
    return { status, headers: { 'content-type': 'text/html' }, body: '<html></html>' };
  return {
    status,
    headers: { 'content-type': 'application/json', ...(code ? { 'x-pm-apierrorcode': String(code) } : {}) },
    body: body ?? { ErrorCode: code, Message: message },
  };
}

const answer = (reply: FastifyReply, { status, headers, body }: EspResponse): FastifyReply =>
  reply.code(status).headers(headers).send(body);
const refuse = (reply: FastifyReply, ErrorCode: number, Message: string): FastifyReply =>
  answer(reply, errorResponse(422, { ErrorCode, Message }));

const search = z.looseObject({ count: z.coerce.number(), offset: z.coerce.number() });

const admits = (esp: Esp, { headers }: FastifyRequest): boolean =>
  esp.admits(`Bearer ${String(headers['x-postmark-server-token'] ?? '')}`);

async function send(esp: Esp, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  if (!admits(esp, request)) return answer(reply, errorResponse(401));
  const { data: email, error } = emailSchema.safeParse(request.body);
  if (!email) return refuse(reply, 300, error.issues[0]?.message ?? 'Invalid request.');
  const to = email.To.email;
  if (esp.isInactive(to)) return refuse(reply, 406, inactive(to));
  const fault = esp.faults.take(undefined, to);
  const id = !fault || accepts(fault) ? esp.accept(asMailSend(email), 'postmark', fault?.silent) : undefined;
  if (fault?.latencyMs) await esp.pause(fault.latencyMs);
  if (fault?.drop) {
    reply.hijack();
    request.raw.socket.resetAndDestroy();
    return reply;
  }
  if (fault?.status && fault.status > 299) {
    if (fault.retryAfter !== undefined) reply.header('retry-after', String(fault.retryAfter));
    return answer(reply, errorResponse(fault.status, fault.body));
  }
  return reply.send({ To: to, SubmittedAt: new Date().toISOString(), MessageID: id, ErrorCode: 0, Message: 'OK' });
}

const inactive = (address: string): string =>
  'You tried to send to recipient(s) that have been marked as inactive. ' +
  `Found inactive addresses: ${address}. Inactive recipients are ones that have generated a hard bounce, ` +
  'a spam complaint, or a manual suppression.';

function found(esp: Esp, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (!admits(esp, request)) return answer(reply, errorResponse(401));
  const { count, offset, ...filters } = search.parse(request.query);
  const wanted = Object.entries(filters).flatMap(([name, value]) =>
    name.startsWith('metadata_') ? [[name.slice('metadata_'.length), value] as const] : [],
  );
  const all = esp.mailbox.all.filter(
    ({ wire, custom_args: ids }) => wire === 'postmark' && wanted.every(([name, value]) => ids[name] === value),
  );
  const Messages = all.slice(offset, offset + count).map(({ id, to, from, subject, at, custom_args: Metadata }) => ({
    MessageID: id,
    MessageStream: 'outbound',
    To: [{ Email: to, Name: null }],
    Recipients: [to],
    ReceivedAt: at,
    From: from,
    Subject: subject,
    Status: 'Sent',
    Metadata,
  }));
  return reply.send({ TotalCount: all.length, Messages });
}

const REASONS: Readonly<Record<string, string>> = { bounce: 'HardBounce', spamreport: 'SpamComplaint' };

/** The suppressions of one address, or of all. */
function suppressed(esp: Esp, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (!admits(esp, request)) return answer(reply, errorResponse(401));
  const { EmailAddress: only } = z.object({ EmailAddress: z.string().optional() }).parse(request.query);
  const Suppressions = esp.inactive
    .filter(({ email }) => only === undefined || email === only)
    .map(({ email, by, created }) => ({
      EmailAddress: email,
      SuppressionReason: REASONS[by] ?? 'ManualSuppression',
      Origin: 'Recipient',
      CreatedAt: new Date(created * 1_000).toISOString(),
    }));
  return reply.send({ Suppressions });
}

/** Postmark's routes: sending, and the search among the mails that were sent. */
export function postmarkRoutes(server: FastifyInstance, esp: Esp): void {
  server.post('/email', (request, reply) => send(esp, request, reply));
  server.get('/message-streams/:stream/suppressions/dump', (request, reply) => suppressed(esp, request, reply));
  server.get('/messages/outbound', (request, reply) => found(esp, request, reply));
}
