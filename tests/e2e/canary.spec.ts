import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { countsFor, tagsLeftOut } from '@leadstream/lead/canary';
import { stateAfter } from '@leadstream/lead/evolve';
import { LeadLists } from '@leadstream/projection/lists';
import { command } from '@leadstream/leadctl/testing/command';
import { eventually } from '@leadstream/testing/eventually';
import { SMTPServer } from 'smtp-server';
import { z } from 'zod';
import { SPAM, startMailbox } from './imap-mailbox.ts';
import { freshEmail, lead, REP, startStack, type Stack } from './stack.ts';

/** Runs with keys of their own have leads of their own. */
const KEYS = {
  sandbox: 'the key of a canary by the sandbox',
  imap: 'the key of a canary by a mailbox',
  login: 'the key of a canary without its login',
  stop: 'the key of a canary whose answer is refused',
  spam: 'the key of a canary whose mails are spam',
  door: 'the key of a canary that ingest does not know',
};
type Name = keyof typeof KEYS;
const verdicts = z.array(
  z.object({
    kind: z.enum(['silent', 'answering']),
    result: z.string(),
    stage: z.string().nullable(),
    says: z.string(),
    leadId: z.string().nullable(),
    trace: z.string().nullable(),
  }),
);

let stack: Stack;
let carrying: NodeJS.Timeout;

/** Brings each mail of the canary from the provider into its mailbox, as the mail server of its domain does. */
function carryMails(): NodeJS.Timeout {
  const carried = new Set<string>();
  return setInterval(() => {
    for (const { id, to, from, reply_to: replyTo, subject, headers } of stack.sandbox.messages()) {
      if (carried.has(id) || !to.endsWith('@canary.test')) continue;
      carried.add(id);
      const head = { From: from, To: to, 'Reply-To': replyTo, Subject: subject, 'Message-ID': headers['Message-ID'] };
      const lines = Object.entries(head).map(([name, value]) => `${name}: ${value}\r\n`);
      seen.deliver(`${lines.join('')}\r\nHello.\r\n`, carry.folder);
    }
  }, 100);
}

/** The leads whose mails the canary has answered, whatever inbound makes of that. */
const answeredLeads: unknown[] = [];

/** Brings an answer to inbound, by the provider's webhook, as the mail server of the reply domain does. */
async function answered(mail: string): Promise<void> {
  const unfolded = mail.replace(/\r\n[ \t]+/g, ' ');
  const header = (name: string): string => new RegExp(`^${name}:(.*)$`, 'im').exec(unfolded)?.[1]?.trim() ?? '';
  const its = stack.sandbox.messages().find(({ headers }) => headers['Message-ID'] === header('In-Reply-To'));
  expect(its?.reply_to).toBe(header('To'));
  answeredLeads.push(its?.custom_args['lead_id']);
  const headers = { 'Message-ID': header('Message-ID') };
  await stack.client.reply({ messageId: its?.id ?? '', text: mail.split('\r\n\r\n')[1] ?? '', headers });
}

/** A submission server, which gives each mail to `deliver`. */
async function startPost(deliver: (mail: string) => Promise<unknown>) {
  const delivering: Promise<unknown>[] = [];
  const server = new SMTPServer({
    authOptional: true,
    hideSTARTTLS: true,
    allowInsecureAuth: true,
    onAuth: ({ password }, _session, done) =>
      password === 'testpass' ? done(null, { user: 'canary' }) : done(new Error('another password')),
    onData: (stream, _session, done) => {
      // As a mail server does, which delivers what it has accepted.
      text(stream).then((mail) => {
        done();
        delivering.push(deliver(mail));
      }, done);
    },
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.server.address() as AddressInfo;
  return {
    port,
    stop: async () => {
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await Promise.all(delivering);
    },
  };
}
const settings = () => ({
  ...stack.settings,
  CANARY_MAILBOX: 'sandbox',
  CANARY_INGEST_URL: stack.url('ingest'),
  CANARY_SANDBOX_URL: stack.sandbox.url,
  // Its first mail goes out after 0.6 s, and the second 12 s later: a loaded machine stops it in time.
  CANARY_PATIENCE: 'PT30S',
});
const byMailbox = () => ({
  CANARY_MAILBOX: 'imap',
  CANARY_IMAP_URL: `imap://127.0.0.1:${seen.env.IMAP_PORT}?tls=none`,
  CANARY_SMTP_URL: `smtp://127.0.0.1:${post.port}?tls=none`,
  CANARY_MAIL_USER: seen.env.IMAP_USER,
  CANARY_MAIL_PASSWORD: seen.env.IMAP_PASSWORD,
});
const run = async (name: Name, env: object = {}) => {
  const of = { ...settings(), CANARY_API_KEY: KEYS[name], ...env };
  const { code, out, err } = await command(['canary', 'run', '--once', '--json'], of);
  if (code === 1) throw new Error(err);
  const found = verdicts.parse(JSON.parse(out));
  return { code, found, said: found.map(({ kind, result, stage }) => [kind, result, stage]) };
};

let seen: Awaited<ReturnType<typeof startMailbox>>;
let post: Awaited<ReturnType<typeof startPost>>;
/** The folder into which the canary's mails come. */
const carry = { folder: 'INBOX' };
/** They wait for most of their time, and go at once: first those that need the way as it is, then those that do not. */
let runs: Record<Name, Awaited<ReturnType<typeof run>>>;

beforeAll(async () => {
  [seen, post] = await Promise.all([startMailbox(), startPost(answered)]);
  const { door: _, ...known } = KEYS;
  stack = await startStack({
    env: { DELAY_SCALE: '0.01', INGEST_API_KEYS: Object.values(known).join(','), CANARY_DOMAIN: 'canary.test' },
  });
  carrying = carryMails();
  const [sandbox, imap, login, door] = await Promise.all([
    run('sandbox'),
    run('imap', byMailbox()),
    run('login', { ...byMailbox(), CANARY_MAIL_PASSWORD: 'another', CANARY_PATIENCE: 'PT20S' }),
    run('door', { CANARY_PATIENCE: 'PT20S' }),
  ]);
  carry.folder = SPAM;
  stack.sandbox.setTargets({ inboundUrl: `${stack.url('inbound')}/v1/sendgrid/inbound/another-secret-of-this-test` });
  const [stop, spam] = await Promise.all([run('stop'), run('spam', { ...byMailbox(), CANARY_PATIENCE: 'PT15S' })]);
  runs = { sandbox, imap, login, door, stop, spam };
});
afterAll(async () => {
  clearInterval(carrying);
  await Promise.all([seen.stop(), post.stop()]);
  await stack.stop();
});

const PASSED = [
  ['silent', 'passed', null],
  ['answering', 'passed', null],
];

describe('the canary', () => {
  it('passes: both mails come in time, and an answer stops the second', async () => {
    const { code, found, said } = runs.sandbox;
    expect(said).toEqual(PASSED);
    expect(code).toBe(0);
    for (const { leadId } of found) {
      const state = stateAfter(await stack.log.history(leadId ?? ''));
      expect(countsFor('lists', state)).toBe(false);
    }
    expect(stack.sandbox.messages().filter(({ to }) => to === REP)).toEqual([]);
    const people = new LeadLists(stack.db, tagsLeftOut('lists'));
    expect(await people.list({}, 10)).toEqual([]);
    expect(await people.count({ status: 'completed' })).toEqual({ count: 0, more: false });
    // Two of each run that came through the door.
    expect(await people.list({ tag: 'source:canary' }, 20)).toHaveLength(10);
    await stack.leadctl('verify');
    expect(await stack.leadctl('sql', 'select count(*) as n from leads', '--csv')).toMatch(/^n\s+0$/m);
  });

  it('names the door when its key is another one', () => {
    const { code, said } = runs.door;
    expect(said).toEqual([
      ['silent', 'broken', 'door'],
      ['answering', 'broken', 'door'],
    ]);
    expect(code).toBe(2);
  });

  it('names the stop when inbound refuses the answer', () => {
    expect(runs.stop.found).toContainEqual(
      expect.objectContaining({ kind: 'answering', result: 'broken', stage: 'stopped' }),
    );
  });

  describe('by a mailbox', () => {
    const answerOf = (leadId: string | null) =>
      stack.log.history(leadId ?? '').then((all) => all.find(({ type }) => type === 'lead.replied')?.data);

    it('passes: the mails are in it, and its answer stops the second', async () => {
      const { found, said } = runs.imap;
      expect(said).toEqual(PASSED);
      expect(await answerOf(found[1]?.leadId ?? null)).toMatchObject({ matchedBy: 'token', class: 'human' });
      expect(seen.marks().filter((marks) => marks.includes('\\Answered'))).toHaveLength(1);
    });

    it('names the mail that it has as spam, and answers none of them', () => {
      const spam = { result: 'broken', stage: 'received', says: expect.stringContaining('folder for spam') };
      expect(runs.spam.found).toMatchObject([spam, spam]);
      // The answers of the other run are seen: these would be, too.
      expect(answeredLeads).toEqual([runs.imap.found[1]?.leadId]);
    });

    it('names its own login when that is refused', () => {
      const refused = { result: 'broken', stage: 'received', says: expect.stringContaining('login is refused') };
      expect(runs.login.found).toMatchObject([refused, refused]);
    });
  });

  it('a lead of another domain with its source is a person’s', async () => {
    const email = freshEmail();
    expect((await stack.post(lead(email, 'leadstream_canary'), { 'x-api-key': KEYS.sandbox })).status).toBe(202);
    const { tags } = await eventually(() => stack.lead(email));
    expect(tags).toEqual(['source:other']);
  });
});
