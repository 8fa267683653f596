import { readFileSync } from 'node:fs';
import { canary, canarySettings } from '@leadstream/service/canary/config';
import { loadConfig } from '@leadstream/service/config';
import { z } from 'zod';
import { failed, passed, type Check } from './check.ts';

const ANSWER_MS = 10_000;

type Settings = Readonly<Record<string, string | undefined>>;

interface Mailbox {
  whose: string;
  host: string;
  port: number;
  tls: string;
  user: string;
  pass: string;
  folder: string;
  ca?: Buffer;
  /** The variables that a failure may come from. */
  by: { access: string; login: string; folder: string };
  /** Whether mails are marked in it. */
  isMarked: boolean;
}

/** Whether each configured mailbox takes its login and has its folder; reads no mail. */
export async function mailboxChecks(settings: Settings): Promise<Check[]> {
  try {
    return await Promise.all([ofReplies(settings), ofCanary(settings)].flatMap((one) => (one ? [checked(one)] : [])));
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    return [failed('mailboxes', what, 'correct IMAP_* and CANARY_* as at inbound and the watch')];
  }
}

function ofReplies(settings: Settings): Mailbox | undefined {
  const { IMAP_HOST: host, IMAP_PORT: port, IMAP_USER: user, IMAP_PASSWORD: pass, IMAP_TLS, IMAP_CA } = settings;
  if (!host) return undefined;
  return {
    whose: 'replies',
    host,
    port: Number(port || 993),
    tls: IMAP_TLS || 'tls',
    user: user ?? '',
    pass: pass ?? '',
    folder: settings['IMAP_MAILBOX'] || 'INBOX',
    ...(IMAP_CA ? { ca: readFileSync(IMAP_CA) } : {}),
    by: { access: 'IMAP_HOST, IMAP_PORT, IMAP_TLS', login: 'IMAP_USER and IMAP_PASSWORD', folder: 'IMAP_MAILBOX' },
    isMarked: true,
  };
}

function ofCanary(settings: Settings): Mailbox | undefined {
  const account = canarySettings(loadConfig(z.object(canary), settings))?.mailbox;
  if (account === undefined || typeof account === 'string') return undefined;
  const { imap, user, password: pass, ca } = account;
  const by = {
    access: 'CANARY_IMAP_URL',
    login: 'CANARY_MAIL_USER and CANARY_MAIL_PASSWORD',
    folder: 'CANARY_IMAP_URL',
  };
  return { whose: 'the canary', ...imap, user, pass, by, isMarked: false, ...(ca ? { ca } : {}) };
}

async function checked({ whose, host, port, tls, user, pass, folder, ca, by, isMarked }: Mailbox): Promise<Check> {
  // It takes a quarter of leadctl's start: most commands do without.
  const { ImapFlow } = await import('imapflow');
  const client = new ImapFlow({
    host,
    port,
    secure: tls === 'tls',
    doSTARTTLS: tls === 'starttls',
    ...(ca ? { tls: { ca } } : {}),
    auth: { user, pass },
    logger: false,
    connectionTimeout: ANSWER_MS,
    greetingTimeout: ANSWER_MS,
    socketTimeout: ANSWER_MS,
  });
  client.on('error', () => undefined);
  const where = `the mailbox of ${whose} (${host}:${port})`;
  try {
    await client.connect();
    const opened = await client.mailboxOpen(folder).catch(() => undefined);
    if (!opened) return failed('mailboxes', `${where} has no folder ${folder}`, `correct ${by.folder}`);
    if (isMarked && opened.readOnly)
      return failed('mailboxes', `${where} is read-only: no mail can be marked`, 'give its user the right to write');
    return passed('mailboxes', `${where} takes the login and has ${folder}`);
  } catch (error) {
    const isLogin = error instanceof Error && 'authenticationFailed' in error && error.authenticationFailed;
    const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'no code';
    return isLogin
      ? failed('mailboxes', `${where} refuses the login`, `replace ${by.login}`)
      : failed('mailboxes', `${where} gives no session (${code})`, `see the network policy, ${by.access}`);
  } finally {
    client.close();
  }
}
