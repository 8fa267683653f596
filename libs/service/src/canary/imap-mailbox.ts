import { converse } from '@leadstream/providers/smtp/client';
import { ImapFlow, type FetchMessageObject } from 'imapflow';
import MailComposer from 'nodemailer/lib/mail-composer';
import type { MailAccount } from './config.ts';
import { ANSWER, answerIdOf, sendIdIn, type Mailbox, type ReceivedMail } from './mailbox.ts';

const TIMEOUT_MS = 10_000;
/** The provider's own folder for spam (RFC 6154). */
const JUNK = '\\Junk';

type Found = FetchMessageObject & { isSpam: boolean };

/**
 * The mailbox that gets the mail for the canary's domain, by IMAP, and its answers by SMTP. One connection, which is
 * opened again after an error. A mail is never deleted or moved; the answered one is marked, as by a person's program.
 */
export function imapMailbox(account: MailAccount, stopping: AbortSignal): Mailbox {
  let open: Promise<Opened> | undefined;
  /** One look at a time: a connection has one selected folder. */
  let last: Promise<unknown> = Promise.resolve();
  const look = async <T>(work: (opened: Opened) => Promise<T>): Promise<T> => {
    const isKept = open !== undefined;
    open ??= connect(account, stopping);
    const mine = open;
    try {
      return await within((async () => await work(await mine))());
    } catch (error) {
      if (open === mine) open = undefined;
      // Not awaited: one that is still being opened may take minutes.
      void mine.then(({ client }) => client.close()).catch(() => undefined);
      // A connection that ended between two looks says nothing about the server.
      if (isKept && !(error instanceof Late)) return await look(work);
      throw new Error(reasonOf(error));
    }
  };
  const inTurn = <T>(work: (opened: Opened) => Promise<T>): Promise<T> => {
    const turn = last.then(() => look(work));
    last = turn.catch(() => undefined);
    return turn;
  };
  return {
    received: async (address) => (await inTurn((opened) => mailsTo(opened, account, address))).map(receivedOf),
    answer: async (address) => {
      const [mail] = await inTurn((opened) => mailsTo(opened, account, address));
      if (!mail || mail.isSpam) throw new Error('there is no mail to answer');
      await post(account, address, mail);
      await inTurn(async ({ client }) => {
        await client.mailboxOpen(account.imap.folder);
        await client.messageFlagsAdd(String(mail.uid), ['\\Answered'], { uid: true });
      });
    },
  };
}

interface Opened {
  client: ImapFlow;
  junk: string | undefined;
}

async function connect({ imap, user, password, ca }: MailAccount, stopping: AbortSignal): Promise<Opened> {
  const client = new ImapFlow({
    host: imap.host,
    port: imap.port,
    secure: imap.tls === 'tls',
    ...(imap.tls === 'starttls' ? { doSTARTTLS: true } : {}),
    ...(imap.tls === 'none' ? { doSTARTTLS: false } : {}),
    ...(ca === undefined ? {} : { tls: { ca } }),
    auth: { user, pass: password },
    logger: false,
    connectionTimeout: TIMEOUT_MS,
    greetingTimeout: TIMEOUT_MS,
  });
  // The next command says that the connection has ended.
  client.on('error', () => undefined);
  const close = (): void => client.close();
  stopping.addEventListener('abort', close, { once: true });
  client.on('close', () => stopping.removeEventListener('abort', close));
  try {
    await client.connect();
    const folders = await client.list();
    return { client, junk: folders.find(({ specialUse }) => specialUse === JUNK)?.path };
  } catch (error) {
    close();
    throw error;
  }
}

/** The mails to this address, the oldest first; those in the folder for spam have no place in the order. */
async function mailsTo({ client, junk }: Opened, { imap }: MailAccount, address: string): Promise<Found[]> {
  const found: Found[] = [];
  for (const folder of new Set([imap.folder, ...(junk === undefined ? [] : [junk])])) {
    await client.mailboxOpen(folder, { readOnly: true });
    const uids = (await client.search({ to: address }, { uid: true })) || [];
    if (uids.length === 0) continue;
    const query = { envelope: true, internalDate: true, flags: true };
    const mails = await client.fetchAll(uids, query, { uid: true });
    found.push(...mails.map((mail) => ({ ...mail, isSpam: folder !== imap.folder })));
  }
  return found.sort((a, b) => Number(a.isSpam) - Number(b.isSpam) || timeOf(a) - timeOf(b) || a.uid - b.uid);
}

const timeOf = ({ internalDate }: Found): number => new Date(internalDate ?? 0).getTime();

function receivedOf(mail: Found): ReceivedMail {
  const { envelope, flags, isSpam } = mail;
  const at = new Date(timeOf(mail)).toISOString();
  return {
    sendId: sendIdIn(envelope?.messageId ?? ''),
    at,
    ...(isSpam ? { isSpam } : {}),
    // IMAP keeps no time of the mark: the answer is at least as late as the mail.
    ...(flags?.has('\\Answered') ? { answeredAt: at } : {}),
  };
}

async function post({ smtp, user, password, ca }: MailAccount, address: string, { envelope }: Found): Promise<void> {
  const to = (envelope?.replyTo ?? envelope?.from)?.[0]?.address;
  const messageId = envelope?.messageId ?? '';
  if (to === undefined) throw new Error('the mail names nobody to answer to');
  const composer = new MailComposer({
    from: address,
    to,
    subject: `Re: ${envelope?.subject ?? ''}`,
    text: ANSWER,
    messageId: answerIdOf(sendIdIn(messageId)),
    inReplyTo: messageId,
    references: messageId,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const { host, port, tls } = smtp;
  const connection = { host, port, secure: tls === 'tls', requireTLS: tls === 'starttls', ignoreTLS: tls === 'none' };
  const ended = await converse(
    {
      connection: { ...connection, ...(ca === undefined ? {} : { tls: { ca } }) },
      login: { user, pass: password },
      timeoutMs: TIMEOUT_MS,
    },
    { from: address, to, bytes: await composer.compile().build(), id: sendIdIn(messageId) },
  );
  const { reply, step, code } = ended;
  if (!reply || reply.code < 200 || reply.code > 299) throw new Error(`SMTP ${reply?.code ?? code} at ${step}`);
}

/** The code alone: messages of errors may quote a mail. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'IMAP: no code';
  if ('authenticationFailed' in error && error.authenticationFailed) return 'IMAP: the login is refused';
  if (error instanceof Late) return error.message;
  return `IMAP: ${'code' in error && typeof error.code === 'string' ? error.code : error.name}`;
}

class Late extends Error {
  override readonly name = 'Late';
}

async function within<T>(work: Promise<T>): Promise<T> {
  const { promise: isLate, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Late(`IMAP: no answer within ${TIMEOUT_MS} ms`)), TIMEOUT_MS);
  try {
    return await Promise.race([work, isLate]);
  } finally {
    clearTimeout(timer);
  }
}
