import { describe, expect, it } from '@jest/globals';
import type { Draft, Recorded } from '@leadstream/contracts/events';
import { join, split } from '@leadstream/contracts/personal';
import {
  claimed,
  completed,
  delivered,
  enrolled,
  replied,
  sent,
  skipped,
  stepDue,
  triaged,
  unknown,
  erased,
  restarted,
} from '@leadstream/testing/builders';
import { recorded, type Past } from '@leadstream/testing/given';
import { absent, type Entry } from './log.ts';
import { shown } from './report.ts';
import { Partitions } from './partitions.ts';
import { verify, type Report, type Verification } from './verify.ts';

const HOUR_MS = 3_600_000;
const whole: Past[] = [triaged(), enrolled(), stepDue(), claimed('a'), sent('a'), delivered('a'), completed];
const leadOf = (id: string, past: Past[], seqsFrom = 0): Recorded[] =>
  recorded(past).map((event) => ({
    ...event,
    leadId: id,
    seq: event.seq + seqsFrom,
    prevSeq: event.prevSeq && event.prevSeq + seqsFrom,
  }));
const listed = async <T>(all: AsyncIterable<T>): Promise<T[]> => {
  const list: T[] = [];
  for await (const one of all) list.push(one);
  return list;
};
/** The events as a reader without the key gets them. */
const withoutKey = (events: Recorded[]): Recorded[] =>
  events.map((event) => {
    const { clear, personal } = split(event.type, event.data);
    return personal ? ({ ...event, data: join(event.type, clear, undefined), sealed: 'a text' } as Recorded) : event;
  });
async function* entries(...all: Entry[]): AsyncGenerator<Entry> {
  yield* all;
}
const verified = (all: Entry[], over: Partial<Verification> = {}): Promise<Report> =>
  verify(entries(...all), { overdueMs: HOUR_MS, ...over });

describe('a log is sorted by lead', () => {
  const ids = Array.from({ length: 40 }, (_, index) => `${index.toString(16).padStart(2, '0')}-lead`);
  const log = whole
    .flatMap((_, index) => ids.map((id) => leadOf(id, whole)[index]))
    .filter((event) => event !== undefined);
  it.each([
    ['in memory', 1e9],
    ['through files', 2_000],
  ])('%s: each lead comes once, whole, in order, and no id is left out', async (_, heldBytesMax) => {
    await using partitions = new Partitions(heldBytesMax);
    for (const event of log) await partitions.put(event);
    const all = await listed(partitions.all());
    expect(all.flatMap(({ leads }) => [...leads])).toEqual(ids.map((id) => [id, leadOf(id, whole)]));
    expect(all.at(0)?.from).toBeUndefined();
    expect(all.at(-1)?.to).toBeUndefined();
    expect(all.slice(1).map(({ from }) => from)).toEqual(all.slice(0, -1).map(({ to }) => to));
  });
  it('or fails without room for it: the error names the folder and the space needed', async () => {
    await using partitions = new Partitions(2_000, '/nowhere');
    const put = async () => {
      for (const event of log) await partitions.put(event);
    };
    await expect(put()).rejects.toThrow(
      "the temporary folder /nowhere can't hold it (ENOENT, 0 MiB kept): let TMPDIR name a folder",
    );
  });
  it('and an empty one is one empty partition, so that documents without a log are seen', async () => {
    await using partitions = new Partitions();
    expect(await listed(partitions.all())).toEqual([{ from: undefined, to: undefined, leads: new Map() }]);
  });
});

describe('the report', () => {
  const afterStop: Past[] = [triaged(), enrolled(), stepDue(), replied(), claimed('a'), sent('a')];

  it('refutes a recovery, and a claim before the confirm, by the log’s identity', async () => {
    const record = { epoch: 'e-1', created: '', hold: null, confirms: [] };
    const named = async (past: Past[], confirms: { was: string; seq: number; hold: { endSeq: number } }[] = []) =>
      (
        await verified(leadOf('one', past), {
          identity: { created: '', record: { ...record, confirms }, witnessed: [] },
        })
      ).findings.map(({ rule, seqs }) => [rule, ...seqs]);
    const recovered: Past = { type: 'lead.recovered', data: { witness: 'projection' } };
    expect(await named([...whole, recovered])).toEqual([['restored', 80]]);
    expect(await named(whole, [{ was: 'e-0', seq: 45, hold: { endSeq: 20 } }])).toEqual([['restored', 40]]);
  });
  it('counts leads, events and claims, and names unknown outcomes', async () => {
    const report = await verified([
      ...leadOf('one', whole),
      ...leadOf('two', [triaged(), enrolled(), stepDue(), claimed('b'), unknown('b')], 100),
    ]);
    expect(report).toMatchObject({
      proven: true,
      events: 12,
      lastSeq: 150,
      judgedAt: '2026-11-23T09:00:06Z',
      leads: { total: 2, completed: 1, parked: 1 },
      claims: { total: 2, accepted: 1, unknown: 1 },
      counts: {},
      unknown: [{ leadId: 'two', seqs: [140, 150], sendId: 'b' }],
    });
    expect(shown(report)).toMatch(/two {2}LEADS 140, 150 {2}b, claimed[\s\S]*PROVEN$/);
  });
  it.each<[string, Past[]]>([
    ['an answer', [replied()]],
    ['a new run', [restarted(), enrolled({}, 'run-2')]],
    ['an erasure', [erased]],
  ])('names nothing any more that an operator has settled, also after %s', async (_, after) => {
    const left: Past[] = [triaged(), enrolled(), stepDue(), claimed('b'), unknown('b'), ...after];
    const claims = async (...said: Past[]) => {
      const {
        proven,
        claims: { accepted, notSent },
        unknown: named,
      } = await verified(withoutKey(leadOf('one', [...left, ...said])));
      return { proven, accepted, notSent, named: named.map(({ sendId }) => sendId) };
    };
    const { type, data } = sent('b') as Draft<'lead.sent'>;
    expect(await claims()).toEqual({ proven: true, accepted: 0, notSent: 0, named: ['b'] });
    expect(await claims({ type, data: { ...data, provider: 'operator', evidence: 'operator', by: 'olga' } })).toEqual({
      proven: true,
      accepted: 1,
      notSent: 0,
      named: [],
    });
    expect(await claims(skipped('operator', 'b'))).toEqual({ proven: true, accepted: 0, notSent: 1, named: [] });
  });
  describe('of an erased lead', () => {
    const erased = (forgets?: number[]): Past => ({
      type: 'lead.erased',
      data: { by: 'olga', ...(forgets ? { forgets } : {}) },
    });
    const gap = (first: number, last: number): Entry => absent({ stream: 'LEADS', first, last });
    const says = async (...all: Entry[]) =>
      (await verified(all)).findings.map((finding) => `${finding.rule}: ${finding.says}`);

    it('is proven when its key is destroyed, and refuted while earlier data is readable', async () => {
      const events = leadOf('one', [...whole, erased()]);
      expect(await says(...withoutKey(events))).toEqual([]);
      expect(await says(...events)).toEqual(['erased: event 10 can be read, and erasure 80 should have ended that']);
    });

    it('needs no event that its erasure forgets, and is refuted by each one still in the log', async () => {
      const [first, ...others] = leadOf('one', [triaged(), enrolled(), erased([10, 20])]);
      const last = others.at(-1) as Recorded;
      expect(await says(gap(10, 10), gap(20, 20), last)).toEqual([]);
      expect(await says(first as Recorded, gap(20, 20), last)).toEqual([
        'erased: event 10 is still there, and erasure 30 forgets it',
      ]);
    });

    it('explains no gap but its own', async () => {
      const forgetful = leadOf('one', [triaged(), enrolled(), erased([10, 20])]).at(-1) as Recorded;
      expect(await says(gap(10, 11), gap(20, 20), forgetful)).toEqual(['chain: LEADS 11 is missing']);
      const greedy = leadOf('one', [triaged(), enrolled(), erased([10, 15, 20])]).at(-1) as Recorded;
      expect(await says(gap(10, 10), gap(15, 15), gap(20, 20), greedy)).toEqual([
        'chain: erasure 30 is version 3 after 20, and forgets other events than those',
      ]);
    });
  });
  it('names lead and events of a violation', async () => {
    const report = await verified(leadOf('one', afterStop));
    expect(report).toMatchObject({
      proven: false,
      counts: { 'after stop': 1 },
      findings: [{ leadId: 'one', seqs: [40, 50] }],
    });
    expect(shown(report)).toMatch(
      new RegExp(
        '^after stop: claimed after a stop was in the log \\(1\\)\n' +
          ' {2}one {2}LEADS 40, 50 {2}claim 50 comes after the stop 40\n[^]*REFUTED by 1 finding$',
      ),
    );
  });
  it('is refuted by unreadable messages, because one may have been a stop', async () => {
    expect(await verified([...leadOf('one', whole), absent({ stream: 'LEADS', first: 80, last: 80 })])).toMatchObject({
      proven: false,
      counts: { chain: 1 },
    });
  });
  it('covers claims since an instant, and checks them against an earlier stop', async () => {
    const since = (time: string) =>
      verified(leadOf('one', afterStop), { since: Temporal.Instant.from(`2026-11-23T09:00:${time}Z`) });
    expect(await since('04')).toMatchObject({ proven: false, counts: { 'after stop': 1 }, claims: { total: 1 } });
    expect(await since('06')).toMatchObject({ proven: true, counts: {}, claims: { total: 0 } });
  });
  it('judges overdue actions by the later of the clock and the last event', async () => {
    const waiting = leadOf('one', whole.slice(0, -1));
    expect(await verified(waiting)).toMatchObject({ proven: true, leads: { waits: 1 } });
    expect(await verified(waiting, { now: Temporal.Instant.from('2026-11-23T11:00:00Z') })).toMatchObject({
      proven: false,
      counts: { stuck: 1 },
    });
    expect(await verified(waiting, { now: Temporal.Instant.from('2026-11-23T08:00:00Z') })).toMatchObject({
      proven: true,
    });
  });
  it('is not proven without the comparison of documents', async () => {
    const report = await verified(leadOf('one', whole));
    expect(shown({ ...report, readModel: { documents: 3, behind: 0, ofOtherFold: 2 } })).toMatch(
      /\nPROVEN, but for 2 documents of another fold, which could not be compared$/,
    );
  });
  it('names the first thousand findings, and counts all', async () => {
    const report = await verified(
      Array.from({ length: 1_001 }, (_, index) => leadOf(`lead-${index}`, afterStop)).flat(),
    );
    expect(report).toMatchObject({ counts: { 'after stop': 1_001 } });
    expect(report.findings).toHaveLength(1_000);
    expect(shown(report)).toMatch(/REFUTED by 1001 findings, of which the first 1000 are named$/);
  });
});

describe('of a log of 4 partitions', () => {
  const erasure: Past = { type: 'lead.erased', data: { by: 'olga', forgets: [10, 20] } };
  const afterStop: Past[] = [triaged(), enrolled(), stepDue(), replied(), claimed('a'), sent('a')];
  const [one, three] = ['00000001-one', '00000003-three'];
  const says = async (...all: Entry[]) =>
    (await verified(all, { partitions: 4 })).findings.map((finding) => [finding.says, finding.places]);

  it('a report names the stream of each event', async () => {
    const unclear: Past[] = [triaged(), enrolled(), stepDue(), claimed('b'), unknown('b')];
    const report = await verified([...leadOf(one, afterStop), ...leadOf(three, unclear)], { partitions: 4 });
    expect(report).toMatchObject({
      lastSeq: [0, afterStop.length * 10, 0, 50],
      findings: [{ leadId: one, seqs: [40, 50], places: ['LEADS-1of4 40', 'LEADS-1of4 50'] }],
      unknown: [{ leadId: three, seqs: [40, 50], places: ['LEADS-3of4 40', 'LEADS-3of4 50'] }],
    });
    expect(shown(report)).toContain(`  ${one}  LEADS-1of4 40, LEADS-1of4 50  claim 50 comes after the stop 40`);
    expect(shown(report)).toContain(`  ${three}  LEADS-3of4 40, LEADS-3of4 50  b, claimed`);
    expect(shown(report)).toContain(`events up to LEADS 0, ${afterStop.length * 10}, 0, 50, judged`);
  });

  it('an erasure explains the gaps of its own stream alone', async () => {
    const gaps = (stream: string) => [10, 20].map((seq) => absent({ stream, first: seq, last: seq }));
    const erased = leadOf(one, [triaged(), enrolled(), erasure]).at(-1) as Recorded;
    expect(await says(...gaps('LEADS-1of4'), erased)).toEqual([]);
    expect(await says(...gaps('LEADS-1of4'), ...gaps('LEADS-3of4'), erased)).toEqual([
      ['LEADS-3of4 10 is missing', ['LEADS-3of4 10']],
      ['LEADS-3of4 20 is missing', ['LEADS-3of4 20']],
    ]);
  });

  it('a mailbox’s mails are named with the streams of their leads', async () => {
    const ids = ['00000000-a', '00000001-b', '00000002-c', '00000003-d'];
    const mailed = ids.flatMap((id) =>
      leadOf(id, [triaged({ trusted: false, mailbox: 'a' }), enrolled(), stepDue(), claimed(id), sent(id)]),
    );
    const { findings } = await verified(mailed, { partitions: 4 });
    expect(findings.find(({ says }) => says.includes('mail 4'))?.places).toEqual(
      [0, 1, 2, 3].map((partition) => `LEADS-${partition}of4 40`),
    );
  });
});

describe('leads together', () => {
  const HOUR = 3_600_000;
  const start = Date.parse('2026-11-23T08:00:00Z');
  const mailed = (id: string, atMs: number, over: { trusted?: boolean; mailbox?: string } = {}, ...more: Past[]) => {
    const given = triaged({ trusted: false, mailbox: 'a-mailbox', ...over });
    const all = leadOf(id, [given, enrolled(), stepDue(), claimed(id), sent(id), ...more], atMs / 1_000);
    return all.map((event) => ({ ...event, at: new Date(start + atMs).toISOString() }));
  };
  const found = async (leads: Recorded[][], over: Partial<Verification> = {}) => {
    const { findings } = await verified(leads.flat(), { leadsPerMailbox: 0, ...over });
    return findings.flatMap(({ rule, says }) => (/mailbox|account/.test(says) ? [`${rule}: ${says}`] : []));
  };
  const hours = (...all: number[]) => all.map((hour, index) => mailed(`lead-${index}`, hour * HOUR));

  it('have three mails a day to one mailbox that strangers name', async () => {
    expect(await found(hours(0, 1, 2, 25))).toEqual([]);
    expect(await found(hours(0, 1, 2, 23))).toEqual([
      expect.stringMatching(/^stranger: claim \d+ is mail 4 of a day to one mailbox$/),
    ]);
    const others = [{ trusted: true }, { mailbox: 'another-mailbox' }];
    for (const over of others) expect(await found([...hours(0, 1, 2), mailed('other', 3 * HOUR, over)])).toEqual([]);
  });

  it('are at most so many new ones a day of one mailbox', async () => {
    expect(await found(hours(0, 1), { leadsPerMailbox: 2 })).toEqual([]);
    expect(await found(hours(0, 1, 2), { leadsPerMailbox: 2 })).toEqual([
      expect.stringMatching(/^stranger: event \d+ is new lead 3 of a day of a mailbox$/),
    ]);
    const since = Temporal.Instant.fromEpochMilliseconds(start + 3 * HOUR);
    expect(await found(hours(0, 1, 2), { leadsPerMailbox: 2, since })).toEqual([]);
  });

  it.each<[string, object, number[], number]>([
    ['none that an operator has paused', {}, [0, 1, 2, 3], 2],
    ['none until its end', { untilMs: start + 2.5 * HOUR }, [0, 1, 2, 3], 1],
    ['one for each try of a service’s pause', { tryEveryMs: HOUR }, [0, 1, 2, 3], 0],
    ['no second one of a try', { tryEveryMs: HOUR }, [2, 2.2], 1],
    ['none before the first try', { tryEveryMs: HOUR }, [1.5], 1],
  ])('have mails of a paused account: %s', async (_, over, mails, refuted) => {
    const accountPaused = { atMs: start + HOUR - 30_000, untilMs: Infinity, ...over };
    const leads = mails.map((hour) => mailed(`lead-${hour}`, hour * HOUR, { trusted: true }));
    expect(await found(leads, { accountPaused })).toEqual(Array(refuted).fill(expect.stringMatching(/^paused: claim/)));
  });
});
