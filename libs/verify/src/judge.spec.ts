import { describe, expect, it } from '@jest/globals';
import { idAndTime, NO_OUTCOME } from '@leadstream/contracts/envelope';
import type { Draft, Recorded } from '@leadstream/contracts/events';
import {
  bounced,
  claimed,
  completed,
  declined,
  deferred,
  delivered,
  enrolled,
  erased,
  failed,
  nextPlanned,
  nurture,
  paused,
  plannedStep,
  replied,
  restarted,
  resubmitted,
  resumed,
  sent,
  skipped,
  stepDue,
  suppressed,
  triaged,
  undelivered,
  unknown,
  unsubscribed,
} from '@leadstream/testing/builders';
import { LEAD_ID, MONDAY, recorded, type Past } from '@leadstream/testing/given';
import { judge } from './judge.ts';
import {
  HOUR_MS,
  at,
  says,
  second,
  of,
  retried,
  found,
  begun,
  first,
  whole,
  refusal,
  RETRY_AT,
  againDue,
  again,
} from './testing/judged.ts';

const settled = (sendId: string, attempt = 1): Draft =>
  of(sent(sendId, attempt), { evidence: 'provider-event', feedbackKey: `processed/${sendId}` });
const asRun2 = (event: Draft): Draft => of(event, { runId: 'run-2' });

const moved: Past = { type: 'lead.moved', data: { by: 'olga', route: nurture, step: 1 }, id: 'run-2' };
const nights = { ...plannedStep(), window: undefined };
/** Attempts 2 to `last` of the step, each after the provider's refusal of the one before. */
const retries = (last: number): Draft[] =>
  Array.from({ length: last - 1 }, (_, index) =>
    retried(`a${index + 2}`, { ...refusal, sendId: index === 0 ? 'a' : `a${index + 1}` }, index + 2),
  );

describe('a log that keeps every promise', () => {
  it.each<[string, Past[]]>([
    ['both mails of a sequence', whole],
    ['a lead that answered', [...first, replied()]],
    ['an address that a list names, before its lead came', [suppressed(), triaged()]],
    ['a mail that was on its way when the answer came', [...begun, claimed('a'), replied(), sent('a')]],
    [
      'an attempt that repeats one the provider refused',
      [...begun, claimed('a'), retried('b', refusal), sent('b', 2), completed],
    ],
    [
      'a step that was deferred, planned again and sent',
      [...begun, claimed('a'), deferred('a'), ...again('b'), completed],
    ],
    ['a claim that was given back because of a stop', [...begun, claimed('a'), replied(), skipped('stopped', 'a')]],
    [
      'an unknown outcome that a search at the claim’s provider settled',
      [...begun, claimed('a', { provider: 'mailgun' }), unknown('a'), found()],
    ],
    [
      'an unknown outcome that the provider’s own event settled',
      [...begun, claimed('a'), unknown('a'), settled('a'), completed],
    ],
    [
      'an unknown outcome that an operator settled',
      [...begun, claimed('a'), unknown('a'), of(sent('a'), { evidence: 'operator', by: 'olga' }), completed],
    ],
    ['a failure that an operator left out', [...begun, claimed('a'), failed('a'), skipped('operator', 'a'), completed]],
    ['an acceptance that a report showed before the answer did', [...begun, claimed('a'), delivered('a'), completed]],
    [
      'a refusal that the provider revoked, without another attempt',
      [...begun, claimed('a'), deferred('a'), settled('a'), completed],
    ],
    [
      'a mail that was dropped after the provider had it, before it answered',
      [...begun, claimed('a'), undelivered('dropped', 'a'), nextPlanned({ index: 1 })],
    ],
    [
      'an unknown outcome of a mail that was blocked later',
      [...begun, claimed('a'), unknown('a'), undelivered('blocked', 'a'), completed],
    ],
    ['six calls of one step', [...begun, claimed('a'), ...retries(6), sent('a6', 6), completed]],
    [
      'a refusal that was reported after the sweep',
      [...begun, claimed('a'), unknown('a'), deferred('a'), ...again('b'), completed],
    ],
    ['a step that the hunter found twice', [...begun, stepDue(), claimed('a'), sent('a'), completed]],
    [
      'a step that a guard held back, planned again',
      [
        ...begun,
        skipped('window'),
        nextPlanned({ at: RETRY_AT }, 'window'),
        at('09:05:00', stepDue()),
        at('09:05:00', claimed('b')),
        at('09:05:01', sent('b')),
        completed,
      ],
    ],
    [
      'a claim that its claimant gave back, and its step planned again',
      [...begun, claimed('a'), skipped('stalled', 'a'), ...again('b'), completed],
    ],
    [
      'a late step that its plan skips, and the one after it',
      [
        triaged(),
        enrolled({ whenLate: 'skip' }),
        stepDue(),
        skipped('late'),
        nextPlanned({ index: 1 }),
        stepDue(second),
        claimed('b', second),
        of(sent('b'), second),
        completed,
      ],
    ],
    [
      'a run that was moved to its second step',
      [
        ...first,
        moved,
        enrolled({ index: 1 }, 'run-2'),
        asRun2(stepDue(second)),
        asRun2(claimed('b', second)),
        asRun2(of(sent('b'), second)),
      ],
    ],
    [
      'a rep who is notified of a reply, once the mail in flight has its outcome',
      [
        ...begun,
        claimed('a'),
        { ...replied(), id: 'run-2' },
        sent('a'),
        { ...completed, data: { runId: 'run-1', sequence: 'content-nurture', why: 'stopped' } } as Draft,
        {
          type: 'lead.enrolled',
          data: { runId: 'run-2', sequence: 'reply-notice', version: 1, planned: plannedStep({ audience: 'staff' }) },
        },
        asRun2(stepDue({ audience: 'staff' })),
        asRun2(claimed('c', { audience: 'staff' })),
        asRun2(of(sent('c'), { audience: 'staff' })),
      ],
    ],
    ['a step that was late and is left out', [...begun, skipped('late'), completed]],
    [
      'a lead that was paused and resumed',
      [triaged(), enrolled(), paused, resumed, stepDue(), claimed('a'), sent('a'), completed],
    ],
    [
      'a lead that an operator restarted after its answer',
      [
        ...first,
        replied(),
        restarted(),
        enrolled({}, 'run-2'),
        asRun2(stepDue()),
        asRun2(claimed('c')),
        asRun2(sent('c')),
      ],
    ],
    [
      'a mail that was in flight when the lead declined the sequence',
      [
        ...begun,
        claimed('a'),
        declined(),
        sent('a'),
        { type: 'lead.sequence-completed', data: { runId: 'run-1', sequence: 'content-nurture', why: 'stopped' } },
      ],
    ],
    ['a sequence beside a declined one', [...begun, declined('sales-demo'), claimed('a'), sent('a'), completed]],
    [
      'a sequence that was declined, and restarted',
      [
        ...first,
        declined(),
        restarted(),
        enrolled({}, 'run-2'),
        asRun2(stepDue()),
        asRun2(claimed('c')),
        asRun2(sent('c')),
      ],
    ],
    [
      'a rep who is mailed by a sequence that the lead has declined',
      [
        triaged(),
        enrolled({ audience: 'staff' }),
        declined(),
        stepDue({ audience: 'staff' }),
        claimed('a', { audience: 'staff' }),
        of(sent('a'), { audience: 'staff' }),
        completed,
      ],
    ],
    [
      'a rep who is mailed about a lead that replied',
      [
        ...first,
        replied(),
        { ...resubmitted(), id: 'run-2' },
        enrolled({ audience: 'staff' }, 'run-2'),
        asRun2(stepDue({ audience: 'staff' })),
        asRun2(claimed('c', { audience: 'staff' })),
        asRun2(of(sent('c'), { audience: 'staff' })),
      ],
    ],
    [
      'a claim in the first minute of the hours',
      [
        triaged(),
        enrolled({ at: '2026-11-23T08:15:00Z' }),
        at('08:15:00', stepDue()),
        at('08:15:00', claimed('a')),
        at('08:15:01', sent('a')),
      ],
    ],
    [
      'a claim in the last minute of the hours',
      [
        triaged(),
        enrolled({ at: '2026-11-23T16:29:00Z' }),
        at('16:29:59', stepDue()),
        at('16:29:59.999', claimed('a')),
        at('16:30:01', sent('a')),
      ],
    ],
    [
      'a claim at night, of a step without hours',
      [
        triaged(),
        { type: 'lead.enrolled', data: { runId: 'run-1', sequence: 'content-nurture', version: 1, planned: nights } },
        at('10:00:00', stepDue()),
        at('10:00:00', claimed('a')),
        at('23:00:00', sent('a')),
      ],
    ],
    [
      'a retry of a build that also hashes To and From',
      [
        ...begun,
        claimed('a', { mailHash: { words: 'x', whole: 'y' } }),
        of(retried('b', refusal), { mailHash: { words: 'x', whole: 'y', to: 'z' } }),
        sent('b', 2),
        completed,
      ],
    ],
    [
      'a zone that a later submission only guessed',
      [
        triaged(),
        resubmitted(null, { zone: { id: 'Asia/Tokyo', source: 'default', confidence: 'low', evidence: 'none' } }),
        ...first.slice(1),
      ],
    ],
  ])('%s', (_, past) => expect(says(recorded(past))).toEqual([]));
});

describe('a log that was edited', () => {
  const run2 = [enrolled({}, 'run-2'), asRun2(stepDue()), asRun2(claimed('c')), asRun2(sent('c'))];
  it.each<[string, Past[], string[]]>([
    ['another provider’s answer', [...begun, claimed('a', { provider: 'mailgun' }), sent('a')], ['claim: 40 50']],
    ...[
      ['at another provider', found({ provider: 'postmark' })],
      ['without a record', found({ foundAt: undefined })],
      ['of another send', found({ feedbackKey: 'lookup/b' })],
      ['with a record from before the claim', found({ foundAt: '2026-11-22T09:00:00Z' })],
      ['that is the response, too', found({ evidence: 'response' })],
    ].map(([what, event]): [string, Past[], string[]] => [
      `a search ${what as string}`,
      [...begun, claimed('a', { provider: 'mailgun' }), unknown('a'), event as Draft],
      ['claim: 40 60'],
    ]),
    [
      'a search for a send whose outcome was known',
      [...begun, claimed('a', { provider: 'mailgun' }), found()],
      ['claim: 40 50'],
    ],
    [
      'a second mail of a step',
      [...whole, claimed('c'), sent('c')],
      ['claim: 40 130', 'unplanned: 20 130', 'double: 40 50 130 140'],
    ],
    [
      'two claims of a step, both accepted by reports',
      [...begun, claimed('a'), claimed('b'), delivered('a'), delivered('b'), completed],
      ['claim: 40 50', 'unplanned: 20 50', 'double: 40 50 60 70'],
    ],
    [
      'a repetition of a call of unknown outcome',
      [
        ...begun,
        claimed('a'),
        unknown('a'),
        retried('b', { sendId: 'a', class: 'timeout' }),
        sent('b', 2),
        settled('a'),
      ],
      ['claim: 40 50 60', 'claim: 40 60', 'double: 40 60 70 80'],
    ],
    [
      'a repetition after the provider had shown that it has the mail',
      [...begun, claimed('a'), delivered('a'), retried('b', refusal), sent('b', 2)],
      ['claim: 40 50 60', 'double: 40 50 60 70'],
    ],
    [
      'a claim after an answer',
      [...first, replied(), nextPlanned({ index: 1 }), stepDue(second), claimed('b', second), of(sent('b'), second)],
      ['unplanned: 60 80', 'after stop: 60 90'],
    ],
    [
      'a claim after a list that came before the lead',
      [suppressed(), ...begun, claimed('a'), sent('a')],
      ['after stop: 10 50'],
    ],
    ['a claim after an unsubscribe', [...begun, unsubscribed, claimed('a'), sent('a')], ['after stop: 40 50']],
    [
      'a claim of a sequence that the lead had declined',
      [...begun, declined(), claimed('a'), sent('a')],
      ['after stop: 40 50'],
    ],
    [
      'a retry after the lead had declined the sequence',
      [...begun, claimed('a'), declined(), retried('b', refusal), sent('b', 2)],
      ['after stop: 50 60'],
    ],
    [
      'a claim of a declined sequence, after a restart into another',
      [...first, declined(), restarted({ ...nurture, sequence: 'sales-demo' }), ...run2],
      ['unplanned: 70 80', 'unplanned: 90', 'after stop: 60 100'],
    ],
    [
      'a retry after a bounce',
      [...begun, claimed('a'), bounced, retried('b', refusal), sent('b', 2)],
      ['after stop: 50 60'],
    ],
    [
      'a claim after a bounce that a restart does not lift',
      [...first, bounced, restarted(), ...run2],
      ['after stop: 60 100', 'command: 70'],
    ],
    [
      'a mail to the rep after the lead was erased',
      [
        triaged(),
        enrolled({ audience: 'staff' }),
        stepDue({ audience: 'staff' }),
        erased,
        claimed('a', { audience: 'staff' }),
        of(sent('a'), { audience: 'staff' }),
      ],
      ['after stop: 40 50'],
    ],
    [
      'a mail to the lead that calls itself one to the rep',
      [...begun, replied(), claimed('a', { audience: 'staff' }), of(sent('a'), { audience: 'staff' })],
      ['unplanned: 20 50', 'after stop: 40 50'],
    ],
    ['a claim while the lead is paused', [...begun, paused, claimed('a'), sent('a')], ['paused: 40 50']],
    [
      'a claim at the minute in which the hours end',
      [
        triaged(),
        enrolled({ at: '2026-11-23T16:29:00Z' }),
        at('16:30:00', stepDue()),
        at('16:30:00', claimed('a')),
        at('16:30:01', sent('a')),
      ],
      ['window: 20 40'],
    ],
    [
      'a claim before the hours, where the lead lives',
      [
        triaged({ zone: { id: 'America/New_York', source: 'explicit', confidence: 'high', evidence: '' } }),
        ...first.slice(1),
      ],
      ['window: 20 40'],
    ],
    [
      'a claim on a Sunday',
      [
        triaged(),
        enrolled({ at: '2026-11-22T09:00:00Z' }),
        stepDue(),
        { ...claimed('a', { deadline: '2026-11-22T10:01:30Z' }), at: '2026-11-22T10:00:00Z' },
        sent('a'),
      ],
      ['window: 20 40'],
    ],
    [
      'a claim five hours after its time',
      [triaged(), enrolled(), stepDue(), at('14:00:00', claimed('a')), at('14:00:01', sent('a'))],
      ['window: 20 40'],
    ],
    [
      'a claim in a zone that does not exist',
      [
        triaged({ zone: { id: 'Mars/Olympus', source: 'explicit', confidence: 'high', evidence: '' } }),
        ...first.slice(1),
      ],
      ['window: 20 40'],
    ],
    ['a claim of an unplanned step', [...begun, claimed('a', second), of(sent('a'), second)], ['unplanned: 40']],
    [
      'a claim of a run that another took over from',
      [
        ...first,
        restarted(),
        enrolled({}, 'run-2'),
        nextPlanned({ index: 1 }),
        stepDue(second),
        claimed('b', second),
        of(sent('b'), second),
      ],
      ['unplanned: 70 80', 'unplanned: 70 90', 'unplanned: 100'],
    ],
    [
      'a claim of a run after another was asked for',
      [...begun, restarted(), claimed('a'), sent('a')],
      ['unplanned: 50'],
    ],
    ['a claim before its step was due', [triaged(), enrolled(), claimed('a'), sent('a')], ['unplanned: 20 30']],
    [
      'a deferred step that was not planned again',
      [...begun, claimed('a'), deferred('a'), claimed('b'), sent('b')],
      ['unplanned: 20 60'],
    ],
    [
      'a step that was due before its time',
      [triaged(), enrolled({ at: '2026-11-23T09:30:00Z' }), ...first.slice(2)],
      ['unplanned: 20 30'],
    ],
    ['an outcome without a claim', [...begun, sent('a')], ['claim: 40']],
    ['a report of a mail without a claim', [...first, delivered('x')], ['claim: 60']],
    ['an outcome that is said twice', [...first, sent('a')], ['claim: 40 50 60']],
    ['a refusal of what was accepted', [...first, deferred('a')], ['claim: 40 50 60']],
    [
      'an operator’s resolution of an open claim',
      [...begun, claimed('a'), of(sent('a'), { evidence: 'operator' })],
      ['claim: 40 50'],
    ],
    ['an outcome of another step than its claim’s', [...begun, claimed('a'), of(sent('a'), second)], ['claim: 40 50']],
    [
      'a claim without an outcome, and a lead that goes on',
      [...begun, claimed('a'), restarted(), ...run2],
      ['command: 50', 'claim: 40'],
    ],
    [
      'attempts that are not numbered',
      [...begun, claimed('a'), retried('b', refusal, 3), of(sent('b', 3), {})],
      ['claim: 40 50'],
    ],
    [
      'a retry with another mail',
      [
        ...begun,
        claimed('a', { mailHash: { words: 'x', whole: 'y' } }),
        of(retried('b', refusal), { mailHash: { words: 'x', whole: 'z' } }),
        sent('b', 2),
        completed,
      ],
      ['claim: 40 50'],
    ],
    [
      'a retry to another address',
      [
        ...begun,
        claimed('a', { mailHash: { words: 'x', whole: 'y', to: 'p' } }),
        of(retried('b', refusal), { mailHash: { words: 'x', whole: 'y', to: 'q' } }),
        sent('b', 2),
        completed,
      ],
      ['claim: 40 50'],
    ],
    ['a first attempt that is the second', [...begun, claimed('a', { attempt: 2 }), sent('a', 2)], ['claim: 40']],
    ['a retry that names an attempt that is not there', [...begun, retried('b', refusal), sent('b', 2)], ['claim: 40']],
    ['two claims with one id', [...begun, claimed('a'), deferred('a'), ...again('a')], ['claim: 40 80']],
    [
      'a mail of a step, appended to the log again',
      [...first, claimed('a'), sent('a'), completed],
      ['claim: 40 60', 'claim: 40 60', 'unplanned: 20 60', 'double: 40 50 60 70'],
    ],
    ['a second acceptance, without a claim', [...first, sent('x'), completed], ['claim: 60', 'double: 40 50 60']],
    [
      'a second mail that was accepted and dropped',
      [...first, claimed('c'), undelivered('dropped', 'c'), completed],
      ['claim: 40 60', 'unplanned: 20 60', 'double: 40 50 60 70'],
    ],
    ['a seventh call', [...begun, claimed('a'), ...retries(7), sent('a7', 7), completed], ['claim: 100']],
    [
      'an outcome of another attempt than its claim’s',
      [...begun, claimed('a'), retried('b', refusal), sent('b', 1)],
      ['claim: 50 60'],
    ],
    [
      'a retry of a call without a response',
      [...begun, claimed('a'), retried('b', { sendId: 'a', class: 'timeout' }), sent('b', 2)],
      ['claim: 40 50'],
    ],
    [
      'a retry after a permanent refusal',
      [...begun, claimed('a'), retried('b', { sendId: 'a', class: 'permanent' }), sent('b', 2)],
      ['claim: 40 50'],
    ],
    [
      'a timeout recorded as a refusal',
      [...begun, claimed('a'), of(deferred('a'), { class: 'gateway' }), ...again('b')],
      ['claim: 40 50'],
    ],
    [
      'a timeout recorded as a failure',
      [...begun, claimed('a'), of(failed('a'), { class: 'connection-lost' })],
      ['claim: 40 50'],
    ],
    ['a claim with a deadline tomorrow', [...begun, claimed('a', { deadline: '2026-11-24T09:00:00Z' })], ['claim: 40']],
    [
      'a claim without an outcome, and a next step',
      [
        ...begun,
        claimed('a'),
        nextPlanned({ index: 1 }),
        stepDue(second),
        claimed('b', second),
        of(sent('b'), second),
        completed,
      ],
      ['unplanned: 20 50', 'unplanned: 20 60', 'unplanned: 20 90'],
    ],
    [
      'an unknown outcome, and a next step',
      [...begun, claimed('a'), unknown('a'), nextPlanned({ index: 1 })],
      ['unplanned: 20 60'],
    ],
    [
      'a failure, and the step again',
      [...begun, claimed('a'), failed('a'), ...again('b')],
      ['unplanned: 20 60', 'unplanned: 20 70'],
    ],
    [
      'a refusal, planned again before the time it names',
      [...begun, claimed('a'), deferred('a'), nextPlanned({ at: '2026-11-23T09:04:59Z' }, 'retry')],
      ['unplanned: 20 60'],
    ],
    [
      'a step that is planned again without its hours',
      [
        ...begun,
        skipped('window'),
        { type: 'lead.step-planned', data: { runId: 'run-1', planned: nights, why: 'window' } },
      ],
      ['unplanned: 20 50'],
    ],
    [
      'a step that a guard held back, and that was claimed all the same',
      [...begun, skipped('window'), claimed('a'), sent('a')],
      ['unplanned: 20 50'],
    ],
    ['a step that is held back before it is due', [triaged(), enrolled(), skipped('window')], ['unplanned: 20 30']],
    ['a step of a run that has ended', [...whole, stepDue()], ['unplanned: 130']],
    [
      'a late step that was skipped, and sent',
      [...begun, skipped('late'), completed, stepDue(), claimed('a'), sent('a')],
      ['unplanned: 60'],
    ],
    ['a step that was left out', [...begun, claimed('a'), sent('a'), nextPlanned({ index: 2 })], ['unplanned: 20 60']],
    [
      'a mail of another template than was planned',
      [...begun, claimed('a', { action: 'second' }), sent('a')],
      ['unplanned: 20 40'],
    ],
    [
      'a run of another sequence than requested',
      [triaged({ route: { ...nurture, sequence: 'sales-demo' } }), ...first.slice(1)],
      ['unplanned: 10 20'],
    ],
    [
      'a run that begins after a request for another one',
      [triaged(), restarted(), ...first.slice(1)],
      ['unplanned: 20 30', 'unplanned: 20 40'],
    ],
    ['a move that begins at another step', [...first, moved, enrolled({}, 'run-2')], ['unplanned: 60 70']],
    [
      'an end that is of another sequence',
      [...first, { ...completed, data: { runId: 'run-1', sequence: 'sales-demo', why: 'finished' } } as Draft],
      ['unplanned: 20 60'],
    ],
    ['an end while a step is due', [...begun, completed], ['unplanned: 20 40']],
    ['a plan after the lead was erased', [...first, erased, nextPlanned({ index: 1 })], ['unplanned: 70']],
    ['two events with one id', [...first.slice(0, -1), { ...sent('a'), id: 'event-2' }], ['chain: 20 50']],
    ['a run without a request', [triaged(), enrolled({}, 'run-9')], ['chain: 20', 'unplanned: 10 20']],
    ['a run that begins twice', [...first, { ...enrolled(), id: 'again' }], ['chain: 20 60', 'unplanned: 20 60']],
    [
      'a lead that is triaged twice',
      [...first, { ...triaged({ intake: { seq: 9, key: 'web/9' } }), id: 'run-9' }],
      ['chain: 60'],
    ],
    ['a report that is taken in twice', [...first, delivered('a'), delivered('a')], ['fact: 60 70']],
    [
      'a submission that is taken in twice',
      [...first, resubmitted(nurture, { intake: { seq: 1, key: 'web/1' } })],
      ['fact: 10 60'],
    ],
  ])('%s is found', (_, past, found) => expect(says(recorded(past))).toEqual(found));

  const edit = (change: (events: Recorded[]) => Recorded[]): Recorded[] => change([...recorded(whole)]);
  it.each(
    recorded(whole)
      .slice(0, -1)
      .map(({ seq, type }) => [seq, type] as const),
  )('without event %i, %s', (seq) => {
    expect(says(edit((events) => events.filter((event) => event.seq !== seq)))).toContainEqual(
      expect.stringContaining('chain'),
    );
  });
  it.each(recorded(whole).map(({ seq, type }) => [seq, type] as const))(
    'with event %i, %s, appended again at the end',
    (seq) => {
      expect(
        says(
          edit((events) => [
            ...events,
            ...events.filter((event) => event.seq === seq).map((event) => ({ ...event, seq: 999 })),
          ]),
        ),
      ).toContainEqual(expect.stringMatching(/^chain/));
    },
  );
  it('with an event that names a wrong predecessor', () => {
    expect(
      says(edit((events) => events.map((event) => (event.seq === 60 ? { ...event, prevSeq: 40 } : event)))),
    ).toEqual(['chain: 50 60']);
  });
  it.each([
    ['run-1', 0, []],
    ['run-1', 1, ['chain: 120']],
    ['event-8', 0, ['chain: 120']],
    [NO_OUTCOME, 0, ['chain: 120']],
  ])('with an end that has the last outcome %s, %i ms later: %j', (id, lateMs, found) => {
    const past = recorded(whole);
    const cause = past.find((event) => event.id === id);
    const prevOutcome = cause ? idAndTime(id, Date.parse(cause.at) + lateMs) : id;
    const end = past.length * 10;
    const named = past.map((event) => (event.seq === end ? { ...event, prevOutcome } : event));
    expect([end, says(named)]).toEqual([120, found]);
  });
  it('in another order', () => {
    expect(
      says(edit(([a, b, c, ...rest]) => [a, c, b, ...rest].filter((event) => event !== undefined))),
    ).toContainEqual(expect.stringContaining('chain'));
  });
});

describe('a double mail because the provider accepted a mail that it had refused', () => {
  const taken: Past[] = [...begun, claimed('a'), retried('b', refusal), sent('b', 2)];
  it('is distinguished from a double of ours', () =>
    expect(says(recorded([...taken, settled('a'), completed]))).toEqual(['unavoidable double: 40 50 60 70']));
  it('is the provider’s after a deferral, too', () => {
    expect(
      says(
        recorded([
          ...begun,
          claimed('a'),
          of(deferred('a'), { class: 'server-error' }),
          ...againDue,
          at('09:05:00', claimed('b')),
          delivered('a'),
          sent('b'),
          completed,
        ]),
      ),
    ).toEqual(['unavoidable double: 40 80 90 100']);
  });
  it.each([
    ['is the provider’s when a guard held the retry back', { class: 'server-error' }, 'unavoidable double'],
    ['is ours when a claim without a refusal was given back', {}, 'double'],
  ] as const)('%s', (_, refused, rule) => {
    const held = [...begun, claimed('a'), skipped('window', 'a', refused), nextPlanned({ at: RETRY_AT }, 'window')];
    const past = [...held, at('09:05:00', stepDue()), at('09:05:00', claimed('b')), delivered('a'), sent('b')];
    expect(says(recorded([...past, completed]))).toContain(`${rule}: 40 80 90 100`);
  });
  it('is ours when no provider response had refused the first one', () => {
    const past = [...begun, claimed('a'), retried('b', { sendId: 'a', class: 'unreachable' }), sent('b', 2)];
    expect(says(recorded([...past, settled('a'), completed]))).toEqual(['double: 40 50 60 70']);
  });
});

it('names leads and sequences, and no person', () => {
  const told = judge(recorded([...whole, claimed('c'), sent('c'), delivered('a', 'jane.doe@example.com')]), {
    now: Temporal.Instant.from(MONDAY),
    overdueMs: HOUR_MS,
  });
  expect(told.findings.every(({ leadId }) => leadId === LEAD_ID)).toBe(true);
  expect(JSON.stringify(told.findings)).not.toMatch(/jane|@/i);
});
