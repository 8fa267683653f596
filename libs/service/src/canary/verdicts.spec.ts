import { describe, expect, it } from '@jest/globals';
import type { MailFacts, RoundFacts } from './facts.ts';
import { judge } from './judge.ts';
import { roundAt, roundsUntil, type CanaryKind } from './rounds.ts';
import { standingOf } from './standing.ts';

const HOUR_MS = 3_600_000;
const TIMETABLE = { everyMs: HOUR_MS, domain: 'canary.example', key: 'the key of the canary' };
const LIMITS = { patienceMs: 300_000, stopMs: 60_000 };
const START = '2026-11-29T17:07:00Z';
const at = (minutes: number) => new Date(Date.parse(START) + minutes * 60_000).toISOString();
const mail = (from: number, over: MailFacts = {}): MailFacts => ({
  plannedAt: at(from),
  dueFrom: at(from + 1),
  dueAt: at(from + 1),
  claimedAt: at(from + 1),
  acceptedAt: at(from + 1),
  receivedAt: at(from + 1),
  deliveredAt: at(from + 1),
  ...over,
});
const whole = (kind: CanaryKind): RoundFacts => ({
  door: { at: at(0) },
  triagedAt: at(0),
  leadId: 'lead',
  trace: 'trace',
  ...(kind === 'silent'
    ? { mails: [mail(0), mail(1)], completedAt: at(2) }
    : { mails: [mail(0), { plannedAt: at(1), dueFrom: at(21) }], answer: { at: at(1) }, stoppedAt: at(1.5) }),
});
const judged = (kind: CanaryKind, minutes: number, facts: Partial<RoundFacts>) => {
  const {
    result,
    stage,
    mail: its,
  } = judge(roundAt(kind, Date.parse(START), TIMETABLE), { ...whole(kind), ...facts }, Date.parse(at(minutes)), LIMITS);
  return [result, stage, its];
};
const without = (facts: MailFacts, ...names: (keyof MailFacts)[]): MailFacts =>
  Object.fromEntries(Object.entries(facts).filter(([name]) => !names.includes(name as keyof MailFacts)));

describe('a round of the canary', () => {
  it('passes when all came in time', () => {
    expect(judged('silent', 30, {})).toEqual(['passed', null, null]);
    expect(judged('answering', 27, {})).toEqual(['passed', null, null]);
  });

  it('is under way until the second mail would have come after the answer', () => {
    expect(judged('answering', 25, {})).toEqual(['pending', 'quiet', 2]);
  });

  it.each<[string, CanaryKind, Partial<RoundFacts>, unknown[]]>([
    ['the door', 'silent', { door: { error: '401' }, triagedAt: undefined, mails: [{}, {}] }, ['door', 1]],
    ['triage', 'silent', { triagedAt: undefined, mails: [{}, {}] }, ['triaged', 1]],
    ['the plan', 'silent', { mails: [{}, {}] }, ['planned', 1]],
    ['the hunt', 'silent', { mails: [{ plannedAt: at(0), dueFrom: at(1) }, {}] }, ['due', 1]],
    ['the claim', 'silent', { mails: [{ plannedAt: at(0), dueFrom: at(1), dueAt: at(1) }, {}] }, ['claimed', 1]],
    [
      'the provider',
      'silent',
      { mails: [without(mail(0), 'acceptedAt', 'receivedAt', 'deliveredAt'), {}] },
      ['accepted', 1],
    ],
    ['the mailbox', 'silent', { mails: [mail(0), without(mail(1), 'receivedAt')] }, ['received', 2]],
    ['the events', 'silent', { mails: [without(mail(0), 'deliveredAt'), mail(1)] }, ['delivered', 1]],
    ['the order', 'silent', { mails: [mail(0, { receivedAt: at(3) }), mail(1)] }, ['order', 2]],
    ['the end', 'silent', { completedAt: undefined }, ['completed', 2]],
    ['the stop', 'answering', { stoppedAt: undefined }, ['stopped', 1]],
    ['a mail after the answer', 'answering', { mails: [mail(0), mail(21)] }, ['quiet', 2]],
  ])('names %s', (_, kind, facts, named) => {
    expect(judged(kind, 29, facts)).toEqual(['broken', ...named]);
  });

  it('is late when a stage came after its limit, and names the first such stage', () => {
    expect(judged('answering', 30, { stoppedAt: at(2.1) })).toEqual(['late', 'stopped', 1]);
  });

  it('is skipped when nobody ran it', () => {
    expect(
      judge(roundAt('silent', Date.parse(START), TIMETABLE), { mails: [{}, {}] }, Date.parse(at(6)), LIMITS),
    ).toMatchObject({
      result: 'skipped',
    });
  });
});

describe('the rounds', () => {
  it('derive from the clock alone, with an address that only the key’s holder knows', () => {
    const rounds = roundsUntil(Date.parse('2026-11-29T17:40:00Z'), TIMETABLE);
    expect(rounds.map(({ id }) => id)).toEqual([
      'silent-20261129t150700',
      'answering-20261129t153700',
      'silent-20261129t160700',
      'answering-20261129t163700',
      'silent-20261129t170700',
      'answering-20261129t173700',
    ]);
    expect(roundsUntil(Date.parse('2026-11-29T17:41:00Z'), TIMETABLE)).toEqual(rounds);
    const [{ address } = { address: '' }] = rounds;
    expect(address).toMatch(/^silent-20261129t150700-[\da-f]{10}@canary\.example$/);
    expect(roundsUntil(Date.parse('2026-11-29T17:40:00Z'), { ...TIMETABLE, key: 'another' })[0]?.address).not.toBe(
      address,
    );
  });

  it('fail in a row up to the last one in time; one under way says nothing', () => {
    const verdicts = [
      ['passed', 0],
      ['broken', 60],
      ['late', 120],
      ['pending', 180],
    ] as const;
    const all = verdicts.map(([result, minutes]) => ({
      ...judge(roundAt('silent', Date.parse(START), TIMETABLE), whole('silent'), Date.parse(at(30)), LIMITS),
      result,
      endedMs: Date.parse(at(minutes)),
    }));
    expect(standingOf('silent', all)).toMatchObject({
      failures: 2,
      latest: { result: 'late' },
      lastSuccessMs: Date.parse(at(0)),
    });
    expect(standingOf('answering', all)).toEqual({ failures: 0 });
  });
});
