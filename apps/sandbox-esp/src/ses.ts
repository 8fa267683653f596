import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { decodeWords } from 'postal-mime';
import { z } from 'zod';
import { certifiedKey } from './certificate.ts';
import type { Esp } from './esp.ts';
import { accepts, type EspResponse } from './faults.ts';
import type { MailSend } from './mail-send.ts';
import { mailboxOf } from './postmark.ts';
import { CERTIFICATE_PATH } from './sns-webhook.ts';

const PATH = '/v2/email/outbound-emails';
/** Headers that SES writes itself; a mail with one of them is refused. */
const OWN_HEADERS = /^(?:message-id|date|from|to|cc|bcc|subject|reply-to|return-path|content-type|mime-version)$/i;

const ASCII = /^[\x20-\x7e]*$/;
const mailbox = z.string().transform((text, context) => {
  const found = ASCII.test(text) ? mailboxOf(text) : undefined;
  if (found) return { ...found, ...(found.name ? { name: decodeWords(found.name) } : {}) };
  context.addIssue('Missing final or invalid address');
  return z.NEVER;
});
const part = z.object({ Data: z.string(), Charset: z.literal('UTF-8').optional() }).transform(({ Data }) => Data);
const tag = z.string().regex(/^[\w-]{1,256}$/, 'Tag name or value is invalid');
const header = z.object({
  Name: z
    .string()
    .regex(/^[!-9;-~]{1,126}$/, 'Header name is invalid')
    .refine((name) => !OWN_HEADERS.test(name), 'Header name is reserved'),
  Value: z.string().max(995, 'Header value is too long').regex(ASCII, 'Header value is not ASCII'),
});

/** `SendEmail` of the API v2, as SES documents it. */
const emailSchema = z.object({
  FromEmailAddress: mailbox,
  Destination: z.object({ ToAddresses: z.array(mailbox).length(1) }),
  ReplyToAddresses: z.array(mailbox).max(1).default([]),
  Content: z.object({
    Simple: z.object({
      Subject: part,
      Body: z.object({ Text: part.optional(), Html: part.optional() }),
      Headers: z.array(header).max(15).default([]),
    }),
  }),
  EmailTags: z.array(z.object({ Name: tag, Value: tag })).default([]),
  ConfigurationSetName: z.string().optional(),
});
type SesEmail = z.infer<typeof emailSchema>;

function asMailSend({ FromEmailAddress, Destination, ReplyToAddresses, Content, EmailTags }: SesEmail): MailSend {
  const { Subject, Body, Headers } = Content.Simple;
  const [replyTo] = ReplyToAddresses;
  return {
    personalizations: [{ to: Destination.ToAddresses, cc: [], bcc: [], headers: {}, custom_args: {} }],
    from: FromEmailAddress,
    ...(replyTo ? { reply_to: replyTo } : {}),
    subject: Subject,
    content: [
      ...(Body.Text === undefined ? [] : [{ type: 'text/plain', value: Body.Text }]),
      ...(Body.Html === undefined ? [] : [{ type: 'text/html', value: Body.Html }]),
    ],
    headers: Object.fromEntries(Headers.map(({ Name, Value }) => [Name, Value])),
    custom_args: Object.fromEntries(EmailTags.map(({ Name, Value }) => [Name, Value])),
    categories: [],
  };
}

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([\w-]+)\/(\d{8}\/[a-z\d-]+\/ses\/aws4_request), SignedHeaders=([a-z\d;-]+), Signature=([a-f\d]{64})$/;

/** True for a request whose AWS Signature Version 4 is by this secret, computed as AWS documents it. */
function isSigned({ headers, method, url }: FastifyRequest, body: string, secret: string): boolean {
  const [, , scope = '', names = '', signature = ''] = AUTHORIZATION.exec(headers.authorization ?? '') ?? [];
  if (!signature) return false;
  const lines = names.split(';').map((name) => `${name}:${String(headers[name] ?? '').trim()}\n`);
  const canonical = [method, url, '', lines.join(''), names, sha256(body)].join('\n');
  const text = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, sha256(canonical)].join('\n');
  const key = scope.split('/').reduce<string | Buffer>(hmac, `AWS4${secret}`);
  return timingSafeEqual(hmac(key, text), Buffer.from(signature, 'hex'));
}

const TYPES: Readonly<Record<number, [type: string, message: string]>> = {
  400: ['BadRequestException', 'Bad request'],
  403: ['SignatureDoesNotMatch', 'The request signature we calculated does not match the signature you provided.'],
  404: ['NotFoundException', 'Configuration set <leadstream> does not exist.'],
  429: ['TooManyRequestsException', 'Maximum sending rate exceeded.'],
  500: ['InternalFailure', 'The request processing has failed because of an unknown error.'],
  503: ['ServiceUnavailable', 'Service is temporarily unavailable.'],
};

/** SES's response for this status; a proxy in front of it writes HTML. */
function errorResponse(status: number, body?: unknown): EspResponse {
  const [type, message] = TYPES[status] ?? [];
  if (type === undefined && body === undefined)
    return { status, headers: { 'content-type': 'text/html' }, body: '<html></html>' };
  return {
    status,
    headers: { 'content-type': 'application/json', ...(type ? { 'x-amzn-errortype': type } : {}) },
    body: body ?? { message },
  };
}

const answer = (reply: FastifyReply, { status, headers, body }: EspResponse): FastifyReply =>
  reply.code(status).headers(headers).send(body);

async function send(esp: Esp, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const body = typeof request.body === 'string' ? request.body : JSON.stringify(request.body);
  if (!isSigned(request, body, esp.secret)) return answer(reply, errorResponse(403));
  const { data: email, error } = emailSchema.safeParse(JSON.parse(body));
  if (!email) return answer(reply, errorResponse(400, { message: error.issues[0]?.message ?? 'Bad request' }));
  const fault = esp.faults.take(undefined, email.Destination.ToAddresses[0]?.email);
  // Without a configuration set SES posts nothing.
  const isSilent = fault?.silent ?? email.ConfigurationSetName === undefined;
  const id = !fault || accepts(fault) ? esp.accept(asMailSend(email), 'ses', isSilent) : undefined;
  if (fault?.latencyMs) await esp.pause(fault.latencyMs);
  if (fault?.drop) {
    reply.hijack();
    request.raw.socket.resetAndDestroy();
    return reply;
  }
  if (fault?.status && fault.status > 299) return answer(reply, errorResponse(fault.status, fault.body));
  return reply.send({ MessageId: id });
}

const confirmation = z.object({ Action: z.literal('ConfirmSubscription'), TopicArn: z.string(), Token: z.string() });

/** SES's route, and those of SNS: its certificate, and the confirmation of a subscription. */
export function sesRoutes(server: FastifyInstance, esp: Esp): void {
  server.post(PATH, (request, reply) => send(esp, request, reply));
  server.get(`/sns${CERTIFICATE_PATH}`, (_request, reply) =>
    reply.type('application/x-x509-ca-cert').send(certifiedKey().certificate),
  );
  server.get('/sns/', (request, reply) => {
    const { data } = confirmation.safeParse(request.query);
    if (!data || !esp.confirm(data.Token)) return reply.code(400).type('text/xml').send('<ErrorResponse/>');
    return reply.type('text/xml').send('<ConfirmSubscriptionResponse/>');
  });
}
