import { Readable } from 'node:stream';
import SMTPConnection, { type SMTPConnectionOptions } from 'nodemailer/lib/smtp-connection';

/** A server that leaves QUIT unanswered keeps the socket no longer. */
const QUIT_MS = 1_000;

/** The step of a session to which the server's last reply belongs. `message`: the reply to the mail itself. */
export type Step = 'connection' | 'login' | 'sender' | 'recipient' | 'data' | 'message';

/**
 * The end of a session. Without a `reply` the server gave none that counts, and `code` names the failure; '' without
 * one.
 */
export interface Ended {
  step: Step;
  code: string;
  /** Complete lines of the server, of which the first begins with its three digits. */
  reply?: { code: number; text: string };
  /** The server's name of the accepted mail. */
  messageId?: string;
  /** Whether any of the mail may have reached the server; if not, it certainly has no mail. */
  isWritten: boolean;
}

export interface Session {
  connection: SMTPConnectionOptions & { host: string };
  login?: { user: string; pass: string } | undefined;
  /** From the first packet to the reply to the mail. */
  timeoutMs: number;
}

export interface Posted {
  from: string;
  to: string;
  /** The whole mail (RFC 5322). */
  bytes: Buffer;
  /** The envelope id (RFC 3461) that a delivery report brings back. */
  id: string;
}

/** The fields of nodemailer's errors. */
interface Failure {
  code?: string | undefined;
  command?: string | undefined;
  response?: string | false | undefined;
  responseCode?: number | false | undefined;
}

const QUEUED = /\bqueued as ([\w-]{1,100})/i;

const STEPS: Readonly<Record<string, Step>> = { 'MAIL FROM': 'sender', 'RCPT TO': 'recipient', DATA: 'data' };

function stepOf({ code, command = '' }: Failure, isWritten: boolean): Step {
  if (isWritten) return 'message';
  return code === 'EAUTH' || command.startsWith('AUTH') ? 'login' : (STEPS[command] ?? 'connection');
}

/**
 * An `Unexpected Response` answers nothing of ours, so its code decides nothing about a mail that is under way. The
 * error's message is left out: it may quote what was sent.
 */
function endedBy(error: Failure, isWritten: boolean): Ended {
  const { code = 'no code', response, responseCode } = error;
  const counts = response && responseCode && !(isWritten && code === 'EPROTOCOL');
  return {
    step: stepOf(error, isWritten),
    code,
    isWritten,
    ...(counts ? { reply: { code: responseCode, text: response } } : {}),
  };
}

/** nodemailer's own are up to ten minutes. */
const withinMs = (timeoutMs: number) => ({
  connectionTimeout: timeoutMs,
  greetingTimeout: timeoutMs,
  socketTimeout: timeoutMs,
  dnsTimeout: timeoutMs,
});

/** A stream that calls `onRead` before it gives its first byte. */
function readOnce(bytes: Buffer, onRead: () => void): Readable {
  function* parts() {
    onRead();
    yield bytes;
  }
  return Readable.from(parts(), { objectMode: false });
}

const envelopeOf = ({ from, to, bytes, id }: Posted) => ({
  from,
  to: [to],
  size: bytes.length,
  dsn: { id, return: 'headers', notify: ['failure', 'delay'] },
});

/**
 * Posts one mail in one session: one connection, one attempt, one deadline. Resolves always. The mail is read when the
 * server has asked for it (354), so the first read divides `certainly not sent` from `unknown`. Without a mail the
 * session ends after the login.
 */
export function converse({ connection: options, login, timeoutMs }: Session, mail?: Posted): Promise<Ended> {
  const { promise, resolve } = Promise.withResolvers<Ended>();
  const connection = new SMTPConnection({ ...options, ...withinMs(timeoutMs) });
  let isWritten = false;
  const end = (ended: Ended): void => {
    clearTimeout(deadline);
    resolve(ended);
  };
  const quit = (ended: Ended): void => {
    end(ended);
    connection.quit();
    setTimeout(() => connection.close(), QUIT_MS).unref();
  };
  const fail = (error: Failure): void => {
    end(endedBy(error, isWritten));
    connection.close();
  };
  // A closed connection writes no more, so an outcome before the mail's first byte stays true.
  const deadline = setTimeout(() => fail({ code: 'ETIMEDOUT' }), timeoutMs);
  const send = (): void => {
    if (!mail) return quit({ step: 'login', code: '', isWritten });
    const message = readOnce(mail.bytes, () => {
      isWritten = true;
    });
    connection.send(envelopeOf(mail), message, (error, info) => {
      if (error) return fail(error);
      const text = info.response ?? '';
      const messageId = info.serverMessageId ?? QUEUED.exec(text)?.[1];
      const reply = { code: Number(text.slice(0, 3)), text };
      quit({ step: 'message', code: '', isWritten, reply, ...(messageId ? { messageId } : {}) });
    });
  };
  connection.on('error', fail);
  connection.connect((error) => {
    if (error) return fail(error);
    if (!login) return send();
    connection.login({ ...login }, (refused) => (refused ? fail(refused) : send()));
  });
  return promise;
}
