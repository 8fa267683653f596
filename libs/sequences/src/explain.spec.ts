import { describe, expect, it } from '@jest/globals';
import type { Draft, Recorded } from '@leadstream/contracts/events';
import { decideClaim, decideOutcome, type ProviderResponse } from '@leadstream/lead/claim';
import { evolve } from '@leadstream/lead/evolve';
import { initial, nextActionAt, type LeadState } from '@leadstream/lead/state';
import { BUSINESS_HOURS } from '@leadstream/lead/weeks';
import * as facts from '@leadstream/testing/builders';
import { LEAD_ID, MONDAY, recorded, type Past } from '@leadstream/testing/given';
import fc from 'fast-check';
import { explainSend } from './explain-send.ts';
import { explain, type AccountNow, type AccountsNow } from './explain.ts';
import { decideDue, decidePlan, type Planning } from './plan.ts';
import { exampleSequence } from './testing/example-sequence.ts';

const step = { action: 'mail', channel: 'email', audience: 'lead', window: 'business-hours', latenessMax: 'PT4H' };
const sequence = exampleSequence({
  stopWhen: ['customer'],
  steps: [
    { ...step, id: 'first', wait: { min: 'PT3M', max: 'PT7M' } },
    { ...step, id: 'notify', audience: 'staff', window: 'none' },
    { ...step, id: 'second', wait: { fixed: 'P2D' }, whenLate: 'skip', when: { notTagged: ['quiet'] } },
    { ...step, id: 'third', wait: { fixed: 'PT1H' } },
  ],
});
const OPEN: AccountNow = { pause: null, sources: {}, isDone: false };
const mailsBy = (email: AccountNow, sms = OPEN): AccountsNow => ({ email, sms });
const planningAt = (now: Temporal.Instant, draw = 0): Planning => ({
  now,
  draw: () => draw,
  delayScale: 1,
  hours: BUSINESS_HOURS,
  sequence: () => sequence,
});

/** One lead under services that are late by chance, until its next claim. */
class Lead {
  readonly events: Recorded[] = [];
  state: LeadState = initial;
  now = Temporal.Instant.from(MONDAY);

  append({ type, data }: Draft): void {
    const seq = this.events.length + 1;
    const id = `event-${seq}`;
    const event = { type, data, id, leadId: LEAD_ID, seq, version: seq, prevSeq: seq - 1, source: 'test' } as Recorded;
    this.events.push({ ...event, at: this.now.toString() });
    this.state = evolve(this.state, { ...event, at: this.now.toString() });
  }

  pass(minutes: number): void {
    this.now = this.now.add({ minutes });
  }

  /** The decision of the service whose turn it is; undefined: only something from outside moves the lead on. */
  decide(draw: number, answer: ProviderResponse): Draft | undefined {
    const { phase } = this.state;
    const runId = this.state.run?.id ?? '';
    if (phase.kind === 'claimed') {
      const claim = this.events.findLast((event) => event.type === 'lead.send-started');
      const decision = claim && decideOutcome(this.state, claim.data, answer, this.now);
      return decision && 'type' in decision ? decision : undefined;
    }
    const time = phase.kind === 'planned' ? nextActionAt(this.state) : null;
    if (phase.kind === 'planned' && time === null) return undefined;
    if (time !== null && Temporal.Instant.compare(this.now, time) < 0) this.now = Temporal.Instant.from(time);
    const planning = planningAt(this.now, draw);
    const decision =
      phase.kind === 'due'
        ? decideClaim(this.state, this.claimant(), { runId, step: phase.step.index })
        : phase.kind === 'planned'
          ? decideDue(this.state, planning)
          : decidePlan(this.state, planning);
    return 'type' in decision ? decision : undefined;
  }

  claimant() {
    return { now: this.now, sendId: `send-${this.events.length}`, deadlineMs: 60_000 };
  }
}

const outside: Draft[] = [
  facts.paused,
  facts.resumed,
  facts.replied('out-of-office', { until: '2026-11-30T08:00:00Z' }),
  facts.tagged(['quiet']),
  facts.tagged(['customer']),
  facts.clicked('send-9'),
  facts.declined(),
  facts.replied('human'),
  facts.unsubscribed,
  facts.erased,
];
const turn = fc.record({
  late: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max: 600 })),
  draw: fc.double({ min: 0, max: 0.999, noNaN: true }),
  answer: fc.constantFrom<ProviderResponse>(
    { kind: 'accepted', provider: 'sendgrid' },
    { kind: 'refused', class: 'rate-limited' },
  ),
  comes: fc.oneof(
    { weight: 15, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.constantFrom(...outside) },
  ),
});
const zones = ['Europe/Berlin', 'Asia/Kolkata', 'America/Los_Angeles', 'Asia/Riyadh', 'Pacific/Apia'];

describe('explain', () => {
  it('has the sender’s verdict at each moment, and no claim comes before its earliest time', () => {
    let claims = 0;
    fc.assert(
      fc.property(fc.constantFrom(...zones), fc.array(turn, { minLength: 30, maxLength: 60 }), (id, turns) => {
        const lead = new Lead();
        lead.append({ type: 'lead.triaged', data: facts.submission({ zone: { ...facts.submission().zone, id } }) });
        let promised: (string | undefined)[] = [];
        for (const { late, draw, answer, comes } of turns) {
          if (comes) {
            lead.append(comes);
            promised = [];
          }
          lead.pass(late);
          const said = explain(lead.events, planningAt(lead.now), mailsBy(OPEN));
          promised.push(said.earliest?.at);
          expect(said.guards.find(({ blocks }) => blocks)?.guard ?? null).toBe(said.verdict);
          const { phase } = lead.state;
          const draft = lead.decide(draw, answer);
          if (!draft) continue;
          if (phase.kind === 'due')
            expect(draft).toMatchObject(
              said.verdict
                ? { type: 'lead.send-skipped', data: { guard: said.verdict } }
                : { type: 'lead.send-started' },
            );
          if (draft.type === 'lead.send-started') {
            claims += 1;
            for (const at of promised)
              expect(at === undefined ? 'never' : Temporal.Instant.compare(at, lead.now)).not.toBe(
                at === undefined ? 'never' : 1,
              );
            promised = [];
          }
          lead.append(draft);
        }
      }),
      { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 60) },
    );
    expect(claims).toBeGreaterThan(50);
  });
});

const now = Temporal.Instant.from('2026-11-23T09:05:00Z');
const about = (past: Past[], account = OPEN, at = now) => explain(recorded(past), planningAt(at), mailsBy(account));
const begun: Past[] = [facts.triaged(), facts.enrolled()];
const due: Past[] = [...begun, facts.stepDue()];

const TEXTED = exampleSequence({
  steps: [
    { ...step, id: 'first', channel: 'sms', whenLate: 'skip', wait: { fixed: 'PT1M' } },
    { ...step, id: 'second', wait: { fixed: 'PT1H' } },
  ],
});
const textedAt = (at: Temporal.Instant): Planning => ({ ...planningAt(at), sequence: () => TEXTED });
const dueText: Past[] = [
  facts.triaged({
    contact: { email: 'jane@example.com', address: 'jane@example.com', phone: '+4915112345678' },
    zone: { id: 'Europe/Berlin', source: 'phone', confidence: 'high', evidence: '' },
    smsConsent: { text: 'I agree to texts.', at: MONDAY },
    trusted: true,
    number: 'one',
  }),
  facts.enrolled({ channel: 'sms', latenessMaxMs: 4 * 3_600_000, whenLate: 'skip' }),
  facts.stepDue({ channel: 'sms' }),
];

describe('an explanation', () => {
  it('names the event that holds the mail, and what could change it', () => {
    const { verdict, guards, earliest, so } = about([...due, facts.paused]);
    expect({ verdict, earliest }).toEqual({ verdict: 'paused', earliest: null });
    expect(guards.find(({ guard }) => guard === 'paused')).toEqual({
      guard: 'paused',
      blocks: true,
      says: expect.any(String),
      until: null,
      by: { type: 'lead.paused', at: '2026-11-23T09:00:03Z', seq: 40, text: 'paused by olga' },
      change: expect.stringContaining('resume'),
    });
    expect(so).toMatch(/^nothing goes out, if nothing else happens: /);
  });

  it('names the event that let the mail pass again', () => {
    const { guards } = about([...due, facts.paused, facts.resumed]);
    expect(guards.find(({ guard }) => guard === 'paused')).toMatchObject({
      blocks: false,
      by: { type: 'lead.resumed', seq: 50 },
    });
  });

  it('has the first opening after the return of a lead that is away', () => {
    const { guards, so, earliest } = about([...due, facts.replied('out-of-office', { until: '2026-12-06T00:00:00Z' })]);
    expect(guards.find(({ guard }) => guard === 'away')).toMatchObject({
      blocks: true,
      until: '2026-12-06T00:00:00Z',
      by: { type: 'lead.replied', seq: 40 },
    });
    expect(earliest).toMatchObject({ at: '2026-12-07T08:15:00Z', step: 'first' });
    expect(so).toBe('"first" goes out not before 2026-12-07 09:15 Europe/Berlin, if nothing else happens');
  });

  it('foresees a step that is not planned yet', () => {
    expect(about([facts.triaged()])).toMatchObject({
      step: { id: 'first' },
      earliest: { local: '2026-11-23 10:05 Europe/Berlin' },
    });
    expect(about([...due, facts.claimed(), facts.sent()]).earliest).toMatchObject({ step: 'notify' });
  });

  it('knows the account: until when it is paused, or that somebody has to resume it', () => {
    const pause = { why: 'a fire', by: 'olga' };
    const until = '2026-11-24T10:00:00Z';
    expect(about(due, { ...OPEN, pause }).earliest).toBeNull();
    expect(about(due, { ...OPEN, pause: { ...pause, until } }).earliest).toMatchObject({ at: until });
    expect(about(due, { ...OPEN, pause: { ...pause, kind: 'refused' } }).earliest).not.toBeNull();
    expect(about(due, { ...OPEN, sources: { 'unknown source:whitepaper': pause } })).toMatchObject({
      earliest: null,
      so: 'no mail goes out: the lead’s source is paused by olga: a fire',
    });
  });

  it('knows that a due text waits for a gateway, and that the mail behind it goes once the text is late', () => {
    const left = mailsBy(OPEN, { ...OPEN, isDone: true });
    const said = (past: Past[], accounts = left) => explain(recorded(past), textedAt(now), accounts);
    expect(said(dueText)).toMatchObject({
      verdict: null,
      account: { blocks: true, says: 'no provider of the channel sms is configured' },
      next: { text: 'the sender has the text "first"' },
      earliest: { step: 'second', local: '2026-11-23 15:00 Europe/Berlin' },
      so:
        'no text goes out: no provider of the channel sms is configured; ' +
        '"second" goes out not before 2026-11-23 15:00 Europe/Berlin, if nothing else happens',
    });
    expect(said(dueText, mailsBy(OPEN)).earliest).toMatchObject({ step: 'first' });
    // The sender was done with a text that went out.
    expect(said([...dueText, facts.claimed(), facts.sent()]).account.says).toBe('open');
  });

  it('of a text knows the gateway’s account, and not the mails’; a paused source holds what is behind it, too', () => {
    const pause = { why: 'a fire', by: 'olga' };
    const said = (accounts: AccountsNow) => explain(recorded(dueText), textedAt(now), accounts);
    expect(said(mailsBy(OPEN, { ...OPEN, pause })).earliest).toMatchObject({ step: 'second' });
    expect(said(mailsBy({ ...OPEN, pause })).earliest).toMatchObject({ step: 'first' });
    expect(said(mailsBy({ ...OPEN, pause }, { ...OPEN, pause })).so).toBe(
      'no mail goes out: the account is paused by olga: a fire',
    );
    const sources = { 'unknown source:whitepaper': pause };
    expect(said(mailsBy({ ...OPEN, sources }, { ...OPEN, sources, isDone: true }))).toMatchObject({
      earliest: null,
      so: 'no text goes out: the lead’s source is paused by olga: a fire',
    });
  });

  it('of a text behind a mail that went out knows nothing of the mails’ account', () => {
    const behind = exampleSequence({
      steps: [
        { ...step, id: 'first' },
        { ...step, id: 'second', channel: 'sms', whenLate: 'skip', wait: { fixed: 'PT1H' } },
      ],
    });
    const lead = dueText[0] ?? facts.triaged();
    const past = [lead, facts.enrolled(), facts.stepDue(), facts.claimed(), facts.sent()];
    const pause = { why: 'a fire', by: 'olga' };
    const accounts = mailsBy({ ...OPEN, pause });
    const said = explain(recorded(past), { ...planningAt(now), sequence: () => behind }, accounts);
    expect(said.account.says).toBe('open');
    expect(said.so).toMatch(/^"second" goes out not before/);
  });

  it('of a mail that went out is its run’s cause, its plan, its claim and its reports', () => {
    const events = recorded([...due, facts.claimed(), facts.sent(), facts.paused, facts.delivered()]);
    const said = explainSend(events, 'send-1');
    expect(said?.because.map(({ type }) => type)).toEqual([
      'lead.triaged',
      'lead.enrolled',
      'lead.step-due',
      'lead.send-started',
      'lead.sent',
      'lead.delivered',
    ]);
    expect(said?.guards.some(({ blocks }) => blocks)).toBe(false);
    expect(explainSend(events, 'send-2')).toBeUndefined();
  });
});
