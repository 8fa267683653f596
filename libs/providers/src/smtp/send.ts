import { readFileSync } from 'node:fs';
import MailComposer from 'nodemailer/lib/mail-composer';
import type { Email, Send } from '../port.ts';
import { converse, type Ended, type Session } from './client.ts';
import { outcomeOf } from './refusals.ts';

const PROVIDER = 'smtp';

export interface SmtpSettings {
  SMTP_HOST: string;
  SMTP_PORT: number;
  SMTP_USER?: string | undefined;
  SMTP_PASSWORD?: string | undefined;
  SMTP_TLS: 'starttls' | 'tls' | 'none';
  /** Path of a PEM file. */
  SMTP_CA?: string | undefined;
  SMTP_RETURN_PATH: 'reply-address' | 'from-email';
  ESP_TIMEOUT_MS: number;
}

/**
 * A mail server by SMTP (RFC 5321), one session a mail, by nodemailer's connection without its pool and its repeats.
 * Resolves always. The server must deliver what it accepts, as a submission server does: nothing reports a delivery.
 */
export function smtpSend(settings: SmtpSettings): Send<'email'> {
  const session = sessionOf(settings);
  return async (email) => {
    const bytes = await bytesOf(email);
    const from = returnPath(email, settings.SMTP_RETURN_PATH);
    // Some relays want the name of a domain that they know.
    const name = email.from.email.split('@').at(-1);
    const connection = { ...session.connection, name };
    const ended = await converse(
      { ...session, connection },
      { from, to: email.to, bytes, id: `${email.sendId}.${email.leadId}` },
    );
    const { reply, messageId } = ended;
    if (!reply || reply.code < 200 || reply.code > 299) return outcomeOf(ended);
    return {
      kind: 'accepted',
      provider: PROVIDER,
      status: reply.code,
      ...(messageId ? { providerMessageId: messageId.slice(0, 200) } : {}),
    };
  };
}

/** Opens a session, logs in and ends it: whether the server takes our login. */
export const smtpLogin = async (settings: SmtpSettings): Promise<Ended> => await converse(sessionOf(settings));

function sessionOf({ SMTP_HOST: host, SMTP_PORT: port, SMTP_TLS, ...rest }: SmtpSettings): Session {
  const { SMTP_USER: user, SMTP_PASSWORD: pass, SMTP_CA: caPath, ESP_TIMEOUT_MS: timeoutMs } = rest;
  return {
    connection: {
      host,
      port,
      secure: SMTP_TLS === 'tls',
      requireTLS: SMTP_TLS === 'starttls',
      ignoreTLS: SMTP_TLS === 'none',
      ...(caPath === undefined ? {} : { tls: { ca: readFileSync(caPath) } }),
    },
    login: user === undefined || pass === undefined ? undefined : { user, pass },
    timeoutMs,
  };
}

const domainOf = (address: string): string => address.split('@').at(-1)?.replace(/>$/, '').toLowerCase() ?? '';

/**
 * The address to which a server reports that it could not deliver. The reply address names the lead, whatever the
 * report returns of the mail. A mail to our own people is answered to the lead, whose address is never ours to use.
 */
function returnPath({ from, replyTo, headers }: Email, choice: SmtpSettings['SMTP_RETURN_PATH']): string {
  const isReplyAddress = domainOf(replyTo.email) === domainOf(headers?.['Message-ID'] ?? '');
  return choice === 'reply-address' && isReplyAddress ? replyTo.email : from.email;
}

const mailbox = ({ email: address, name = '' }: { email: string; name?: string }) => ({ address, name });

function bytesOf({ to, from, replyTo, subject, text, html, headers = {} }: Email): Promise<Buffer> {
  const { 'Message-ID': messageId, ...others } = headers;
  const composer = new MailComposer({
    from: mailbox(from),
    to: { address: to, name: '' },
    replyTo: mailbox(replyTo),
    subject,
    text,
    html,
    headers: others,
    ...(messageId ? { messageId } : {}),
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return composer.compile().build();
}
