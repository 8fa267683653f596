import { setTimeout as delay } from 'node:timers/promises';
import type { InboundMail } from '@leadstream/contracts/feedback';
import { ImapFlow, type ImapFlowOptions } from 'imapflow';
import { mailOf, MAIL_BYTES_MAX } from './inbound.ts';

/** The keyword of a stored mail. Where the server takes no keywords of ours, a flag that no program sets by itself. */
const KEYWORD = '$LeadstreamStored';
const FLAG = '\\Flagged';
/** A server that announces no new mail is asked this often. */
const LOOK_MS = 30_000;
/** Servers end an IDLE after half an hour (RFC 2177), routers a silent connection sooner. */
const IDLE_MS = 240_000;
const AGAIN_MS = 1_000;
const AGAIN_MS_MAX = 60_000;
const SOCKET_MS = 60_000;

export interface MailboxSettings {
  connection: Pick<ImapFlowOptions, 'host' | 'port' | 'secure' | 'doSTARTTLS' | 'tls'> & {
    auth: { user: string; pass: string };
  };
  /** `INBOX`, or another folder. */
  mailbox: string;
}

export interface MailboxOwner {
  /** Resolves once the mail is stored for good. `id`: the same whenever, and by whomever, this mail is read. */
  store: (mail: InboundMail, id: string) => Promise<void>;
  /** Gets a code, and nothing of a mail. */
  note: (problem: string) => void;
  signal: AbortSignal;
}

/**
 * Reads a mailbox until `signal`, over one connection after another. Each mail is stored before it is marked: a process
 * that dies in between, or two readers, store it twice, under one id. A mail is never deleted.
 */
export async function readMailbox(settings: MailboxSettings, owner: MailboxOwner): Promise<void> {
  const { signal, note } = owner;
  const stored = new Set<string>();
  for (let failures = 0; !signal.aborted; failures++) {
    try {
      await session(settings, owner, stored, () => {
        failures = 0;
      });
    } catch (error) {
      if (!signal.aborted) note(codeOf(error));
    }
    const againMs = Math.min(AGAIN_MS_MAX, AGAIN_MS * 2 ** failures);
    await delay(againMs * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
  }
}

/** The code alone: messages of errors may quote a mail. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'no code';
  if ('authenticationFailed' in error && error.authenticationFailed) return 'the login is refused';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}

/** Why a mailbox cannot be read. */
class Unreadable extends Error {
  override readonly name = 'Unreadable';
  readonly code: string;
  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

async function session(
  { connection, mailbox }: MailboxSettings,
  owner: MailboxOwner,
  stored: Set<string>,
  onOpen: () => void,
): Promise<void> {
  const client = new ImapFlow({
    ...connection,
    logger: false,
    connectionTimeout: SOCKET_MS,
    greetingTimeout: SOCKET_MS,
    socketTimeout: IDLE_MS + SOCKET_MS,
    maxIdleTime: IDLE_MS,
    disableAutoIdle: true,
  });
  const close = (): void => client.close();
  owner.signal.addEventListener('abort', close);
  const { promise: ended, reject: end } = Promise.withResolvers<never>();
  ended.catch(() => undefined);
  client.on('error', end);
  client.on('close', () => end(new Unreadable('the connection is closed')));
  let wake = Promise.withResolvers<void>();
  client.on('exists', () => wake.resolve());
  const looks = setInterval(() => wake.resolve(), LOOK_MS);
  try {
    await Promise.race([client.connect(), ended]);
    await Promise.race([client.mailboxOpen(mailbox), ended]);
    onOpen();
    while (!owner.signal.aborted) {
      wake = Promise.withResolvers();
      await Promise.race([takeNew(client, mailbox, owner, stored), ended]);
      client.idle().catch(end);
      await Promise.race([wake.promise, ended]);
    }
  } finally {
    clearInterval(looks);
    owner.signal.removeEventListener('abort', close);
    client.close();
  }
}

/** Stores and marks each mail without the mark, the oldest first. */
async function takeNew(client: ImapFlow, mailbox: string, owner: MailboxOwner, stored: Set<string>): Promise<void> {
  if (!client.mailbox || client.mailbox.readOnly) throw new Unreadable('the mailbox is read-only');
  const { uidValidity, permanentFlags } = client.mailbox;
  const mark = permanentFlags?.has('\\*') || permanentFlags?.has(KEYWORD) ? KEYWORD : FLAG;
  const fresh = mark === KEYWORD ? { unKeyword: KEYWORD } : { flagged: false };
  const uids = (await client.search(fresh, { uid: true })) || [];
  for (const uid of uids.toSorted((a, b) => a - b)) {
    if (owner.signal.aborted) return;
    await take(client, { uid: String(uid), id: `${mailbox}/${uidValidity}/${uid}`, mark }, owner, stored).catch(
      (error: unknown) => {
        // A mail that the server cannot give must not hold up the others; it is asked for again with the next ones.
        if (!isRefusal(error)) throw error;
        owner.note('the server refuses to give or mark a mail');
      },
    );
  }
}

/** NO or BAD to one command: the session goes on. */
const isRefusal = (error: unknown): boolean => error instanceof Error && 'responseStatus' in error;

async function take(
  client: ImapFlow,
  { uid, id, mark }: { uid: string; id: string; mark: string },
  owner: MailboxOwner,
  stored: Set<string>,
): Promise<void> {
  if (!stored.has(id)) {
    const query = { size: true, source: { maxLength: MAIL_BYTES_MAX } };
    const found = await client.fetchOne(uid, query, { uid: true });
    // Another program has moved or deleted it meanwhile.
    if (!found || !found.source) return;
    await owner.store(mailOf(found.source, (found.size ?? 0) > found.source.length), id);
    // A server that loses the mark gets each mail stored once by this process all the same.
    stored.add(id);
  }
  if (await client.messageFlagsAdd(uid, [mark], { uid: true })) stored.delete(id);
  else owner.note('a mail cannot be marked');
}
