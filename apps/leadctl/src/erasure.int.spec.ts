import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { lostPlacesOf } from '@leadstream/contracts/events';
import type { Broker } from '@leadstream/eventlog/broker';
import { durableConsumer } from '@leadstream/eventlog/consumer';
import { Keyring } from '@leadstream/eventlog/keyring';
import { EventLog } from '@leadstream/eventlog/log';
import { provision } from '@leadstream/eventlog/provision';
import { PublicStream } from '@leadstream/eventlog/public-stream';
import { quarantine } from '@leadstream/eventlog/quarantine';
import { leadFold } from '@leadstream/lead/evolve';
import { decideFeedback } from '@leadstream/lead/feedback';
import { leadId } from '@leadstream/lead/identity';
import { view, type LeadState } from '@leadstream/lead/state';
import { Projection } from '@leadstream/projection/projection';
import { enrolled, submission } from '@leadstream/testing/builders';
import { startNats, type Server } from '@leadstream/testing/servers';
import { mongoDatabase } from '@leadstream/testing/servers-database';
import { MongoClient, type Db } from 'mongodb';
import { dial, STREAMS } from './testing/backup.ts';
import { command } from './testing/command.ts';
import { disturbed, type Moment } from './testing/erasure.ts';
import { erase, type ErasureReport } from './erasure.ts';
import { Person } from './mentions.ts';

const secrets = { leadIdSecret: 'a secret of the leads', tokenSecrets: [] };
const DATA_KEY = 'a secret that wraps the keys of leads';
const now = () => Temporal.Instant.from('2026-11-23T09:00:00Z');
const wide = (text: string): string =>
  [...text].map((one) => (one === '.' ? one : String.fromCharCode(one.charCodeAt(0) + 0xfee0))).join('');

let dir: string;
let nats: Server;
let broker: Broker;
let mongo: MongoClient;
let uri: string;
let db: Db;
let people = 0;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'leadstream-erasure-'));
  nats = await startNats({ dir });
  broker = await dial(nats.url);
  await provision(broker, { replicas: 1, streams: [...STREAMS, 'KV_keys'] });
  ({ uri } = mongoDatabase('erasure'));
  mongo = await MongoClient.connect(uri);
  db = mongo.db();
});
afterAll(async () => {
  await mongo?.close();
  await broker?.close();
  await nats?.stop();
  await rm(dir, { recursive: true, force: true });
});

interface Jane {
  id: string;
  email: string;
  person: Person;
  words: string[];
  log: EventLog<LeadState>;
}

/** Acknowledges as triage and inbound do. */
async function handled(stream: 'INTAKE' | 'FEEDBACK', durable: string): Promise<void> {
  const consumer = await durableConsumer(broker, { stream, durable });
  for (let left = (await consumer.info()).num_pending; left > 0; left--) await (await consumer.next())?.ackAck();
}

const handIn = async (text: string) => (await broker.js().publish('lead.created', JSON.stringify({ note: text }))).seq;
const isReplied = async ({ id, log }: Jane, key: string, text: string, feedbackSeq?: number) =>
  log.decide(id, key, (state) =>
    decideFeedback(state, {
      kind: 'replied',
      key,
      provider: 'sendgrid',
      at: now().toString(),
      class: 'human',
      matchedBy: 'token',
      text,
      ...(feedbackSeq ? { feedbackSeq } : {}),
    }),
  );
const project = async ({ id, log }: Jane) =>
  new Projection(db, leadFold, view).apply(await log.history(id), (lead, after) => log.history(lead, after));

/** A lead with messages in every stream, and a document. */
async function live(isSealed: boolean): Promise<Jane> {
  const name = `jane${++people}x`;
  const email = `${name}@example.com`;
  const id = leadId(secrets.leadIdSecret, email);
  const keys = isSealed ? new Keyring(broker, [DATA_KEY]) : undefined;
  const log = new EventLog<LeadState>(broker, leadFold, { source: 'test', now, keys });
  const jane = { id, email, person: new Person(id, secrets), words: [email, wide(email), `${name}-words`], log };
  const seq = await handIn(email);
  const contact = { email, address: email, firstName: `${name}-words` };
  const data = submission({ contact, intake: { seq, key: name } });
  await log.decide(id, `triaged-${name}`, () => ({ type: 'lead.triaged', data }));
  await log.decide(id, `enrolled-${name}`, () => enrolled());
  const feedback = await broker.js().publish('feedback.sendgrid.inbound', `From: ${email}\r\n\r\n${name}-words`);
  await isReplied(jane, `reply-${name}`, `${name}-words`, feedback.seq);
  await quarantine(broker, {
    consumer: 'triage',
    stream: 'INTAKE',
    seq: await handIn(wide(email)),
    subject: 'lead.created',
    headers: undefined,
    data: Buffer.from(wide(email)),
    reason: 'odd',
    attempts: 1,
  });
  const refused = { submission: { source: 'shop', id: `${email}/7` }, fault: 'publisher' as const, reasons: [] };
  await new PublicStream(broker).refuse(
    { id: randomUUID(), at: now().toString() },
    { type: 'lead.refused', data: refused },
  );
  await handled('INTAKE', 'triage');
  await handled('FEEDBACK', 'inbound');
  await project(jane);
  return jane;
}

const eraseBy = (on: Broker, { id, person }: Jane, by = 'olga'): Promise<ErasureReport> =>
  erase({ broker: on, replicas: 1, db: () => Promise.resolve(db), leadId: id, person, who: { by } });

/** The NATS files and collections that contain any of the words. */
async function placesOf({ words }: Jane): Promise<string[]> {
  const files = (await readdir(dir, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  // NATS may delete a file in between.
  const contentOf = (path: string) => readFile(path).catch(() => Buffer.alloc(0));
  const texts = await Promise.all(
    files.map(async (file) => [file.name, await contentOf(join(file.parentPath, file.name))] as const),
  );
  for (const collection of await db.collections()) {
    texts.push([collection.collectionName, Buffer.from(JSON.stringify(await collection.find().toArray()))]);
  }
  const sought = words.flatMap((word) => [word, Buffer.from(word).toString('base64').slice(0, -4)]);
  return texts.flatMap(([name, text]) => (sought.some((word) => text.includes(word)) ? [name] : []));
}

const isErasedOnce = async (jane: Jane) => {
  const again = await eraseBy(broker, jane);
  expect(again.left).toEqual([]);
  expect(await placesOf(jane)).toEqual([]);
  const types = (await jane.log.history(jane.id)).map(({ type }) => type);
  expect(types.filter((type) => type === 'lead.erased')).toHaveLength(1);
};

const SIDES: [string, boolean][] = [
  ['before', false],
  ['after', true],
];
class Killed extends Error {}
const killed: Moment['happens'] = () => Promise.reject(new Killed());
/** Runs `happens` at each write in turn, until no write is left. */
async function atEach(isWritten: boolean, isSealed: boolean, happens: (jane: Jane) => Promise<void>): Promise<number> {
  for (let at = 0; ; at++) {
    const jane = await live(isSealed);
    const { broker: other, reached } = disturbed(broker, { at, isWritten, happens: () => happens(jane) });
    await eraseBy(other, jane).catch((error: unknown) => {
      if (!(error instanceof Killed)) throw error;
    });
    if (!reached()) return at;
    await isErasedOnce(jane);
  }
}

describe('leadctl lead', () => {
  const given = () => ({ NATS_URL: nats.url, MONGODB_URI: uri, LEAD_ID_SECRET: secrets.leadIdSecret });

  it('export ends with 1, and names what is missing, when it cannot read everything', async () => {
    const { email } = await live(true);
    const said = async (env: Record<string, string>) => {
      const { code, out, err } = await command(['lead', 'export', email], { ...given(), ...env });
      const json: unknown = JSON.parse(out);
      return [code, json, err];
    };
    const DATA_KEYS = DATA_KEY;
    const whole = expect.objectContaining({ readModel: expect.objectContaining({ email }) });
    expect(await said({ DATA_KEYS })).toEqual([0, whole, expect.anything()]);
    expect(await said({})).toEqual([1, whole, expect.stringContaining('DATA_KEYS is not set')]);
    const wrong = 'a secret that wraps no key of these leads';
    expect(await said({ DATA_KEYS: wrong })).toEqual([
      1,
      whole,
      expect.stringContaining('the key of its personal data'),
    ]);
    const away = 'mongodb://127.0.0.1:1/x';
    expect(await said({ DATA_KEYS, MONGODB_URI: away })).toEqual([
      1,
      expect.objectContaining({ readModel: null }),
      expect.stringContaining(`no MongoDB answers at ${away}`),
    ]);
  });

  it.each([[['export']], [['erase', '--by', 'olga']], [['erase', '--by', 'olga', '--dry-run']]])(
    '%j refuses another LEAD_ID_SECRET than the log’s',
    async ([name = '', ...rest]) => {
      const jane = await live(true);
      const wrong = { DATA_KEYS: DATA_KEY, LEAD_ID_SECRET: 'a secret of other leads' };
      expect(await command(['lead', name, jane.email, ...rest], { ...given(), ...wrong })).toMatchObject({
        code: 1,
        out: '',
        err: expect.stringContaining('LEAD_ID_SECRET is not the one that made the ids'),
      });
      expect((await jane.log.history(jane.id)).some(({ type }) => type === 'lead.erased')).toBe(false);
    },
  );

  it('erase refuses a --by that is no name, or names the person, as it stays readable', async () => {
    const { id, email } = await live(false);
    for (const [by, words] of [
      [' ', "option '--by <name>' argument ' ' is invalid"],
      [`${email.toUpperCase()} herself`, '--by stays readable'],
    ] as const)
      expect(await command(['lead', 'erase', id, '--by', by], given())).toMatchObject({
        code: 1,
        err: expect.stringContaining(words),
      });
  });
});

describe.each([
  ['sealed', true],
  ['in clear', false],
])('the erasure of a lead whose log is %s', (_, isSealed) => {
  it('starts with the person in each place', async () => {
    expect((await placesOf(await live(isSealed))).length).toBeGreaterThanOrEqual(3);
  });

  it.each(SIDES)('that is killed %s any of its writes ends when it is repeated', async (__, isWritten) => {
    expect(await atEach(isWritten, isSealed, killed)).toBeGreaterThanOrEqual(isSealed ? 7 : 8);
  });

  it('that does not reach MongoDB reports it, and ends when it is repeated', async () => {
    const jane = await live(isSealed);
    const none = () => Promise.reject(new Error('no MongoDB'));
    const { left } = await erase({
      broker,
      replicas: 1,
      db: none,
      leadId: jane.id,
      person: jane.person,
      who: { by: 'olga' },
    });
    expect(left).toEqual(['its document: no MongoDB']);
    await isErasedOnce(jane);
  });

  it('reads each stream once, and then only what came meanwhile', async () => {
    const jane = await live(isSealed);
    const first: string[] = [];
    const asked = broker.connection().subscribe('$JS.API.CONSUMER.CREATE.*.>', {
      callback: (error, message) => {
        const { stream_name: stream, config } = message.json<{
          stream_name: string;
          config: { opt_start_seq?: number };
        }>();
        if (error === null && (config.opt_start_seq ?? 1) === 1) first.push(stream);
      },
    });
    await eraseBy(broker, jane);
    await broker.connection().flush();
    asked.unsubscribe();
    expect(first.filter((stream) => ['INTAKE', 'FEEDBACK', 'QUARANTINE'].includes(stream)).sort()).toEqual([
      'FEEDBACK',
      'INTAKE',
      'QUARANTINE',
    ]);
  });

  it('keeps the places of a lost log, where documents may still be', async () => {
    const jane = await live(isSealed);
    const place = { version: 9, lastSeq: 4_711, lastId: 'lost' };
    await jane.log.decide(jane.id, randomUUID(), () => ({
      type: 'lead.recovered',
      data: { witness: 'projection', place },
    }));
    await eraseBy(broker, jane);
    // Of a sealed log nothing is forgotten, also not the event that names the place.
    expect((await jane.log.history(jane.id)).flatMap(lostPlacesOf)).toEqual([place]);
    await isErasedOnce(jane);
  });

  it('by two operators at once is one erasure', async () => {
    for (let round = 0; round < 3; round++) {
      const jane = await live(isSealed);
      const other = await dial(nats.url);
      const reports = await Promise.all([eraseBy(broker, jane), eraseBy(other, jane, 'otto')]);
      await other.close();
      expect(reports.map(({ erasure }) => erasure?.isNew).sort()).toEqual([false, true]);
      await isErasedOnce(jane);
    }
  });

  it.each(SIDES)('includes the lead’s actions %s any of its writes', async (__, isWritten) => {
    let facts = 0;
    await atEach(isWritten, isSealed, async (jane) => {
      await isReplied(jane, `late-${++facts}`, jane.words.join(' '));
      await handIn(jane.email);
      await handled('INTAKE', 'triage');
    });
    expect(facts).toBeGreaterThanOrEqual(7);
  });

  it('keeps and reports submissions that triage has not handled, which may be another lead’s', async () => {
    const jane = await live(isSealed);
    const seq = await handIn(`to another lead, from ${jane.email}`);
    expect((await eraseBy(broker, jane)).left).toEqual([`INTAKE ${seq}: triage has yet to handle it`]);
    await handled('INTAKE', 'triage');
    await isErasedOnce(jane);
  });
});
