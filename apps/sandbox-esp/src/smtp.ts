import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import PostalMime, { type Address, type Email } from 'postal-mime';
import { SMTPServer, type SMTPServerSession } from 'smtp-server';
import type { Fault } from './client.ts';
import type { Esp } from './esp.ts';
import { accepts } from './faults.ts';
import type { MailSend } from './mail-send.ts';

const BYTES_MAX = 10 * 1024 * 1024;
/** Headers that the sandbox shows as fields. */
const FIELDS = new Set(['from', 'to', 'reply-to', 'subject', 'date', 'mime-version', 'content-type']);

/** A mail server's words for the statuses of an HTTP API; a status without them ends the connection without a reply. */
const REPLIES: Readonly<Record<number, string>> = {
  400: '554 5.6.0 message content rejected',
  401: '535 5.7.8 authentication failed',
  403: '550 5.7.60 not permitted to send as this sender',
  413: '552 5.3.4 message size exceeds the limit',
  422: '550 5.1.1 no such user',
  429: '451 4.7.0 too many mails, try again later',
  500: '451 4.3.0 temporary failure',
  503: '421 4.3.2 service not available',
};

class Refused extends Error {
  readonly responseCode: number;
  constructor(reply: string) {
    super(reply.slice(4));
    this.responseCode = Number(reply.slice(0, 3));
  }
}

const mailbox = ({ name, address = '' }: Address) => ({ email: address, ...(name ? { name } : {}) });

/** The envelope id has our two ids; a client without DSN leaves only the Message-ID. */
function idsOf({ dsn }: SMTPServerSession['envelope'], { messageId = '' }: Email): Record<string, string> {
  const [, sendId = '', leadId = ''] = /^([^.]+)\.(.+)$/.exec(dsn?.envid ?? '') ?? [];
  return sendId ? { send_id: sendId, lead_id: leadId } : { send_id: messageId.slice(1).split('.')[0] ?? '' };
}

function asMailSend(mail: Email, envelope: SMTPServerSession['envelope']): MailSend {
  const [replyTo] = mail.replyTo ?? [];
  const headers = mail.headers.filter(({ key }) => !FIELDS.has(key) && !key.startsWith('content-'));
  return {
    personalizations: [
      { to: envelope.rcptTo.map(({ address }) => ({ email: address })), cc: [], bcc: [], headers: {}, custom_args: {} },
    ],
    from: mailbox(mail.from ?? { name: '', address: '' }),
    ...(replyTo ? { reply_to: mailbox(replyTo) } : {}),
    subject: mail.subject ?? '',
    content: [
      ...(mail.text === undefined ? [] : [{ type: 'text/plain', value: mail.text.replace(/\n$/, '') }]),
      ...(mail.html === undefined ? [] : [{ type: 'text/html', value: mail.html.replace(/\n$/, '') }]),
    ],
    headers: Object.fromEntries(headers.map(({ originalKey, value }) => [originalKey, value])),
    custom_args: idsOf(envelope, mail),
    categories: [],
  };
}

/** The reply of a fault that ends a mail, undefined for none; null: the connection ends without one. */
function replyOf({ status, accept, drop, body }: Fault): string | null | undefined {
  if (typeof body === 'string') return body;
  if (drop || (accept && status)) return null;
  return status === undefined || status < 300 ? undefined : (REPLIES[status] ?? null);
}

export interface SmtpEnd {
  host: string;
  port: number;
  close: () => Promise<void>;
}

/** A submission server in clear: takes any login, or the ESP's only key as a password. */
export async function serveSmtp(esp: Esp, { host, port = 0 }: { host: string; port?: number }): Promise<SmtpEnd> {
  const sockets = new Map<number, Socket>();
  const take = async (mail: Buffer, session: SMTPServerSession): Promise<string> => {
    const fault = esp.faults.take(undefined, session.envelope.rcptTo[0]?.address);
    const parsed = await PostalMime.parse(mail);
    const id = !fault || accepts(fault) ? esp.accept(asMailSend(parsed, session.envelope), 'smtp', fault?.silent) : '';
    if (fault?.latencyMs) await esp.pause(fault.latencyMs);
    const reply = fault && replyOf(fault);
    if (reply === null) sockets.get(session.remotePort)?.resetAndDestroy();
    if (reply) throw new Refused(reply);
    return `2.0.0 Ok: queued as ${id}`;
  };
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    authOptional: true,
    disableReverseLookup: true,
    hideDSN: false,
    hideENHANCEDSTATUSCODES: false,
    size: BYTES_MAX,
    onAuth: ({ password = '' }, _session, done) =>
      esp.admits(`Bearer ${password}`) ? done(null, { user: 'sender' }) : done(new Refused(REPLIES[401] ?? '')),
    onData: (stream, session, done) => {
      buffer(stream)
        .then((mail) => take(mail, session))
        .then(
          (reply) => done(null, reply),
          (error: unknown) => done(error instanceof Error ? error : new Error('cannot be read')),
        );
    },
  });
  server.on('error', (error) => esp.log(String(error)));
  server.server.on('connection', (socket: Socket) => {
    const { remotePort = 0 } = socket;
    sockets.set(remotePort, socket);
    socket.once('close', () => sockets.delete(remotePort));
  });
  await once(server.listen(port, host), 'listening');
  const address = server.server.address() as AddressInfo;
  return {
    host: address.address,
    port: address.port,
    close: async () => {
      for (const socket of sockets.values()) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
