import { execFile } from 'node:child_process';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { jetstream } from '@nats-io/jetstream';
import { Poison } from '@leadstream/eventlog/errors';
import { acknowledgedBy, logEnd } from '@leadstream/eventlog/log-stream';
import { command } from '@leadstream/leadctl/testing/command';
import { PROJECTOR } from '@leadstream/projection/collections';
import { start } from '@leadstream/service/start';
import { eventually } from '@leadstream/testing/eventually';
import { triage } from '@leadstream/triage/triage.module';
import { MongoClient, type Db } from 'mongodb';
import { freshEmail, lead, mailsTo, startStack, type Stack } from './stack.ts';

let stack: Stack;

/** An operator's command, with the services' environment. */
const leadctl = (...args: string[]) => command(args, stack.settings);
const json = async (...args: string[]): Promise<unknown> => {
  const { out, err } = await leadctl(...args, '--json');
  if (!out) throw new Error(err);
  return JSON.parse(out);
};

describe('an operator finds what was given up on', () => {
  beforeAll(async () => {
    stack = await startStack({ without: ['triage'] });
  });
  afterAll(() => stack.stop());

  const email = freshEmail();
  const listed = () => json('quarantine', 'list', '--consumer', 'triage') as Promise<{ seq: number; reason: string }[]>;

  it('sees the service, the message and the reason of each entry', async () => {
    expect((await leadctl('quarantine', 'list')).out).toBe('nothing is in quarantine\n');
    const faulty = await start(triage, stack.settings, {
      deliver: () => Promise.reject(new Poison('firstName: this release can’t read it')),
    });
    await stack.post(lead(email, 'whitepaper', { lastName: 'Do\u009b2Je' }));
    await eventually(async () => (await stack.jsm.streams.info('QUARANTINE')).state.messages === 1);
    await faulty.stop();
    expect(await listed()).toEqual([
      {
        seq: 1,
        at: expect.any(String),
        consumer: 'triage',
        reason: 'firstName: this release can’t read it',
        why: 'refused',
        attempts: 1,
        origin: { stream: 'INTAKE', seq: 1, subject: 'lead.created' },
      },
    ]);
    expect(await json('quarantine', 'list', '--consumer', 'sender')).toEqual([]);
  });

  it.each([
    [['quarantine', 'list', '--consumer', 'traige']],
    [['quarantine', 'redrive', '--all', '--consumer', 'traige']],
    [['account', 'pause', '--account', 'sendgird', '--by', 'me', '--reason', 'why']],
    [['account', 'show', '--account', 'sendgird']],
  ])('is not told that all is well by a name that there is not: %j', async (args) => {
    expect(await leadctl(...args)).toMatchObject({ code: 1, out: '', err: expect.stringMatching(/traige|sendgird/) });
  });

  it('reads the message, and no terminal obeys what a stranger wrote', async () => {
    const { out } = await leadctl('quarantine', 'show', '1');
    expect(out).toContain(email);
    expect(out).toContain('Do\\u009b2Je');
    expect(await json('quarantine', 'show', '1')).toMatchObject({ body: { email, lastName: 'Do\u009b2Je' } });
    expect(await leadctl('quarantine', 'show', '99')).toMatchObject({
      code: 1,
      err: expect.stringContaining('there is no 99'),
    });
  });

  it('is told when no service can handle the message, and it stays', async () => {
    expect(await leadctl('quarantine', 'redrive', '1')).toMatchObject({
      code: 1,
      out: expect.stringContaining('stays: no triage is running'),
    });
    expect(await listed()).toHaveLength(1);
  });

  it('hands it over again once a mended release runs: the lead gets its mails, the entry is gone', async () => {
    await stack.add('triage');
    const { out } = await eventually(async () => {
      const said = await leadctl('quarantine', 'redrive', '--all');
      return said.code === 0 && said;
    });
    expect(out).toContain('handled, and gone from quarantine');
    expect(await listed()).toEqual([]);
    await stack.lead(email, ({ status }) => status === 'completed');
    expect(mailsTo(stack.sandbox, email)).toHaveLength(2);
    expect((await stack.types(email)).filter((type) => type === 'triaged')).toHaveLength(1);
    expect((await stack.jsm.streams.info('INTAKE')).state.last_seq).toBe(1);
  });

  it('sees why it fails again, and it stays; a large one is read from its stream, until that is gone', async () => {
    const { seq } = await jetstream(stack.nc).publish(
      'lead.created',
      JSON.stringify({ email, padding: 'x'.repeat(300_000) }),
    );
    const [entry] = await eventually(async () => {
      const list = await listed();
      return list.length > 0 && list;
    });
    expect(await leadctl('quarantine', 'redrive', String(entry?.seq))).toMatchObject({
      code: 1,
      out: expect.stringContaining(`stays: ${entry?.reason}`),
    });
    expect(await json('quarantine', 'show', String(entry?.seq))).toMatchObject({ body: { email } });
    await stack.jsm.streams.deleteMessage('INTAKE', seq);
    expect((await leadctl('quarantine', 'show', String(entry?.seq))).out).toContain('is gone: nothing can be redriven');
    expect((await leadctl('quarantine', 'redrive', String(entry?.seq))).out).toContain('is not there any more');
    expect(await listed()).toHaveLength(1);
  });

  it('sees an odd part of a batch stay, however often and soon it is handed over again', async () => {
    const [mail] = mailsTo(stack.sandbox, email);
    await stack.client.event({ messageId: mail?.id ?? '', event: 'open', timestamp: 'yesterday' });
    const odd = () => json('quarantine', 'list', '--consumer', 'inbound') as Promise<{ seq: number }[]>;
    const [entry] = await eventually(async () => {
      const list = await odd();
      return list.length > 0 && list;
    });
    for (let times = 0; times < 2; times++) {
      expect(await leadctl('quarantine', 'redrive', String(entry?.seq))).toMatchObject({
        code: 1,
        out: expect.stringContaining('stays: part 0: '),
      });
    }
    expect(await odd()).toEqual([entry]);
  });

  it('hands the projector an event again by projecting its lead', async () => {
    const [first] = await stack.history(email);
    const { stream, subject } = stack.logOf(email);
    const { seq } = await jetstream(stack.nc).publish(
      'quarantine.projector-1',
      JSON.stringify({
        consumer: 'projector-1',
        reason: 'unknown event',
        attempts: 1,
        at: new Date().toISOString(),
        origin: { stream, seq: first?.seq, subject: subject('triaged') },
        headers: {},
      }),
    );
    const mongo = new MongoClient(stack.settings['MONGODB_URI'] ?? '');
    await mongo
      .db()
      .collection<{ _id: string }>('leads_1')
      .deleteOne({ _id: stack.idOf(email) });
    expect(await leadctl('quarantine', 'redrive', String(seq))).toMatchObject({ code: 0 });
    expect(await stack.lead(email)).toMatchObject({ status: 'completed' });
    await mongo.close();
  });
});

describe('an operator mends the read model', () => {
  let mongo: MongoClient;
  let db: Db;
  beforeAll(async () => {
    stack = await startStack();
    mongo = new MongoClient(stack.settings['MONGODB_URI'] ?? '');
    db = mongo.db();
  });
  afterAll(async () => {
    await mongo.close();
    await stack.stop();
  });

  const documents = (collection: string) =>
    db
      .collection(collection)
      .find({}, { sort: { _id: 1 } })
      .toArray();
  const status = () =>
    json('projection', 'status') as Promise<{
      live: string;
      previous: string[];
      lag: number;
      head: number;
      projected: number;
    }>;
  const emails: string[] = [];
  const submit = async () => {
    const email = freshEmail();
    emails.push(email);
    await stack.post(lead(email, emails.length % 3 ? 'whitepaper' : 'demo_request'));
  };
  /** Waits until no event is written any more, the last mail's delivery included, and the projector has them all. */
  const quiet = () =>
    eventually(async () => {
      for (const email of emails) {
        await stack.lead(email, (shown) => shown['status'] === 'completed');
        const types = Map.groupBy(await stack.types(email), (type) => type);
        expect(types.get('delivered')).toHaveLength(types.get('send-started')?.length ?? 0);
      }
      expect(await acknowledgedBy(stack.broker, PROJECTOR)).toEqual((await logEnd(stack.broker)).end);
      return true;
    });

  it('by a rebuild while leads flow: it equals one that is made when all is quiet, document by document', async () => {
    let flowing = true;
    const flow = (async () => {
      while (flowing || emails.length < 10) await submit();
    })();
    await eventually(() => emails.length > 5);
    const rebuilt = await leadctl('projection', 'rebuild', '--json');
    expect(JSON.parse(rebuilt.out)).toMatchObject({ collection: 'leads_2', previous: 'leads_1', failed: [] });
    expect(rebuilt.err).toMatch(/100 % {2}\d+ events, \d+ a second/);
    for (let more = 0; more < 5; more++) await submit();
    flowing = false;
    await flow;
    await quiet();
    const grown = await documents('leads_2');
    expect(grown).toHaveLength(emails.length);
    expect(await leadctl('projection', 'rebuild')).toMatchObject({
      code: 0,
      out: expect.stringContaining('leads_3 is live'),
    });
    expect(await documents('leads_3')).toEqual(grown);
    expect(await leadctl('projection', 'rebuild', '--if-outdated')).toMatchObject({
      code: 0,
      out: expect.stringContaining('all documents are of state version'),
    });
    expect(await status()).toMatchObject({ live: 'leads_3', previous: ['leads_2', 'leads_1'], lag: 0 });
  });

  it('after it was dropped or corrupted', async () => {
    const before = await documents('leads_3');
    await db.dropCollection('leads_3');
    expect(await leadctl('projection', 'rebuild')).toMatchObject({ code: 0 });
    expect(await documents('leads_4')).toEqual(before);
    await db
      .collection('leads_4')
      .updateMany({}, { $set: { stateVersion: 1, status: 'active', state: '{', nextActionAt: new Date(0) } });
    expect(await leadctl('projection', 'rebuild', '--if-outdated')).toMatchObject({ code: 0 });
    expect(await documents('leads_5')).toEqual(before);
    for (const email of emails)
      expect((await stack.types(email)).filter((type) => type === 'sequence-completed')).toHaveLength(1);
  });

  it('by going back to the collection before, brought up to date first', async () => {
    await db.collection('leads_4').drop();
    await leadctl('projection', 'rebuild');
    await submit();
    await quiet();
    const {
      live,
      previous: [kept = ''],
    } = await status();
    const before = await documents(live);
    expect(await leadctl('projection', 'rollback')).toMatchObject({
      code: 0,
      out: expect.stringContaining(`${kept} is live`),
    });
    expect(await documents(kept)).toEqual(before);
    expect(await status()).toMatchObject({ live: kept, previous: expect.arrayContaining([live]) });
  });

  it('although a rebuild was killed half way', async () => {
    const { live } = await status();
    const child = execFile(
      process.execPath,
      ['--conditions=@leadstream/source', 'apps/leadctl/src/main.ts', 'projection', 'rebuild'],
      { env: { ...process.env, ...stack.settings } },
    );
    await eventually(
      async () =>
        db.collection<{ _id: string }>('projection_alias').findOne({ _id: 'leads', making: { $exists: true } }),
      { everyMs: 1 },
    );
    child.kill('SIGKILL');
    expect((await status()).live).toBe(live);
    expect(await leadctl('projection', 'rebuild')).toMatchObject({
      code: 1,
      err: expect.stringContaining('is being made at this moment'),
    });
    await db
      .collection<{ _id: string }>('projection_alias')
      .updateOne({ _id: 'leads' }, { $set: { 'making.until': new Date(0) } });
    expect(await leadctl('projection', 'rebuild')).toMatchObject({ code: 0 });
  });
});

describe('an operator settles a send with an unknown outcome', () => {
  beforeAll(async () => {
    stack = await startStack({ env: { DELAY_SCALE: '0.00002' } });
  });
  beforeEach(() => stack.client.clearFaults());
  afterAll(() => stack.stop());

  const parked = async () => {
    await stack.client.faults({ drop: 'before', count: 1 });
    const email = freshEmail();
    await stack.post(lead(email, 'whitepaper'));
    await stack.lead(email, ({ status }) => status === 'parked');
    const list = (await json('sends', 'unknown')) as { leadId: string; sendId: string }[];
    return { email, parked: list.find(({ leadId }) => leadId === stack.idOf(email)) };
  };

  it.each([
    ['sent', 'sent', 1],
    ['skipped', 'send-skipped', 1],
  ] as const)('as %s: it is in the log, the run goes on with the next mail', async (as, type, mails) => {
    const { email, parked: found } = await parked();
    expect(found).toMatchObject({
      status: 'parked',
      sequence: 'content-nurture',
      why: 'unknown',
      class: 'connection-lost',
      since: expect.any(String),
      step: expect.any(String),
    });
    const resolve = [
      'sends',
      'resolve',
      found?.leadId ?? '',
      found?.sendId ?? '',
      '--as',
      as,
      '--by',
      'olga',
      '--reason',
      'looked it up',
      '--key',
      `ticket-${as}`,
    ];
    const { version } = (await json('lead', 'show', email)) as { version: number };
    expect(await leadctl(...resolve, '--expect-version', '1')).toMatchObject({
      code: 1,
      err: expect.stringContaining(`the lead is at version ${version}, not at 1`),
    });
    const done = await leadctl(...resolve, '--expect-version', String(version));
    expect(done).toMatchObject({
      code: 0,
      out: expect.stringContaining('The lead is active; next: the scheduler plans'),
    });
    expect(await leadctl(...resolve)).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^done already: .* leadctl /),
    });
    expect(await leadctl('lead', 'pause', email, '--by', 'olga', '--key', `ticket-${as}`)).toMatchObject({
      code: 1,
      err: expect.stringContaining('the key was used for another command'),
    });
    await stack.lead(email, ({ status }) => status === 'completed');
    expect(mailsTo(stack.sandbox, email)).toHaveLength(mails);
    expect(await stack.types(email)).toContain(type);
    const again = await leadctl('sends', 'resolve', email, found?.sendId ?? '', '--as', as, '--by', 'olga');
    expect(again).toMatchObject({
      code: 1,
      err: expect.stringContaining(`the send is ${as === 'sent' ? 'accepted' : 'skipped'}`),
    });
    expect(await json('sends', 'unknown')).toEqual([]);
  });

  it.each([
    ['sent', { accepted: 1, unknown: 0 }],
    ['skipped', { notSent: 1, unknown: 0 }],
  ] as const)(
    'as %s, when the lead has long begun another run: nothing moves, no mail goes out, and the proof names it no more',
    async (as, settled) => {
      const { email, parked: found } = await parked();
      await stack.post(lead(email, 'demo_request'));
      await stack.lead(email, ({ status, sequence }) => status === 'completed' && sequence === 'sales-demo');
      const [leadId = '', sendId = ''] = [found?.leadId, found?.sendId];
      expect(await json('sends', 'unknown')).toEqual([{ ...found, status: 'completed', parked: false }]);
      expect((await leadctl('sends', 'unknown')).out).toMatch(new RegExp(`^${leadId} .*unknown .*gone on .*${sendId}`));
      expect((await leadctl('lead', 'show', leadId)).out).toMatch(
        new RegExp(`\nunknown  ${sendId} ".*" of content-nurture since .*; the lead has gone on without it\n`),
      );
      const verified = async () =>
        (await json('verify')) as { proven: boolean; claims: Record<string, number>; unknown: { sendId: string }[] };
      const before = await verified();
      expect(before.unknown).toMatchObject([{ sendId }]);
      const [mails, types] = [mailsTo(stack.sandbox, email).length, await stack.types(email)];
      expect(await leadctl('sends', 'resolve', leadId, sendId, '--as', as, '--by', 'olga')).toMatchObject({
        code: 0,
        out: expect.stringContaining('The lead is completed; next: nothing: its run has ended'),
      });
      await stack.lead(email, ({ version, unknownSends }) => version === types.length + 1 && unknownSends === 0);
      const after = await verified();
      expect(after).toMatchObject({
        proven: true,
        unknown: [],
        claims: Object.fromEntries(
          Object.entries(settled).map(([name, more]) => [
            name,
            name === 'unknown' ? 0 : (before.claims[name] ?? 0) + more,
          ]),
        ),
      });
      expect(await stack.types(email)).toEqual([...types, as === 'sent' ? 'sent' : 'send-skipped']);
      expect(mailsTo(stack.sandbox, email)).toHaveLength(mails);
      expect(await json('sends', 'unknown')).toEqual([]);
    },
  );

  it('and is told what is missing, or wrong', async () => {
    expect((await leadctl('sends', 'resolve', freshEmail(), 'x', '--as', 'sent', '--by', 'olga')).err).toContain(
      'no such lead',
    );
    expect((await leadctl('sends', 'resolve', freshEmail(), 'x', '--as', 'lost', '--by', 'olga')).err).toContain(
      'Allowed choices are sent, skipped',
    );
    expect((await leadctl('sends', 'resolve', freshEmail(), 'x', '--as', 'sent')).err).toContain('--by');
  });
});
