import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Recorded } from '@leadstream/contracts/events';
import { placeOf, type Place } from '@leadstream/contracts/place';
import { logStreams, partitionOf } from '@leadstream/contracts/streams';
import { Broker, silentLog } from '@leadstream/eventlog/broker';
import { EventLog } from '@leadstream/eventlog/log';
import { logEnd } from '@leadstream/eventlog/log-stream';
import { provision } from '@leadstream/eventlog/provision';
import type { By } from '@leadstream/lead/at';
import { leadFold } from '@leadstream/lead/evolve';
import type { LeadState } from '@leadstream/lead/state';
import { stoodAt } from '@leadstream/leadctl/export/as-of';
import { makeTables } from '@leadstream/leadctl/export/derived';
import { openDuck } from '@leadstream/leadctl/export/duck';
import { readManifest, type Manifest, type Wish } from '@leadstream/leadctl/export/folder';
import { follow } from '@leadstream/leadctl/export/follow';
import { exportLog, type Exporting } from '@leadstream/leadctl/export/log';
import { openExport } from '@leadstream/leadctl/export/queried';
import { LogSource } from '@leadstream/leadctl/export/source';
import { TABLES } from '@leadstream/leadctl/export/tables';
import { command } from '@leadstream/leadctl/testing/command';
import { eventually } from '@leadstream/testing/eventually';
import { startNats, type Server } from '@leadstream/testing/servers';
import { logOfRuns, publishLives } from '../../bench/histories.ts';
import { fatesOf } from './fates.ts';
import { answerOf } from './planted.ts';

const PARTITIONS = 4;
const LEADS = 30;
/** Streams of several lengths, and one without an event. */
const SPREAD = [0, 0, 0, 1, 1, 2];
const PART_SIZE = '150';
const ERASED = idOf('lead-5');

/** A lead of the partition that SPREAD says. */
function idOf(name: string): string {
  const number = Number(name.slice('lead-'.length));
  const digits = (number * PARTITIONS + (SPREAD[number % SPREAD.length] ?? 0)).toString(16).padStart(8, '0');
  return `${digits}-0000-8000-8000-000000000000`;
}

const runs = logOfRuns(LEADS);
const answers = [0, 1, 2, 3, 4, 5].map((lead, at) => answerOf(runs, `lead-${lead}`, at, lead < 5));
const history = [...runs, ...answers, ...fatesOf([...runs, ...answers])];

/** The history as a log of so many partitions has it. */
function logIn(partitions: number): Recorded[] {
  const ends = Array.from({ length: partitions }, () => 0);
  const last = new Map<string, number>();
  return history.map((event) => {
    const leadId = idOf(event.leadId);
    const stream = partitionOf(leadId, partitions);
    const seq = (ends[stream] ?? 0) + 1;
    const prevSeq = last.get(leadId) ?? 0;
    ends[stream] = seq;
    last.set(leadId, seq);
    return { ...event, leadId, seq, prevSeq };
  });
}
const log = logIn(PARTITIONS);
const HALF = 250;
const endOf = (events: readonly Recorded[]) =>
  Array.from({ length: PARTITIONS }, (_, stream) =>
    Math.max(0, ...events.filter(({ leadId }) => partitionOf(leadId, PARTITIONS) === stream).map(({ seq }) => seq)),
  );
const numbered = ({ leadId, seq }: Recorded) => seq * PARTITIONS + partitionOf(leadId, PARTITIONS);

interface Made {
  nats: Server;
  broker: Broker;
}
let one: Made;
let four: Made;
let dir: string;
/** A time between the storage of the two halves. */
let between = '';
const folder = (name: string) => join(dir, name);

async function start(partitions: number): Promise<Made> {
  const nats = await startNats();
  const broker = Broker.open({ servers: nats.url, name: 'export test', partitions }, silentLog);
  await broker.ready();
  await provision(broker, { replicas: 1, streams: ['LEADS'], partitions });
  return { nats, broker };
}
async function exported(of: Made, name: string, ...argv: string[]): Promise<string> {
  const { code, out, err } = await command(['export', folder(name), '--part-size', PART_SIZE, ...argv], {
    NATS_URL: of.nats.url,
  });
  if (code !== 0) throw new Error(err);
  return out;
}
const manifestOf = async (name: string): Promise<Manifest> => {
  const made = await readManifest(folder(name));
  if (!made) throw new Error(`${name} has no export`);
  return made;
};
async function bytesOf(name: string): Promise<string[]> {
  const files = (await readdir(folder(name), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const sums = files.map(async (file) => {
    const sum = createHash('sha256')
      .update(await readFile(file))
      .digest('hex');
    return `${file.slice(folder(name).length)} ${sum}`;
  });
  return (await Promise.all(sums)).sort();
}
async function select(sql: string): Promise<Record<string, unknown>[]> {
  using opened = new DisposableStack();
  const duck = await openDuck(opened);
  return (await duck.runAndReadAll(sql)).getRowObjectsJson();
}
const eventsIn = (name: string) => `'${folder(name)}/events/*.parquet'`;
/** `<lead> <version>` of each row, ordered. */
const rowsOf = async (name: string) =>
  (await select(`SELECT lead_id, version FROM ${eventsIn(name)}`))
    .map(({ lead_id: lead, version }) => `${String(lead)} ${String(version)}`)
    .sort();
const namesOf = (events: readonly Recorded[]) => events.map(({ leadId, version }) => `${leadId} ${version}`).sort();

/** Ends before the last events of a stream. */
async function endedBefore(index: number, name: string): Promise<void> {
  const { end } = await logEnd(four.broker);
  await exportedUpTo(end.with(index, (end[index] ?? 0) - 1), name);
}

/** Ends in the middle of a part, after as many events. */
async function endedAfter(rows: number, name: string): Promise<void> {
  let done = 0;
  await exportedUpTo((await logEnd(four.broker)).end, name, (_, more) => {
    if ((done += more) >= rows) throw new Error('ended');
  });
}

async function exportedUpTo(end: Place, name: string, onProgress?: Exporting['onProgress']): Promise<Manifest> {
  using opened = new DisposableStack();
  const source = opened.use(new LogSource(four.broker, 'blind', () => undefined));
  const { created: stream } = await logEnd(four.broker);
  const wish: Wish = { stream, format: 'parquet', with: [], from: end.map(() => 1), partSize: Number(PART_SIZE) };
  const exporting = { source, duck: await openDuck(opened), folder: folder(name), wish };
  return await exportLog({ ...exporting, ...(onProgress && { onProgress }) }, end);
}

beforeAll(async () => {
  [one, four, dir] = await Promise.all([start(1), start(PARTITIONS), mkdtemp(join(tmpdir(), 'leadstream-export-'))]);
  await publishLives(one.broker.connection(), logIn(1));
  await exported(one, 'one');
  await publishLives(four.broker.connection(), log.slice(0, HALF), PARTITIONS);
  await exported(four, 'grown');
  await delay(5);
  between = new Date().toISOString();
  await delay(5);
  await publishLives(four.broker.connection(), log.slice(HALF), PARTITIONS);
  await exported(four, 'whole');
});
afterAll(async () => {
  await Promise.all([one, four].map(({ broker }) => broker.close()));
  await Promise.all([one, four].map(({ nats }) => nats.stop()));
  await rm(dir, { recursive: true, force: true });
});

describe('an export of a log of 4 partitions', () => {
  it('has each event once, by a number that orders the events of its lead', async () => {
    const columns = 'seq::INT AS seq, lead_id, version, id, stop_seq::INT AS stop';
    const rows = await select(`SELECT ${columns} FROM ${eventsIn('whole')} ORDER BY seq`);
    const places = log.map((event) => ({ event, number: numbered(event) })).sort((a, b) => a.number - b.number);
    expect(rows.map(({ seq, lead_id: lead, version, id }) => [seq, lead, version, id])).toEqual(
      places.map(({ number, event }) => [number, event.leadId, event.version, event.id]),
    );
    expect(new Set(rows.map(({ seq }) => seq)).size).toBe(log.length);
    const stops = rows.filter(({ stop }) => stop !== null);
    expect(stops.length).toBeGreaterThan(5);
    for (const { stop, lead_id: lead } of stops)
      expect(rows.find(({ seq }) => seq === stop)).toMatchObject({ lead_id: lead });
    expect(placeOf((await manifestOf('whole')).upTo)).toEqual(endOf(log));
    expect(endOf(log)[PARTITIONS - 1]).toBe(0);
  });

  it('has the tables of the same history in one stream, but for places', async () => {
    const places = /^(?:seq|.*_seq)$/;
    for (const table of ['events/*', ...Object.keys(TABLES)]) {
      const [inOne, inFour] = await Promise.all(
        ['one', 'whole'].map(async (name) =>
          (await select(`FROM '${folder(name)}/${table}.parquet'`))
            .map((row) => JSON.stringify(Object.entries(row).filter(([column]) => !places.test(column))))
            .sort(),
        ),
      );
      expect(inFour?.length).toBeGreaterThanOrEqual(LEADS);
      expect(inFour).toEqual(inOne);
    }
  });

  it('has the tables made in portions, with the rows that it has at once', async () => {
    using opened = new DisposableStack();
    const duck = await openDuck(opened);
    await duck.run('SET threads = 1');
    await exported(four, 'portions');
    const last = Math.max(...log.map(numbered));
    await makeTables({ duck, folder: folder('portions'), format: 'parquet', events: log.length, last }, 100);
    for (const table of Object.keys(TABLES))
      expect(await select(`FROM '${folder('portions')}/${table}.parquet'`)).toEqual(
        await select(`FROM '${folder('whole')}/${table}.parquet'`),
      );
  });

  it('that was ended twice continues after its whole parts, to the same bytes', async () => {
    for (const rows of [150, 230]) await expect(endedAfter(rows, 'again')).rejects.toThrow('ended');
    const { parts } = await manifestOf('again');
    expect(Object.keys(parts).length).toBeGreaterThan(0);
    const files = (await bytesOf('again')).filter((file) => Object.keys(parts).some((part) => file.includes(part)));
    await exported(four, 'again');
    expect(await bytesOf('again')).toEqual(await bytesOf('whole'));
    expect(await bytesOf('again')).toEqual(expect.arrayContaining(files));
  });

  it('that is brought up to date gets exactly the new events', async () => {
    expect(await rowsOf('grown')).toEqual(namesOf(log.slice(0, HALF)));
    expect(placeOf((await manifestOf('grown')).upTo)).toEqual(endOf(log.slice(0, HALF)));
    expect(await exported(four, 'grown')).toContain(
      `up to LEADS ${endOf(log).join('-')}: ${log.length} of ${log.length} events`,
    );
    expect(await bytesOf('grown')).toEqual(await bytesOf('whole'));
  });

  it('has of each stream what was stored since a time, or until then', async () => {
    const said = await exported(four, 'since', '--since', between);
    const begin = endOf(log.slice(0, HALF)).map((seq) => seq + 1);
    expect(said).toContain(`from LEADS ${begin.join('-')} up to LEADS ${endOf(log).join('-')}`);
    expect((await manifestOf('since')).from).toEqual(begin);
    expect(await rowsOf('since')).toEqual(namesOf(log.slice(HALF)));
    await exported(four, 'until', '--until', between);
    expect(await rowsOf('until')).toEqual(namesOf(log.slice(0, HALF)));
  });

  it('is refused to a folder that begins later or ends later in one of the streams', async () => {
    await exported(four, 'later', '--since', between);
    await expect(exported(four, 'later')).rejects.toThrow('not from 1-1-1-1');
    await expect(exported(four, 'whole', '--until', between)).rejects.toThrow(
      `is to end at ${endOf(log.slice(0, HALF)).join('-')}`,
    );
    await expect(endedBefore(1, 'whole')).rejects.toThrow('name another folder');
    await expect(exported(one, 'whole')).rejects.toThrow('has an export with stream');
  });
});

describe('a query without an export', () => {
  it('reads the log of 4 partitions', async () => {
    const argv = ['sql', 'SELECT count(*) AS n, count(DISTINCT seq) AS places FROM events', '--csv'];
    const { out } = await command(argv, { NATS_URL: four.nats.url });
    expect(out).toBe(`n,places\n${log.length},${log.length}\n`);
  });
});

describe('leads of 4 partitions as of an instant', () => {
  it.each(['known', 'said'] as const)('are those of one stream, the newest first, by what was %s', async (by: By) => {
    using opened = new DisposableStack();
    const [inOne, inFour] = await Promise.all(
      ['one', 'whole'].map(async (name) => {
        const duck = await openDuck(opened, folder(`.spill-${name}`));
        await openExport(duck, folder(name));
        return duck;
      }),
    );
    if (!inOne || !inFour) throw new Error('not opened');
    const found = new Set<string>();
    for (const { at: instant } of log.filter((_, index) => index % 40 === 0)) {
      const [expected, stood] = [await stoodAt(inOne, instant, by), await stoodAt(inFour, instant, by)];
      const places = ({ lastSeq: _, ...rest }: (typeof stood)[number]) => rest;
      expect(stood.map(places)).toEqual(expected.map(places));
      const numbers = new Map(log.map((event) => [numbered(event), event.leadId]));
      for (const { _id, lastSeq } of stood) expect(numbers.get(lastSeq)).toBe(_id);
      found.add(JSON.stringify(stood));
    }
    expect(found.size).toBeGreaterThan(5);
  });
});

describe('a lead of a short partition that is erased', () => {
  it('has no row after the next run', async () => {
    expect(await rowsOf('whole')).toContain(`${ERASED} 1`);
    const erasing = new EventLog<LeadState>(four.broker, leadFold, {
      source: 'test',
      now: () => Temporal.Now.instant(),
    });
    await erasing.decide(ERASED, 'erased', () => ({ type: 'lead.erased', data: { by: 'olga' } }));
    await exported(four, 'whole');
    for (const table of ['events/*', ...Object.keys(TABLES)])
      expect(await select(`FROM '${folder('whole')}/${table}.parquet' WHERE lead_id = '${ERASED}'`)).toEqual([]);
    expect(await rowsOf('whole')).toEqual(namesOf(log.filter(({ leadId }) => leadId !== ERASED)));
  });

  it('and an event in a stream that is not its lead’s is left out, and counted', async () => {
    const [first, , , other] = logStreams(PARTITIONS);
    const stored = await (await four.broker.jsm()).streams.getMessage(first?.stream ?? '', { seq: 1 });
    const subject = other?.subject(idOf('lead-0'), 'triaged') ?? '';
    if (!stored) throw new Error('the first stream has no event');
    await four.broker.js().publish(subject, stored.data, { headers: stored.header });
    expect(await exported(four, 'whole')).toContain('and 1 unreadable');
  });
});

describe('an export that follows a log of 4 partitions', () => {
  it('is brought up to date by an event of any stream, and by no look without one', async () => {
    const ended = new AbortController();
    using stopped = new DisposableStack();
    stopped.defer(() => ended.abort());
    const brought: Place[] = [];
    let looks = 0;
    const bring = (_: string, end: Place) => exportedUpTo(end, 'followed');
    const { end, created } = await logEnd(four.broker);
    const look = () => {
      looks++;
      return logEnd(four.broker);
    };
    const onBrought = ({ upTo }: Manifest) => brought.push(placeOf(upTo));
    const { signal } = ended;
    const rest = { everyMs: 1, signal, note: () => undefined, look, bring, onBrought, send: undefined };
    const following = follow(rest, await bring(created, end));
    await eventually(() => looks > 3);
    await four.broker.js().publish(logStreams(PARTITIONS)[2]?.subject(idOf('lead-5'), 'paused') ?? '', '{}');
    const before = looks;
    await eventually(() => looks > before + 3);
    ended.abort();
    await following;
    expect(brought).toEqual([end, end.with(2, (end[2] ?? 0) + 1)]);
  });
});
