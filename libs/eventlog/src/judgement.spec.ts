import { describe, expect, it } from '@jest/globals';
import type { GuardRecord, Hold, Witness } from '@leadstream/contracts/guard';
import { judgeLog, type Facts, type Judge, type StreamFacts } from './judgement.ts';

const NOW = '2026-11-28T12:00:00Z';
const MADE = '2026-11-01T08:00:00Z';
const record: GuardRecord = { epoch: 'e-1', created: MADE, witnessed: true, hold: null, confirms: [] };
const witness: Witness = { epoch: 'e-1', created: MADE, highSeq: 80, highId: 'id-80', at: new Date(NOW) };
const hold: Hold = {
  reason: 'shorter',
  why: 'log ends at 36, 80 was seen',
  at: NOW,
  by: 'sender',
  endSeq: 36,
  endAt: null,
  highSeq: 80,
};
const ids = (...seqs: number[]) => new Map(seqs.map((seq) => [seq, `id-${seq}`]));
type One = Omit<Facts, 'streams' | 'created'> & Omit<StreamFacts, 'name' | 'lastSeq'> & { log: ReturnType<typeof log> };
const facts: One = {
  log: { created: MADE, lastSeq: 90 },
  record,
  witness,
  ids: ids(80),
  memory: null,
  other: null,
  newestFits: null,
  alive: { at: NOW, by: 'sender' },
};
const judge: Judge = { fresh: true, nowMs: Date.parse(NOW), gapMs: 600_000 };
const of = (over: Partial<One> = {}, how: Partial<Judge> = {}) => {
  const { log: at, witness: seen, ids: there, memory, ...about } = { ...facts, ...over };
  const stream = { name: 'log', lastSeq: at.lastSeq, witness: seen, ids: there, memory };
  return judgeLog({ ...about, created: at.created, streams: [stream] }, { ...judge, ...how });
};
const kind = (...given: Parameters<typeof of>) => {
  const verdict = of(...given);
  return verdict.kind === 'held' ? verdict.reason : verdict.kind;
};
const log = (lastSeq: number, created = MADE) => ({ created, lastSeq });

describe('the log goes on', () => {
  it.each<[string, Partial<One>, Partial<Judge>?]>([
    ['when what was seen is where it was seen', {}],
    ['when MongoDB is older than it', { witness: { ...witness, highSeq: 3, highId: 'id-3' }, ids: ids(3) }],
    [
      'when MongoDB is from before a confirm, whatever its witness',
      {
        record: {
          ...record,
          epoch: 'e-2',
          confirms: [{ was: 'e-1', epoch: 'e-2', by: 'olga', at: NOW, hold, gap: 'skip', seq: 40 }],
        },
        log: log(40),
      },
    ],
    [
      'when the process remembers a log that was confirmed away from',
      {
        record: {
          ...record,
          epoch: 'e-2',
          confirms: [{ was: 'e-1', epoch: 'e-2', by: 'olga', at: NOW, hold, gap: 'skip', seq: 40 }],
        },
        log: log(40),
        witness: { ...witness, epoch: 'e-2', highSeq: 40, highId: 'id-40' },
        ids: ids(40),
        memory: { seq: 85, id: 'id-85', epoch: 'e-1' },
      },
      { fresh: false },
    ],
    ['when the event that was seen is deleted, as an erasure does', { ids: new Map() }],
    ['when nothing was ever projected', { record: { ...record, witnessed: false }, witness: null }],
    [
      'when MongoDB is lost and the process remembers the log',
      { witness: null, memory: { seq: 85, id: 'id-85', epoch: 'e-1' }, ids: ids(85) },
      { fresh: false },
    ],
    [
      'when MongoDB is away and the process has judged it before',
      { witness: undefined, memory: { seq: 85, id: 'id-85', epoch: 'e-1' }, ids: ids(85) },
      { fresh: false },
    ],
    [
      'after a night without services that stopped in good order',
      { alive: { at: '2026-11-27T18:00:00Z', by: 'sender', left: true } },
    ],
    ['after a heartbeat of a clock that is ahead', { alive: { at: '2026-11-28T15:00:00Z', by: 'sender' } }],
    [
      'in a process that survives a gap, as a laptop that slept',
      { alive: { at: '2026-11-27T18:00:00Z', by: 'sender' } },
      { fresh: false },
    ],
    ['when it is of before the guard and the read model fits', { record: null, witness: null, newestFits: true }],
  ])('%s', (...[, over, how]) => expect(kind(over, how)).toBe('goes on'));

  it('and the witness begins where there is none', () => {
    expect(of({ record: { ...record, witnessed: false }, witness: null })).toEqual({ kind: 'goes on', begin: true });
    const confirms = [{ was: 'e-1', epoch: 'e-2', by: 'olga', at: NOW, hold, gap: 'skip' as const, seq: 0 }];
    const other = { stream: 'LEADS-2of4', epoch: 'e-1', highSeq: 80 };
    const begun = of({ record: { ...record, epoch: 'e-2', confirms }, witness: null, other, log: log(0) });
    expect(begun).toEqual({ kind: 'goes on', begin: true });
    expect(of()).toEqual({ kind: 'goes on', begin: false });
  });
});

describe('the log is held', () => {
  it.each<[string, string, Partial<One>, Partial<Judge>?]>([
    ['when it is shorter than what was seen', 'shorter', { log: log(36), ids: new Map() }],
    [
      'when it is gone and a new one exists',
      'epoch',
      { log: log(0, NOW), record: { ...record, epoch: 'e-9', created: NOW, witnessed: false }, ids: new Map() },
    ],
    ['when a fork of it has overtaken what was seen', 'forked', { ids: new Map([[80, 'another']]) }],
    ['when its stream was made anew, as nats account restore does', 'recreated', { log: log(90, NOW) }],
    ['when the record was made anew as well', 'recreated', { log: log(90, NOW), record: { ...record, created: NOW } }],
    ['when it has another epoch', 'epoch', { record: { ...record, epoch: 'e-9' } }],
    [
      'when it is new, and MongoDB has seen a stream of another one',
      'epoch',
      {
        log: log(0),
        record: { ...record, epoch: 'e-9', witnessed: false },
        witness: null,
        other: { stream: 'LEADS-2of4', epoch: 'e-1', highSeq: 80 },
      },
    ],
    ['when it is of before the guard, and MongoDB is not', 'epoch', { record: null }],
    [
      'when it predates the guard and the read model is of another log',
      'not-adopted',
      { record: null, witness: null, newestFits: false },
    ],
    ['without any trace of it: no record, no witness, no document', 'not-adopted', { record: null, witness: null }],
    ['when MongoDB is lost too', 'witness-lost', { witness: null }],
    [
      'when the process itself has seen more than both stores',
      'memory',
      { log: log(80), memory: { seq: 85, id: 'id-85', epoch: 'e-1' } },
      { fresh: false },
    ],
    [
      'when the process itself has seen another event there',
      'memory',
      {
        memory: { seq: 85, id: 'id-85', epoch: 'e-1' },
        ids: new Map([
          [80, 'id-80'],
          [85, 'another'],
        ]),
      },
      { fresh: false },
    ],
    [
      'when both stores are old: no recent sign of life, and no sign-off',
      'gap',
      { alive: { at: '2026-11-28T11:49:00Z', by: 'sender' } },
    ],
    ['as long as that is recorded, whatever fits', 'recorded', { record: { ...record, hold } }],
  ])('%s: %s', (...[, reason, over, how]) => expect(kind(over, how)).toBe(reason));

  it('with where it ends and what was seen', () => {
    expect(of({ log: log(36), ids: new Map() })).toEqual({
      kind: 'held',
      reason: 'shorter',
      why: 'log ends at 36, 80 was seen',
      highSeq: 80,
    });
  });
});

describe('the judgement waits', () => {
  it.each<[string, Partial<One>, Partial<Judge>?]>([
    ['at a start, until MongoDB says what it saw', { witness: undefined }],
    ['with neither record nor MongoDB', { record: null, witness: undefined }],
    ['while a new log has yet to get its epoch', { record: null, witness: null, log: log(0) }],
  ])('%s', (...[, over, how]) => expect(kind(over, how)).toBe('waits'));
});

describe('a log of partitions', () => {
  const stream = (partition: number, over: Partial<StreamFacts> = {}): StreamFacts => ({
    name: `LEADS-${partition}of3`,
    lastSeq: 90,
    witness,
    ids: ids(80),
    memory: null,
    ...over,
  });
  const judged = (...streams: StreamFacts[]) => judgeLog({ ...facts, created: MADE, streams }, judge);

  it('goes on when each of them does, also one that is empty or shorter than another', () => {
    const empty = stream(1, { lastSeq: 0, witness: { ...witness, highSeq: 0, highId: '' } });
    const short = stream(2, { lastSeq: 3, witness: { ...witness, highSeq: 3, highId: 'id-3' }, ids: ids(3) });
    expect(judged(stream(0), empty, short)).toEqual({ kind: 'goes on', begin: false });
  });

  it.each<[string, Partial<StreamFacts>, string, number]>([
    ['behind', { lastSeq: 36, ids: new Map() }, 'shorter', 80],
    ['a fork', { ids: new Map([[80, 'another']]) }, 'forked', 80],
    ['without the event that this process has seen', { memory: { seq: 95, id: 'id-95', epoch: 'e-1' } }, 'memory', 95],
  ])('is held when the last of them is %s, and says how far that one went', (_, over, reason, highSeq) => {
    expect(judged(stream(0), stream(1), stream(2, over))).toMatchObject({ reason, highSeq: [0, 0, highSeq] });
  });

  it('is held when MongoDB has lost the witness of one', () => {
    expect(judged(stream(0), stream(1, { witness: null }), stream(2))).toMatchObject({
      reason: 'witness-lost',
      why: 'LEADS-1of3 ends at 90, and MongoDB does not remember it',
      highSeq: null,
    });
  });

  it('waits for an answer about each of them, unless one is lost', () => {
    const unknown = stream(0, { witness: undefined });
    expect(judged(unknown, stream(1), stream(2))).toMatchObject({ kind: 'waits' });
    expect(judged(unknown, stream(1, { lastSeq: 36 }), stream(2))).toMatchObject({ reason: 'shorter' });
  });

  it('begins the witness of one that has none yet', () => {
    const fresh = stream(2, { lastSeq: 0, witness: null });
    expect(judged(stream(0), stream(1), fresh)).toEqual({ kind: 'goes on', begin: true });
  });
});
