import { command } from '@leadstream/leadctl/testing/command';
import { randomUUID } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Writable } from 'node:stream';
import { jetstream } from '@nats-io/jetstream';
import { headers } from '@nats-io/transport-node';
import { Broker, silentLog } from '@leadstream/eventlog/broker';
import { Keyring } from '@leadstream/eventlog/keyring';
import { EventLog } from '@leadstream/eventlog/log';
import { leadFold } from '@leadstream/lead/evolve';
import { eventually } from '@leadstream/testing/eventually';
import { startNats } from '@leadstream/testing/servers';
import { mongoDatabase } from '@leadstream/testing/servers-database';
import { startSandbox } from '@leadstream/sandbox-esp/sandbox';
import { freshEmail, lead, mailsTo, startStack, type Stack, type StackOptions } from './stack.ts';

let dir: string;
let stack: Stack;
let logged = '';
let quarantined = 0;
const logTo = new Writable({
  write: (chunk: Buffer, _encoding, done) => {
    logged += chunk.toString();
    done();
  },
});

const leadctl = (args: string[], env: Record<string, string> = {}) => command(args, { ...stack.settings, ...env });
const erase = async (whom: string, ...more: string[]) => {
  const { out, err, code } = await leadctl(['lead', 'erase', whom, '--by', 'olga', '--json', ...more]);
  if (!out) throw new Error(err);
  return {
    ...(JSON.parse(out) as { erasure: { isNew: boolean } | null; deleted: Record<string, number>; left: string[] }),
    code,
  };
};

let close: () => Promise<void>;

/** A stack whose NATS files can be looked through. */
async function open(options: StackOptions): Promise<void> {
  dir = await mkdtemp(join(tmpdir(), 'leadstream-erase-'));
  const [nats, sandbox] = await Promise.all([startNats({ dir }), startSandbox()]);
  stack = await startStack({ ...options, on: { nats, sandbox, mongoUri: mongoDatabase('erase').uri } });
  close = async () => {
    await stack.stop();
    await Promise.all([nats.stop(), sandbox.close()]);
    await rm(dir, { recursive: true, force: true });
  };
}

/** A file that nats-server is writing is renamed at its end: it has a consumer's place, and no event. */
const textOf = (path: string): Promise<string> =>
  readFile(path, 'latin1').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' && path.endsWith('.tmp')) return '';
    throw error;
  });

/** Files of a folder in which any of the words is, in clear or as base64 at any of its three places. */
async function filesWith(folder: string, words: readonly string[]): Promise<string[]> {
  const sought = words.flatMap((word) => [
    word,
    ...[0, 1, 2]
      .map((shift) =>
        Buffer.from(`${'x'.repeat(shift)}${word}`)
          .toString('base64')
          .slice(shift === 0 ? 0 : 4, -4),
      )
      .filter((text) => text.length > 8),
  ]);
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const found = await Promise.all(
    files.map(async ({ parentPath, name }) => {
      const text = await textOf(join(parentPath, name));
      return sought.some((word) => text.includes(Buffer.from(word).toString('latin1'))) ? [join(parentPath, name)] : [];
    }),
  );
  return found.flat();
}

/**
 * A lead that has been everywhere: mailed, answered, refused once, and reported by the provider beside another lead.
 */
async function everywhere(name: string, number: string): Promise<{ email: string; words: string[] }> {
  const email = freshEmail(name);
  await stack.post(
    lead(email, 'whitepaper', {
      firstName: `${name}first`,
      lastName: `O’${name}last`,
      phone: `+49 30 ${number}`,
      company: `${name} company of theirs`,
    }),
  );
  const [mail] = await eventually(async () => {
    const mails = mailsTo(stack.sandbox, email);
    if (mails.length === 0) throw new Error('no mail yet');
    return Promise.resolve(mails);
  });
  await stack.client.reply({
    messageId: mail?.id ?? '',
    text: `I am ${name}, and these are the ${name}-words of mine`,
  });
  await stack.lead(email, (one) => one['status'] === 'responded');
  await stack.client.event({ messageId: mail?.id ?? '', event: 'click', url: `https://acme.example/?who=${email}` });
  // An unreadable submission: it goes to quarantine with its body.
  const refused = {
    specversion: '1.0',
    id: `${name}-1`,
    type: 'lead.created',
    source: 'a team',
    data: { email: email.toUpperCase(), firstName: `${name}first`, leadData: 7 },
  };
  await jetstream(stack.nc).publish('lead.created', JSON.stringify(refused));
  quarantined++;
  await eventually(async () => (await stack.jsm.streams.info('QUARANTINE')).state.last_seq >= quarantined);
  return {
    email,
    words: [email, `${name}first`, `${name}last`, `${name} company`, `${name}-words`, `+4930${number}`, number],
  };
}

/** In full-width letters. */
const wide = (text: string): string =>
  [...text].map((one) => (one === '.' ? one : String.fromCharCode(one.charCodeAt(0) + 0xfee0))).join('');

/** All that was handed in is handled. */
const triaged = () => eventually(async () => (await stack.unhandled('INTAKE', 'triage')) === 0);

describe('an erased lead', () => {
  let it1: Awaited<ReturnType<typeof everywhere>>;
  let backup: string;

  beforeAll(async () => {
    await open({ logTo, env: { LOG_LEVEL: 'trace' } });
    it1 = await everywhere('zebedee', '98765432');
    await everywhere('another', '12345678');
    backup = await mkdtemp(join(tmpdir(), 'leadstream-backup-'));
  });
  afterAll(async () => {
    await close();
    if (backup) await rm(backup, { recursive: true, force: true });
  });

  it('can ask before what is held of it, and is told nothing of others', async () => {
    const { out } = await leadctl(['lead', 'export', it1.email]);
    const all = JSON.parse(out) as { log: { type: string; data: unknown }[]; intake: unknown[]; feedback: unknown[] };
    expect(all.log.map(({ type }) => type)).toContain('lead.replied');
    for (const word of it1.words.slice(0, 5)) expect(out).toContain(word);
    expect([all.intake.length > 0, all.feedback.length > 0]).toEqual([true, true]);
    expect(out).not.toMatch(/another/);
    expect((await leadctl(['lead', 'export', it1.email, '--text'])).out).toContain('What was handed in');
  });

  it('is left alone by a dry run, and by a reason that would keep its words', async () => {
    expect(
      JSON.parse((await leadctl(['lead', 'erase', it1.email, '--by', 'olga', '--dry-run', '--json'])).out),
    ).toMatchObject({ isErased: false, INTAKE: expect.any(Number) });
    expect(
      await leadctl(['lead', 'erase', it1.email, '--by', 'olga', '--reason', 'Zebedeefirst has asked']),
    ).toMatchObject({ code: 1, err: expect.stringContaining('stays readable') });
    expect(
      await leadctl(['lead', 'erase', it1.email, '--by', 'olga', '--reason', `for ${it1.email.toUpperCase()}`]),
    ).toMatchObject({ code: 1 });
    expect(await stack.types(it1.email)).not.toContain('erased');
  });

  it('appears in no stream’s files, document or log line', async () => {
    expect((await filesWith(dir, it1.words)).length).toBeGreaterThan(0);
    await cp(dir, backup, { recursive: true });
    const report = await erase(it1.email, '--reason', 'asked by post');
    expect(report).toMatchObject({ code: 0, erasure: { isNew: true }, deleted: { keys: 1, LEADS: 0 }, left: [] });
    expect(report.deleted['INTAKE']).toBeGreaterThan(0);
    expect(report.deleted['FEEDBACK']).toBeGreaterThan(0);
    // Bytes that the server has yet to write are in its memory.
    await stack.jsm.streams.info('INTAKE');
    expect(await filesWith(dir, it1.words)).toEqual([]);
    const documents = await Promise.all(
      (await stack.db.collections()).map((collection) => collection.find().toArray()),
    );
    for (const word of it1.words)
      expect([JSON.stringify(documents).includes(word), logged.includes(word)]).toEqual([false, false]);
    expect(await stack.lead(it1.email)).toMatchObject({ status: 'erased', email: '' });
  });

  it('is erased once, however often the command is given', async () => {
    expect(await erase(stack.idOf(it1.email))).toMatchObject({
      code: 0,
      erasure: { isNew: false },
      deleted: { keys: 0, LEADS: 0, INTAKE: 0, FEEDBACK: 0, QUARANTINE: 0 },
      left: [],
    });
    expect((await stack.types(it1.email)).filter((type) => type === 'erased')).toHaveLength(1);
  });

  it('gets no mail by another submission, of which nothing stays', async () => {
    const before = mailsTo(stack.sandbox, it1.email).length;
    await stack.post(lead(it1.email.toUpperCase(), 'demo_request', { firstName: 'zebedeefirst' }));
    await triaged();
    expect(mailsTo(stack.sandbox, it1.email)).toHaveLength(before);
    expect(await stack.types(it1.email)).not.toContain('resubmitted');
    expect(await filesWith(dir, it1.words)).toEqual([]);
  });

  it.each<[string, (email: string) => string]>([
    ['by another member', (email) => JSON.stringify({ email, firstName: ['zebedeefirst'] })],
    ['by its spelling', (email) => JSON.stringify({ email: wide(email), leadData: { source: 'whitepaper' } })],
    ['as it can’t be read', (email) => `email=${encodeURIComponent(email)}&firstName=zebedeefirst`],
  ])('leaves nothing by a submission that is refused %s', async (_, bodyOf) => {
    const [
      head,
      {
        state: { last_seq: before },
      },
    ] = [headers(), await stack.jsm.streams.info('QUARANTINE')];
    for (const [name, value] of Object.entries({ type: 'lead.created', id: randomUUID(), source: 'a team' }))
      head.set(`ce-${name}`, value);
    const { seq } = await jetstream(stack.nc).publish('lead.created', bodyOf(it1.email), { headers: head });
    await triaged();
    expect((await stack.jsm.streams.info('QUARANTINE')).state.last_seq).toBe(before);
    expect(await stack.jsm.streams.getMessage('INTAKE', { seq })).toBeNull();
    expect(await filesWith(dir, [...it1.words, wide(it1.email)])).toEqual([]);
    expect(logged).toContain('submission of an erased lead refused and deleted');
  });

  it('leaves the refused submissions of other leads in place', async () => {
    const {
      state: { last_seq: before },
    } = await stack.jsm.streams.info('QUARANTINE');
    await jetstream(stack.nc).publish(
      'lead.created',
      JSON.stringify({ data: { email: freshEmail('bob'), note: `for ${it1.email}` } }),
    );
    await eventually(async () => (await stack.jsm.streams.info('QUARANTINE')).state.last_seq === before + 1);
    // The person is named in it all the same.
    expect(await erase(it1.email)).toMatchObject({ code: 0, deleted: { INTAKE: 1, QUARANTINE: 1 } });
  });

  it('is nothing to the verifier but an erased lead', async () => {
    const { out, code } = await leadctl(['verify', '--json']);
    expect([code, (JSON.parse(out) as { findings: unknown[] }).findings]).toEqual([0, []]);
  });

  it('shows nothing in a backup from before, without the keys', async () => {
    const older = await startNats({ dir: backup });
    const { partitions } = stack.broker;
    const broker = Broker.open({ servers: older.url, name: 'older', partitions }, silentLog);
    await broker.ready();
    const { streams } = await broker.jsm();
    for (const stream of ['KV_keys', 'INTAKE', 'FEEDBACK', 'QUARANTINE']) await streams.purge(stream);
    const log = new EventLog(broker, leadFold, {
      source: 'test',
      now: () => Temporal.Now.instant(),
      keys: new Keyring(broker, [stack.settings['DATA_KEYS'] ?? '']),
    });
    await expect(log.history(stack.idOf(it1.email))).rejects.toThrow(
      'the key of its personal data is not in the bucket keys',
    );
    const { stream } = stack.logOf(it1.email);
    const folder = (await readdir(backup, { recursive: true })).find((name) => name.endsWith(`streams/${stream}`));
    expect(folder).toBeDefined();
    expect(await filesWith(join(backup, folder ?? ''), it1.words)).toEqual([]);
    await broker.close();
    await older.stop();
  });
});

describe('a lead of a log in clear', () => {
  beforeAll(async () => {
    quarantined = 0;
    await open({ env: { DATA_KEYS: '' } });
  });
  afterAll(async () => {
    await close();
  });

  it('is erased with its events, and its log begins with that', async () => {
    const { email, words } = await everywhere('yolanda', '98765432');
    const other = freshEmail('other');
    await stack.post(lead(other, 'whitepaper'));
    await stack.lead(other);
    const before = (await stack.types(email)).length;
    const { code: erased, deleted, left } = await erase(email);
    expect([erased, left, Number(deleted['LEADS']) >= before]).toEqual([0, [], true]);
    expect(await filesWith(dir, words)).toEqual([]);
    expect(await stack.types(email)).toEqual(['erased']);
    const { out, code } = await leadctl(['verify', '--json'], { DATA_KEYS: '' });
    expect([code, (JSON.parse(out) as { findings: unknown[] }).findings]).toEqual([0, []]);
    await stack.post(lead(email, 'demo_request'));
    await triaged();
    expect(await filesWith(dir, [email])).toEqual([]);
    expect(await stack.types(email)).toEqual(['erased']);
  });

  it('and no hole elsewhere is explained by it', async () => {
    const other = freshEmail('hole');
    await stack.post(lead(other, 'whitepaper'));
    await stack.lead(other, (one) => Number(one['version']) >= 3);
    const [, second] = await stack.history(other);
    const { stream } = stack.logOf(other);
    await stack.jsm.streams.deleteMessage(stream, second?.seq ?? 0);
    const { out, code } = await leadctl(['verify', '--json'], { DATA_KEYS: '' });
    expect([code, (JSON.parse(out) as { findings: { says: string }[] }).findings.map(({ says }) => says)]).toEqual([
      1,
      expect.arrayContaining([`${stream} ${second?.seq} is missing`]),
    ]);
  });
});
