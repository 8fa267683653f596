import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { jetstream } from '@nats-io/jetstream';
import { headers } from '@nats-io/transport-node';
import { CE, LEAD_PREV_SEQ, LEAD_VERSION } from '@leadstream/contracts/envelope';
import { catalogue, type Draft, type Recorded } from '@leadstream/contracts/events';
import { logOf } from '@leadstream/contracts/streams';
import { command, type Said } from '@leadstream/leadctl/testing/command';
import { AccountStore } from '@leadstream/service/account';
import { claimed, completed, delivered, enrolled, sent, stepDue, triaged } from '@leadstream/testing/builders';
import { eventually } from '@leadstream/testing/eventually';
import { recorded } from '@leadstream/testing/given';
import { MongoClient, type Collection } from 'mongodb';
import { freshEmail, lead, mailsTo, startStack, type Stack } from './stack.ts';

interface Shown {
  proven: boolean;
  leads: { total: number; waits: number };
  claims: { total: number; accepted: number; notSent: number; unknown: number; inFlight: number };
  counts: Record<string, number>;
  findings: { rule: string; leadId: string; seqs: number[] }[];
  unknown: { leadId: string }[];
  readModel: { documents: number } | null;
}

let stack: Stack;
let dir: string;
let documents: Collection<{ _id: string }>;
let mongo: MongoClient;

const verify = (args: string[], env: Record<string, string> = {}): Promise<Said> =>
  command(['verify', ...args], { ...stack.settings, ...env });
/** A process of its own, as a nightly job runs it, with no server to ask. */
const verifyPiped = (stdin: string): Promise<Omit<Said, 'code'> & { code: number | null }> =>
  new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      ['--conditions=@leadstream/source', 'apps/leadctl/src/main.ts', 'verify', '--file', '-'],
      { env: { ...process.env, NATS_URL: 'nats://127.0.0.1:1', MONGODB_URI: 'mongodb://127.0.0.1:1' } },
      (_error, out, err) => resolve({ code: child.exitCode, out, err }),
    );
    child.stdin?.end(stdin);
  });
/** An export of these lines. */
async function exported(text: string): Promise<string> {
  const path = join(dir, `${randomUUID()}.ndjson`);
  await writeFile(path, text);
  return path;
}
const report = async (...args: string[]): Promise<Shown & { code: number | null }> => {
  const { code, out, err } = await verify([...args, '--json']);
  if (!out) throw new Error(err);
  return { code, ...(JSON.parse(out) as Shown) };
};
const ndjson = (events: readonly Recorded[]): string => events.map((event) => `${JSON.stringify(event)}\n`).join('');

beforeAll(async () => {
  stack = await startStack();
  dir = await mkdtemp(join(tmpdir(), 'leadstream-export-'));
  mongo = new MongoClient(stack.settings['MONGODB_URI'] ?? '');
  documents = mongo.db().collection('leads_1');
});
afterAll(async () => {
  await mongo.close();
  await rm(dir, { recursive: true, force: true });
  await stack.stop();
});

describe('a run of 40 leads with a failing provider, answers and bounces', () => {
  const LEADS = 40;
  const emails = Array.from({ length: LEADS }, () => freshEmail());
  const history: Recorded[] = [];

  it('is proven while it runs and after its end, with unknown outcomes named', async () => {
    const fault = {
      '429': { status: 429 },
      '500': { status: 500, count: 2 },
      before: { drop: 'before' },
      after: { drop: 'after' },
    } as const;
    for (const each of [fault.after, fault['500'], fault.before, fault['429'], fault.after])
      await stack.client.faults(each);
    await Promise.all(emails.map((email, index) => stack.post(lead(email, index % 3 ? 'whitepaper' : 'demo_request'))));
    const reacting = Promise.all(
      emails
        .slice(-8)
        .map(async (email, index) => {
          const { id: messageId } = await stack.client.waitForMessage(email);
          return index % 2
            ? stack.client.event({ messageId, event: 'bounce' })
            : stack.client.reply({ messageId, text: 'Could we talk on Thursday?' });
        })
        .map((reaction) => reaction.catch(() => undefined)),
    );
    expect(await report()).toMatchObject({ code: 0, proven: true, counts: {} });
    await reacting;
    const over = await eventually(async () => {
      const shown = await report();
      if (shown.proven && (shown.leads.total < LEADS || shown.leads.waits > 0))
        throw new Error(JSON.stringify(shown.leads));
      return shown;
    });
    expect(over).toMatchObject({
      code: 0,
      proven: true,
      findings: [],
      leads: { total: LEADS },
      claims: { inFlight: 0 },
      readModel: { documents: LEADS },
    });
    expect(over.claims.notSent).toBeGreaterThan(0);
    expect(over.unknown).toHaveLength(over.claims.unknown);
    expect(over.claims.accepted).toBe(
      emails.reduce((sum, email) => sum + mailsTo(stack.sandbox, email).length, 0) +
        mailsTo(stack.sandbox, 'rep@acme.example').length,
    );
  });

  it('is proven from an export as well, by file or pipe', async () => {
    for (const email of emails) history.push(...(await stack.history(email)));
    await writeFile(join(dir, 'whole.ndjson'), ndjson(history));
    const { code, out } = await verify(['--file', join(dir, 'whole.ndjson')]);
    expect(out).toMatch(
      new RegExp(`(^|\n)${history.length} events up to LEADS [\\s\\S]*the read model was not looked at\nPROVEN\n$`),
    );
    expect(code).toBe(0);
    expect(await verifyPiped(ndjson(history.toReversed()))).toMatchObject({ code: 0 });
  });

  it('is refuted when a document was changed, lost or made up', async () => {
    const [one, another] = await documents
      .find({ status: 'completed' } as object)
      .limit(2)
      .toArray();
    if (!one || !another) throw new Error('no lead is completed');
    await documents.updateOne({ _id: one._id }, { $set: { nextActionAt: null, status: 'active' } });
    await documents.deleteOne({ _id: another._id });
    await documents.insertOne({ ...one, _id: 'ffffffff-0000-8000-8000-000000000000' });
    const { code, findings } = await report();
    expect(code).toBe(1);
    expect(findings.map(({ rule, leadId }) => [rule, leadId]).sort()).toEqual(
      [
        ['projection', one._id],
        ['projection', another._id],
        ['projection', 'ffffffff-0000-8000-8000-000000000000'],
      ].sort(),
    );
    expect(await verify(['--no-projection'])).toMatchObject({ code: 0, out: expect.stringContaining('PROVEN') });
    await documents.deleteOne({ _id: 'ffffffff-0000-8000-8000-000000000000' });
    await documents.replaceOne({ _id: one._id }, one);
    await documents.insertOne(another);
    expect(await report()).toMatchObject({ code: 0 });
  });

  it('is refuted by claims that come after the account’s pause', async () => {
    const account = new AccountStore(stack.broker, 1, 'sendgrid');
    const pause = { why: 'in a test', by: 'olga', at: '2026-01-01T00:00:00Z' };
    await account.write('paused', JSON.stringify(pause), await account.entry('paused'));
    expect((await report()).findings.map(({ rule }) => rule)).toContain('paused');
    await account.resume({ by: 'olga' });
    expect(await report()).toMatchObject({ code: 0 });
  });

  /** The lead's last event, and what a second mail of its first step would look like after it. */
  const double = (): { last: Recorded; extra: Recorded[] } => {
    const claim = history.find(
      (event): event is Recorded<'lead.send-started'> =>
        event.type === 'lead.send-started' &&
        event.data.audience === 'lead' &&
        history.some(({ type, leadId }) => type === 'lead.sequence-completed' && leadId === event.leadId) &&
        history.some((other) => other.type === 'lead.sent' && other.data.sendId === event.data.sendId),
    );
    const answer = history.find((event) => event.type === 'lead.sent' && event.data.sendId === claim?.data.sendId);
    const last = history.findLast(({ leadId }) => leadId === claim?.leadId);
    if (!claim || answer?.type !== 'lead.sent' || !last) throw new Error('no lead got a mail');
    const head = Math.max(...history.map(({ seq }) => seq));
    const { previous: _, ...data } = claim.data;
    const first = {
      ...claim,
      id: 'x-1',
      seq: head + 1,
      version: last.version + 1,
      prevSeq: last.seq,
      at: last.at,
      data: { ...data, attempt: 1, sendId: 'x-1' },
    } satisfies Recorded;
    return {
      last,
      extra: [
        first,
        {
          ...answer,
          id: 'x-2',
          seq: head + 2,
          version: last.version + 2,
          prevSeq: head + 1,
          at: last.at,
          data: { ...answer.data, attempt: 1, sendId: 'x-1' },
        },
      ],
    };
  };

  it('is refuted by an export that was edited to hold one double send, naming lead and events', async () => {
    const {
      last: { leadId },
      extra,
    } = double();
    await writeFile(join(dir, 'double.ndjson'), ndjson([...history, ...extra]));
    const { code, out } = await verify(['--file', join(dir, 'double.ndjson')]);
    expect(code).toBe(1);
    expect(out).toMatch(
      new RegExp(
        `double: one step .*\\(1\\)\n  ${leadId}  LEADS (\\d+, ` +
          `){2}${extra.map(({ seq }) => seq).join(', ')}  step \\d of run .* was ` +
          'accepted 2 times',
      ),
    );
    expect(out).toMatch(/\nREFUTED by \d findings\n$/);
    expect(out).not.toContain('@');
  });

  it('is refuted by a log that holds one, and by one in which an event was taken away', async () => {
    const {
      last: { leadId },
      extra,
    } = double();
    const appended: number[] = [];
    for (const event of extra) appended.push(await append(event, appended.at(-1) ?? event.prevSeq));
    const { code, findings } = await report();
    expect(code).toBe(1);
    expect(findings.find(({ rule }) => rule === 'double')).toMatchObject({
      leadId,
      seqs: [expect.any(Number), expect.any(Number), ...appended],
    });
    const { stream } = logOf(leadId, stack.broker.partitions);
    await stack.jsm.streams.deleteMessage(stream, appended[1] ?? 0);
    const holed = await report('--no-projection');
    expect(holed).toMatchObject({ code: 1, counts: { chain: 1 } });
    expect(holed.findings).toContainEqual(
      expect.objectContaining({
        rule: 'chain',
        leadId: null,
        seqs: [appended[1]],
        says: `${stream} ${appended[1]} is missing`,
      }),
    );
  });

  it('is told of from an instant on, when asked', async () => {
    expect(await report('--no-projection', '--since', 'PT1H')).toMatchObject({ code: 1 });
    const later = await report('--file', join(dir, 'double.ndjson'), '--since', '2999-01-01T00:00:00Z');
    expect(later).toMatchObject({ code: 0, leads: { total: LEADS }, claims: { total: 0 } });
  });
});

/** Writes by a plain client, past every rule of the log. */
async function append({ leadId, type, data, id, version, at, source }: Recorded, prevSeq: number): Promise<number> {
  const head = headers();
  for (const [name, value] of Object.entries({
    [CE.id]: id,
    [CE.type]: type,
    [CE.time]: at,
    [CE.source]: source,
    [LEAD_VERSION]: String(version),
    [LEAD_PREV_SEQ]: String(prevSeq),
  }))
    head.set(name, value);
  const { subject } = logOf(leadId, stack.broker.partitions);
  const { seq } = await jetstream(stack.nc).publish(subject(catalogue[type].token), JSON.stringify(data), {
    headers: head,
  });
  return seq;
}

describe('a mail that went out twice because the provider took what it had refused', () => {
  const repeated: Draft = claimed('b', { attempt: 2, previous: { sendId: 'a', class: 'server-error' } });
  const taken = ndjson(
    recorded([triaged(), enrolled(), stepDue(), claimed('a'), repeated, sent('b', 2), delivered('a'), completed]),
  );

  it('refutes, because the lead got it twice', async () => {
    expect(await verify(['--file', await exported(taken)])).toMatchObject({
      code: 1,
      out: expect.stringContaining('REFUTED by 1 finding\n'),
    });
  });
  it('is named and does not refute, where that is allowed', async () => {
    expect(await verify(['--file', await exported(taken), '--allow-unavoidable'])).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^unavoidable double: [\s\S]*PROVEN, but for 1 unavoidable\n$/),
    });
  });
});

describe('unreadable input is neither proven nor refuted', () => {
  it.each([
    ['a line that was cut off', `${ndjson(recorded([triaged()]))}{"type":"lead.enr`, 'line 2 is not JSON'],
    ['something else', '{"type":"lead.sold"}\n', 'line 1 is no event: type: not in the catalogue'],
  ])('%s: exit 2', async (_, text, words) => {
    expect(await verify(['--file', await exported(text)])).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringContaining(words),
    });
  });

  it('an empty pipe: exit 2', async () => {
    expect(await verifyPiped('')).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringContaining('there is no event in it'),
    });
  });

  it.each<[string, string[], Record<string, string>, string]>([
    ['a file that is not there', ['--file', '/nowhere/export.ndjson'], {}, 'ENOENT'],
    ['a server that does not answer', [], { NATS_URL: 'nats://127.0.0.1:1' }, 'no NATS server answers'],
    ['an instant that is none', ['--since', 'yesterday'], {}, '--since: yesterday'],
    ['a duration that is none', ['--overdue', '1h'], {}, '--overdue: 1h'],
    ['an option that there is not', ['--fast'], {}, 'unknown option'],
  ])('%s: exit 2', async (_, args, env, words) => {
    expect(await verify(args, env)).toMatchObject({ code: 2, out: '', err: expect.stringContaining(words) });
  });
});
