import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { z, ZodError } from 'zod';
import type { SandboxMessage } from './client.ts';
import { isSuppressionList, NoTarget, type Esp } from './esp.ts';
import { accepts, errorResponse, type EspResponse } from './faults.ts';
import { readMailSend } from './mail-send.ts';
import { chatRoutes } from './chats.ts';
import { hubspotRoutes } from './hubspot.ts';
import { mailboxPage } from './page.ts';
import { mailgunRoutes } from './mailgun.ts';
import { postmarkRoutes } from './postmark.ts';
import { sesRoutes } from './ses.ts';
import { twilioRoutes } from './twilio.ts';

const BODY_BYTES_MAX = 30 * 1024 * 1024;

const mailFields = {
  text: z.string(),
  subject: z.string().optional(),
  headers: z.record(z.string(), z.string()).optional(),
  charset: z.enum(['utf-8', 'iso-8859-1']).optional(),
  forged: z.boolean().optional(),
};
const replyBody = z.object({
  messageId: z.string(),
  from: z.string().optional(),
  to: z.string().optional(),
  ...mailFields,
});
const mailBody = z.object({ from: z.string(), to: z.string(), ...mailFields });
const eventBody = z.looseObject({ messageId: z.string(), event: z.string().min(1) });

class NoMessage extends Error {}

/** The HTTP server: SendGrid's own route, and the sandbox's. Not listening yet. */
export function serve(esp: Esp): FastifyInstance {
  const server = Fastify({ bodyLimit: BODY_BYTES_MAX, forceCloseConnections: true });
  server.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) => {
    done(null, Object.fromEntries(new URLSearchParams(body.toString())));
  });
  server.setErrorHandler((error, request, reply) => {
    if (request.url === '/v3/mail/send') return answer(reply, refusal(error));
    const status =
      error instanceof ZodError
        ? 400
        : error instanceof NoMessage
          ? 404
          : error instanceof NoTarget
            ? 409
            : statusOf(error);
    return reply.code(status).send({
      error:
        error instanceof ZodError ? z.prettifyError(error) : error instanceof Error ? error.message : String(error),
    });
  });
  server.post('/v3/mail/send', (request, reply) => send(esp, request, reply));
  postmarkRoutes(server, esp);
  mailgunRoutes(server, esp);
  sesRoutes(server, esp);
  twilioRoutes(server, esp);
  chatRoutes(server, esp);
  hubspotRoutes(server, esp);
  server.get('/v3/suppression/:list', (request, reply) => suppressions(esp, request, reply));
  mailboxRoutes(server, esp);
  webhookRoutes(server, esp);
  server.get('/faults', () => esp.faults.pending);
  server.post('/faults', (request, reply) => {
    esp.faults.add(request.body);
    return reply.code(204).send();
  });
  server.delete('/faults', (_request, reply) => {
    esp.faults.clear();
    return reply.code(204).send();
  });
  return server;
}

async function send(esp: Esp, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  if (!esp.admits(request.headers.authorization)) return answer(reply, errorResponse(401));
  const read = readMailSend(request.body);
  if ('errors' in read) return reply.code(400).send(read);
  if (read.mail.mail_settings?.sandbox_mode?.enable) return reply.code(200).send();

  const fault = esp.faults.take(undefined, read.mail.personalizations[0]?.to[0]?.email);
  const id = !fault || accepts(fault) ? esp.accept(read.mail) : undefined;
  if (fault?.latencyMs) await esp.pause(fault.latencyMs);
  if (fault?.drop) {
    reply.hijack();
    request.raw.socket.resetAndDestroy();
    return reply;
  }
  if (id) reply.header('x-message-id', id);
  return fault?.status && fault.status > 299
    ? answer(reply, errorResponse(fault.status, fault))
    : reply.code(fault?.status ?? 202).send();
}

const paging = z.object({
  start_time: z.coerce.number().default(0),
  limit: z.coerce.number().min(1).max(500).default(500),
  offset: z.coerce.number().min(0).default(0),
});

function suppressions(esp: Esp, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (!esp.admits(request.headers.authorization)) return answer(reply, errorResponse(401));
  // A fault without a status is a send's: a drop or a delay.
  const fault = esp.faults.take(({ status }) => status !== undefined);
  if (fault?.status) return answer(reply, errorResponse(fault.status, fault));
  const { list } = z.object({ list: z.string() }).parse(request.params);
  if (!isSuppressionList(list)) return answer(reply, errorResponse(404));
  const { start_time: since, limit, offset } = paging.parse(request.query);
  return reply.send(esp.suppressed(list, since).slice(offset, offset + limit));
}

const answer = (reply: FastifyReply, { status, headers, body }: EspResponse): FastifyReply =>
  reply
    .code(status)
    .headers(headers)
    .send(typeof body === 'string' ? body : JSON.stringify(body));

const statusOf = (error: unknown): number => {
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
  return typeof status === 'number' ? status : 500;
};

/** SendGrid's response to a request that is invalid JSON, or too large. */
function refusal(error: unknown): EspResponse {
  const status = statusOf(error);
  return errorResponse(
    status,
    status === 400 ? { body: { errors: [{ message: 'Bad Request', field: null, help: null }] } } : {},
  );
}

function mailboxRoutes(server: FastifyInstance, esp: Esp): void {
  server.get('/messages', (request) => {
    const { to } = z.object({ to: z.string().toLowerCase().optional() }).parse(request.query);
    return to === undefined ? esp.mailbox.all : esp.mailbox.all.filter((message) => message.to.toLowerCase() === to);
  });
  server.delete('/messages', (_request, reply) => {
    esp.mailbox.clear();
    return reply.code(204).send();
  });
  server.get('/key', () => ({ publicKey: esp.key.publicKey }));
  server.get('/', (request, reply) => {
    const { message } = z.object({ message: z.string().optional() }).parse(request.query);
    const { html, policy } = mailboxPage(esp.mailbox.all, message);
    return reply
      .type('text/html; charset=utf-8')
      .headers({ 'content-security-policy': policy, 'cache-control': 'no-store' })
      .send(html);
  });
}

function find(esp: Esp, id: string): SandboxMessage {
  const message = esp.mailbox.find(id);
  if (!message) throw new NoMessage(`no message ${id}`);
  return message;
}

/** Redirects a form of the mailbox page to its mail; responds to a program with the webhook's result. */
function respond(request: FastifyRequest, reply: FastifyReply, delivery: { status: number }, id = ''): FastifyReply {
  const failed = delivery.status < 200 || delivery.status > 299;
  if (request.headers['content-type']?.startsWith('application/x-www-form-urlencoded'))
    return reply.redirect(`/?message=${encodeURIComponent(id)}`, 303);
  return reply.code(failed ? 502 : 200).send(delivery);
}

function webhookRoutes(server: FastifyInstance, esp: Esp): void {
  server.post('/reply', async (request, reply) => {
    const { messageId, from, to, subject, text, headers, charset, forged = false } = replyBody.parse(request.body);
    const message = find(esp, messageId);
    const answered =
      Object.entries(message.headers).find(([name]) => name.toLowerCase() === 'message-id')?.[1] ?? message.smtp_id;
    const delivery = await esp.receive(
      {
        from: from ?? message.to,
        to: to ?? message.reply_to ?? message.from,
        subject: subject ?? `Re: ${message.subject.replace(/^re:\s*/i, '')}`,
        text,
        forged,
        ...(charset ? { charset } : {}),
        headers: {
          'In-Reply-To': answered,
          References: `${message.headers['References'] ?? ''} ${answered}`.trim(),
          ...headers,
        },
      },
      message,
    );
    return respond(request, reply, delivery, messageId);
  });
  server.post('/event', async (request, reply) => {
    const { messageId, event, ...extra } = eventBody.parse(request.body);
    return respond(request, reply, await esp.event(find(esp, messageId), event, extra), messageId);
  });
  server.post('/mail', async (request, reply) => {
    const { from, to, subject = '', text, headers, charset, forged = false } = mailBody.parse(request.body);
    return respond(
      request,
      reply,
      await esp.receive({
        from,
        to,
        subject,
        text,
        forged,
        ...(headers ? { headers } : {}),
        ...(charset ? { charset } : {}),
      }),
    );
  });
}
