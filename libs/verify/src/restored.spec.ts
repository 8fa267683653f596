import { describe, expect, it } from '@jest/globals';
import type { Data, SendClass } from '@leadstream/contracts/events';
import {
  claimed,
  delivered,
  enrolled,
  nextPlanned,
  sent,
  skipped,
  stepDue,
  triaged,
  lostClaim,
  resubmitted,
} from '@leadstream/testing/builders';
import { MONDAY, recorded, type Past } from '@leadstream/testing/given';
import { readClaims } from './claims.ts';
import { judge } from './judge.ts';
import { heldClaims, identityFaults, unexplained, type Identity } from './restored.ts';

const MADE = '2026-11-01T08:00:00Z';
const confirm = { was: 'e-1', seq: 50, hold: { endSeq: 30 } };
const record = { epoch: 'e-2', created: MADE, hold: null, confirms: [confirm] };
const whole: Identity = { created: MADE, record, witnessed: ['e-2'] };
const faults = (over: Partial<Identity>) => identityFaults({ ...whole, ...over }).length;

const rulesOf = (past: Past[], restoredSeq?: number) =>
  judge(recorded(past), { now: Temporal.Instant.from(MONDAY), overdueMs: 1e9, restoredSeq }).findings.map(
    ({ rule }) => rule,
  );
const zone = (id: string, source: 'explicit' | 'default') =>
  ({ id, source, confidence: 'high', evidence: '' }) as const;
const begun = [triaged(), enrolled(), stepDue()];

describe('a claim that a restore took away', () => {
  const of = (restoredSeq: number | undefined, ...past: Past[]) => rulesOf([...begun, ...past], restoredSeq);
  it('is named when the provider reports its mail, and refutes a log without a restore', () => {
    expect([of(30, delivered('lost')), of(undefined, delivered('lost')), of(40, delivered('lost'))]).toEqual([
      ['lost claim'],
      ['claim'],
      ['claim'],
    ]);
  });
  it('is recovered from its sender’s report: its step ends, or waits for an operator', () => {
    expect([
      of(30, lostClaim('accepted'), nextPlanned({ index: 1 })),
      of(30, lostClaim('unknown'), nextPlanned({ index: 1 })),
    ]).toEqual([[], ['unplanned']]);
    expect(of(30, lostClaim('accepted'), claimed())).toEqual(expect.arrayContaining(['claim']));
  });
  it('ends a step that the restored log has yet to plan', () => {
    const of = (outcome: 'accepted' | 'unknown') =>
      rulesOf([triaged(), lostClaim(outcome), enrolled(), nextPlanned({ index: 1 })], 30);
    expect([of('accepted'), of('unknown')]).toEqual([[], ['unplanned']]);
  });
  it('is settled by a later report of the provider', () =>
    expect(of(30, lostClaim('unknown'), delivered('lost'), nextPlanned({ index: 1 }))).toEqual([]));
});

describe('a step that a lost log sent twice', () => {
  const send = { runId: 'run-1', step: 0, stepId: 'first', audience: 'lead', outcome: 'accepted' } as const;
  const recoveredAs = (refused?: SendClass, attempt = 2): Past => ({
    type: 'lead.recovered',
    data: {
      witness: 'projection',
      sends: {
        a: { ...send, attempt: 1, startedAt: '2026-11-23T09:15:00Z', ...(refused ? { refused } : {}) },
        b: { ...send, attempt, startedAt: '2026-11-23T09:15:01Z' },
      },
    },
  });
  const of = (...past: Past[]) => rulesOf([...begun, ...past], 30);
  it('was unavoidable there only where the provider had refused the first mail', () => {
    expect([of(recoveredAs('server-error')), of(claimed('a'), recoveredAs('server-error'))]).toEqual([
      ['unavoidable double'],
      ['unavoidable double'],
    ]);
    expect([of(recoveredAs()), of(recoveredAs('unreachable')), of(recoveredAs(), delivered('a'))]).toEqual([
      ['double'],
      ['double'],
      ['double'],
    ]);
  });
  it('is a double of ours where the restored log claimed the step again', () => {
    const [first] = Object.entries((recoveredAs('server-error').data as Data<'lead.recovered'>).sends ?? {});
    const known: Past = {
      type: 'lead.recovered',
      data: { witness: 'projection', sends: Object.fromEntries([first!]) },
    };
    expect(of(known, claimed('b'), sent('b'))).toEqual(expect.arrayContaining(['double']));
  });
});

describe('a time zone that only a witness knew', () => {
  const known: Past[] = [
    triaged({ zone: zone('Asia/Tokyo', 'default') }),
    { type: 'lead.recovered', data: { witness: 'projection', zone: zone('Europe/Berlin', 'explicit') } },
    resubmitted(null, { zone: zone('Asia/Tokyo', 'explicit'), trusted: false }),
  ];
  it.each([
    ['10:00 in Berlin, 18:00 in Tokyo', '2026-11-23T09:00:00Z', []],
    ['01:30 in Berlin, 09:30 in Tokyo', '2026-11-24T00:30:00Z', ['window']],
  ])('is not replaced by that of a stranger’s later form: %s', (_, at, found) =>
    expect(rulesOf([...known, enrolled({ at }), { ...stepDue(), at }, { ...claimed(), at }])).toEqual(found),
  );
});

describe('a log is refuted', () => {
  it('not when it is the log seen before, or a confirm explains the difference', () => {
    expect([
      faults({}),
      faults({ witnessed: ['e-1'] }),
      faults({ witnessed: [] }),
      faults({ record: null, witnessed: [] }),
    ]).toEqual([0, 0, 0, 0]);
  });
  it('when it is held, or of another epoch or creation without a confirm', () => {
    expect([
      faults({ record: { ...record, hold: { why: 'log ends at 36, 80 was seen' } } }),
      faults({ witnessed: ['e-9'] }),
      faults({ created: '2026-11-20T08:00:00Z' }),
      faults({ record: null }),
    ]).toEqual([1, 1, 1, 1]);
  });
  it.each<[string, Past, number]>([
    ['made a call', sent(), 1],
    ['was given back', skipped('stalled', 'send-1'), 0],
  ])('by a claim between restore and confirm that %s', (_, outcome, count) => {
    const { claims } = readClaims(recorded([...begun, claimed(), outcome]));
    expect(heldClaims('lead', claims, whole)).toHaveLength(count);
    expect(
      heldClaims('lead', claims, { ...whole, record: { ...record, confirms: [{ ...confirm, hold: { endSeq: 40 } }] } }),
    ).toEqual([]);
  });
  it('by a recovery without a restore, unless a sender reports its own claim', () => {
    const found = (event: Past, confirms = [confirm]) =>
      unexplained(recorded([...begun, event]), { ...whole, record: { ...record, confirms } }).map(({ seqs }) => seqs);
    const forged: Past = {
      type: 'lead.recovered',
      data: { witness: 'projection', zone: zone('Asia/Tokyo', 'explicit') },
    };
    expect([found(forged, []), found(forged), found(lostClaim('accepted'), [])]).toEqual([[[40]], [], []]);
  });
});
