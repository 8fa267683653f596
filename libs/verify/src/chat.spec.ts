import { describe, expect, it } from '@jest/globals';
import { decideClaim, decideGiveBack, decideOutcome, mayChat, writtenFor } from '@leadstream/lead/claim';
import type { Data } from '@leadstream/contracts/events';
import type { LeadState } from '@leadstream/lead/state';
import { decideDue, decidePlan, type Planning } from '@leadstream/sequences/plan';
import { BUSINESS_HOURS } from '@leadstream/lead/weeks';
import { enrolled, stepDue, triaged } from '@leadstream/testing/builders';
import { fold, MONDAY, recorded, type Past } from '@leadstream/testing/given';
import { unsettledOf } from '@leadstream/lead/unsettled';
import { judge } from './judge.ts';

const now = Temporal.Instant.from(MONDAY);
const planningAt = (at: Temporal.Instant): Planning => ({
  now: at,
  sequence: () => undefined,
  delayScale: 1,
  hours: BUSINESS_HOURS,
});
const toStaff = { audience: 'staff', window: undefined, latenessMaxMs: undefined } as const;
const due: Past[] = [triaged(), enrolled(toStaff), stepDue({ audience: 'staff' })];
const about = { runId: 'run-1', step: 0, stepId: 'first', audience: 'staff' } as const;
const claim = (sendId: string, channel: 'chat' | 'email', over: object = {}): Past => ({
  type: 'lead.send-started',
  data: {
    ...{ ...about, channel, sendId, attempt: 1, action: 'first', deadline: MONDAY },
    provider: channel === 'chat' ? 'slack' : 'sendgrid',
    ...over,
  },
});
const posted = claim('chat-1', 'chat');
const unknown: Past = {
  type: 'lead.send-unknown',
  data: { ...about, channel: 'chat', sendId: 'chat-1', attempt: 1, class: 'timeout' },
};
const deferred: Past = {
  type: 'lead.send-deferred',
  data: { ...about, channel: 'chat', sendId: 'chat-1', attempt: 1, class: 'account', retryAt: MONDAY },
};
const stateOf = (past: Past[]): LeadState => fold(recorded(past));
const dueAgain: Past[] = [
  { type: 'lead.step-planned', data: { runId: 'run-1', planned: plannedAgain(), why: 'retry' } },
  stepDue({ audience: 'staff' }),
];
function plannedAgain() {
  const { phase } = stateOf(due);
  if (phase.kind !== 'due') throw new Error(phase.kind);
  return phase.step;
}
const ways = (past: Past[]): string => {
  const state = stateOf(past);
  const { phase } = state;
  if (phase.kind !== 'due') return phase.kind;
  const by = { now, sendId: 'next', deadlineMs: 60_000 };
  const decision = (channel?: 'chat') =>
    decideClaim(state, { ...by, ...(channel ? { channel } : {}) }, writtenFor(state, phase.step));
  return [decision('chat'), decision()].map((one) => ('nothing' in one ? one.nothing : one.type)).join(', ');
};
const findings = (past: Past[]): string[] =>
  judge(recorded(past), { now, overdueMs: 1e9 })
    .findings.filter(({ rule }) => rule === 'claim' || rule === 'unplanned')
    .map(({ says }) => says);

describe('a notice to the rep', () => {
  it.each<[string, string, Past[]]>([
    ['goes to a chat, or by mail, at first', 'lead.send-started, lead.send-started', due],
    ['is not claimed while its post is in the air', 'claimed', [...due, posted]],
    [
      'goes by mail after a post that failed',
      'step-has-send, lead.send-started',
      [...due, posted, deferred, ...dueAgain],
    ],
    [
      'goes by mail after a post of which nothing is known',
      'step-has-send, lead.send-started',
      [...due, posted, unknown, ...dueAgain],
    ],
  ])('%s', (_, expected, past) => {
    expect(ways(past)).toBe(expected);
    expect(findings(past)).toEqual([]);
  });

  it('to a lead is none, and neither is a text', () => {
    const state = stateOf(due);
    const step = plannedAgain();
    expect(mayChat(state, step)).toBe(true);
    expect(mayChat(state, { ...step, audience: 'lead' })).toBe(false);
    expect(mayChat(state, { ...step, channel: 'sms' })).toBe(false);
  });

  it('may go to the chat again after a claim that was given back', () => {
    const given = decideGiveBack(stateOf([...due, posted]), 'chat-1', now);
    expect(given).toMatchObject({ type: 'lead.send-skipped', data: { channel: 'chat', guard: 'stalled' } });
    expect(ways([...due, posted, given as Past, ...dueAgain])).toBe('lead.send-started, lead.send-started');
  });

  it.each([
    ['refused', { kind: 'refused', class: 'account' }],
    ['refused for ever', { kind: 'permanent', class: 'permanent' }],
    ['not reached', { kind: 'refused', class: 'unreachable' }],
  ] as const)('is planned again at once when the chat is %s', (_, answer) => {
    const state = stateOf([...due, posted]);
    const data = {
      ...about,
      channel: 'chat',
      sendId: 'chat-1',
      attempt: 1,
      action: 'first',
      deadline: MONDAY,
    } as const;
    const outcome = decideOutcome(state, data, answer, now);
    expect(outcome).toMatchObject({ type: 'lead.send-deferred', data: { channel: 'chat', retryAt: now.toString() } });
  });

  it('is planned again after an unknown post, and asks nothing of an operator', () => {
    const events = recorded([...due, posted, unknown]);
    expect(decidePlan(fold(events), planningAt(now))).toMatchObject({
      type: 'lead.step-planned',
      data: { why: 'retry' },
    });
    expect(unsettledOf(events)).toEqual([]);
  });

  it('by mail waits for an operator when nothing is known of it', () => {
    const data = { ...about, channel: 'email', sendId: 'mail-1', attempt: 1, class: 'timeout' } as const;
    expect(stateOf([...due, claim('mail-1', 'email'), { type: 'lead.send-unknown', data }]).phase.kind).toBe('parked');
  });

  it('names its channel when its claim is swept', () => {
    const late = now.add({ hours: 1 });
    expect(decideDue(stateOf([...due, posted]), planningAt(late))).toMatchObject({
      type: 'lead.send-unknown',
      data: { channel: 'chat' },
    });
  });

  it('was told by the chat when a late answer says so', () => {
    const said: Past = {
      type: 'lead.sent',
      data: { ...about, channel: 'chat', sendId: 'chat-1', attempt: 1, provider: 'slack', evidence: 'response' },
    };
    expect(ways([...due, posted, unknown, ...dueAgain, said])).toBe('settled');
    expect(findings([...due, posted, unknown, ...dueAgain, said])).toEqual([]);
  });
});

describe('a post whose answer comes after the claim of its mail', () => {
  const accepted = (sendId: string, channel: 'chat' | 'email', provider: string): Past => ({
    type: 'lead.sent',
    data: { ...about, channel, sendId, attempt: 1, provider, evidence: 'response' },
  });
  const both = [claim('mail-1', 'email'), accepted('chat-1', 'chat', 'slack'), accepted('mail-1', 'email', 'sendgrid')];
  const doubles = (past: Past[]): number =>
    judge(recorded(past), { now, overdueMs: 1e9 }).findings.filter(({ rule }) => rule === 'double').length;

  it('is no double where it was unknown at that claim, and one where it was not', () => {
    expect(doubles([...due, posted, unknown, ...dueAgain, ...both])).toBe(0);
    expect(doubles([...due, posted, ...both])).toBe(1);
  });
});

describe('a claim of a post that ends late', () => {
  it('is given back after the step was due again, and the step goes by mail', () => {
    const back: Past = {
      type: 'lead.send-skipped',
      data: { ...about, channel: 'chat', sendId: 'chat-1', guard: 'stalled' },
    };
    expect(findings([...due, posted, unknown, ...dueAgain, back, claim('mail-1', 'email')])).toEqual([]);
  });
});

describe('a post of a lost log', () => {
  const recovered = (phase: Data<'lead.recovered'>['phase']): Past => ({
    type: 'lead.recovered',
    data: {
      witness: 'projection',
      sends: { lost: { ...about, channel: 'chat', attempt: 1, outcome: 'unknown', startedAt: MONDAY } },
      run: stateOf(due).run,
      phase,
    },
  });
  const step = plannedAgain();
  it('is followed by the mail', () => {
    const waits = recovered({ kind: 'deferred', step, retryAt: MONDAY, since: MONDAY });
    expect(findings([...due, waits, ...dueAgain, claim('mail-1', 'email')])).toEqual([]);
  });
  it('asks nothing of an operator', () => {
    expect(findings([...due, recovered({ kind: 'parked', step, sendId: 'lost', why: 'unknown' })])).toEqual([
      expect.stringMatching(/asks an operator about a post/),
    ]);
  });
});

describe('a forged claim is found', () => {
  it.each<[string, Past[]]>([
    [
      'a second mail after a mail of which nothing is known',
      [
        ...due,
        claim('mail-1', 'email'),
        {
          type: 'lead.send-unknown',
          data: { ...about, channel: 'email', sendId: 'mail-1', attempt: 1, class: 'timeout' },
        },
        claim('mail-2', 'email'),
      ],
    ],
    [
      'a mail after a post that was taken',
      [
        ...due,
        posted,
        {
          type: 'lead.sent',
          data: { ...about, channel: 'chat', sendId: 'chat-1', attempt: 1, provider: 'slack', evidence: 'response' },
        },
        claim('mail-1', 'email'),
      ],
    ],
    ['a post after a post of which nothing is known', [...due, posted, unknown, ...dueAgain, claim('chat-2', 'chat')]],
    ['a mail while the post is in the air', [...due, posted, claim('mail-1', 'email')]],
    [
      'a post to a lead',
      [triaged(), enrolled({ window: undefined }), stepDue(), claim('chat-1', 'chat', { audience: 'lead' })],
    ],
  ])('%s', (_, past) => {
    expect(findings(past)).toContainEqual(
      expect.stringMatching(/of a step whose claim .* was|is by chat, and planned by email/),
    );
  });
});
