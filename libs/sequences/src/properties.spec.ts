import { describe, expect, it } from '@jest/globals';
import type { Recorded, Route } from '@leadstream/contracts/events';
import { decideClaim, decideGiveBack, decideOutcome, decideRetry, decideUnrenderable, recheckClaim } from '@leadstream/lead/claim';
import { decideCommand } from '@leadstream/lead/command';
import { decideFeedback } from '@leadstream/lead/feedback';
import { nextActionAt, statusOf, view } from '@leadstream/lead/state';
import { decideTriage } from '@leadstream/lead/triage';
import * as facts from '@leadstream/testing/builders';
import { demo, nurture, returning } from '@leadstream/testing/builders';
import { given, MONDAY, type Past } from '@leadstream/testing/given';
import fc from 'fast-check';
import { decideDue, decidePlan } from './plan.ts';
import { isInsideItsWindow, OneLead } from './testing/one-lead.ts';
import { FATES, sending, type Fate, type Sending } from './testing/one-sender.ts';

/** Lives of a lead for each property: a few seconds in all; thousands when the protocol has changed. */
const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 250);
const SENDERS = 2;

/** The lead, its senders, and what may happen to them at any moment. */
class World {
  readonly lead = new OneLead();
  readonly senders: (Sending | undefined)[] = Array.from({ length: SENDERS });

  /** A step-due reaches a sender, for the first time or once more. */
  deliver(which: number): void {
    this.senders[which] ??= sending(this.lead);
  }

  /** To its next await; one that has ended is free again. */
  advance(which: number, fate: Fate): void {
    if (this.senders[which]?.next(fate).done) this.senders[which] = undefined;
  }

  crash(which: number): void {
    this.senders[which] = undefined;
  }

  /** What a good day brings: planned, found due at its time, handed to a sender. */
  goOn(which: number): void {
    const { lead } = this;
    lead.plan();
    const next = nextActionAt(lead.seen.state);
    if (next !== null && Temporal.Instant.compare(next, lead.now) > 0) lead.now = Temporal.Instant.from(next);
    lead.hunt(lead.seen);
    this.deliver(which);
  }

  webhook(which: number, kind: 'accepted' | 'delivered' | 'bounced' | 'complained'): void {
    const accepted = this.lead.calls.filter((call) => call.accepted);
    const call = accepted[which % Math.max(1, accepted.length)];
    if (call) this.lead.feedback({ kind, key: `${kind}/${call.sendId}`, provider: 'sendgrid', at: MONDAY, sendId: call.sendId });
  }

  /** No more faults: who waits is answered, what is due is hunted, until there is nothing to wait for. */
  calm(withMessages: boolean): void {
    const { lead } = this;
    for (const which of this.senders.keys()) while (this.senders[which]) this.advance(which, 'accept');
    for (const { sendId, accepted } of lead.calls) if (accepted) lead.feedback({ kind: 'delivered', key: `delivered/${sendId}`, provider: 'sendgrid', at: MONDAY, sendId });
    for (let round = 0; round < 60; round++) {
      for (const [key, route] of lead.waiting) lead.submit(key, route);
      if (withMessages) lead.plan();
      this.deliver(0);
      while (this.senders[0]) this.advance(0, 'accept');
      const next = nextActionAt(lead.seen.state);
      if (next === null && lead.waiting.size === 0) return;
      if (next !== null && Temporal.Instant.compare(next, lead.now) > 0) lead.now = Temporal.Instant.from(next);
      lead.hunt(lead.seen);
    }
    throw new Error(`the lead is stuck: ${JSON.stringify(lead.seen.state.phase)}`);
  }
}

const route = fc.constantFrom<Route>(nurture, demo, returning);
const which = fc.nat(SENDERS - 1);
/** Good days are what makes the bad ones of later steps possible. */
const fate = fc.oneof({ weight: 3, arbitrary: fc.constantFrom<Fate>('accept') }, { weight: 6, arbitrary: fc.constantFrom<Fate>('refuse', 'accept, then say 500') }, { weight: 3, arbitrary: fc.constantFrom(...FATES) });
type Happening = [name: string, happen: (world: World) => void];
const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 2, arbitrary: fc.tuple(fc.nat(3), route).map(([key, to]): Happening => [`submit ${key} ${to.sequence}`, ({ lead }) => lead.submit(`web/${key}`, to)]) },
  { weight: 4, arbitrary: fc.double({ min: 0, max: 0.999, noNaN: true }).map((draw): Happening => ['plan', ({ lead }) => lead.plan(draw)]) },
  { weight: 4, arbitrary: fc.nat(3).map((lag): Happening => [`hunt ${lag} behind`, ({ lead }) => lead.hunt(lead.seenBefore(lag))]) },
  { weight: 6, arbitrary: which.map((sender): Happening => [`go on with ${sender}`, (world) => world.goOn(sender)]) },
  { weight: 4, arbitrary: which.map((sender): Happening => [`step-due to ${sender}`, (world) => world.deliver(sender)]) },
  {
    weight: 14,
    arbitrary: fc.tuple(which, fc.array(fate, { minLength: 1, maxLength: 4 })).map(([sender, fates]): Happening =>
      [`sender ${sender}: ${fates.join(' + ')}`, (world) => fates.forEach((each) => world.advance(sender, each))]),
  },
  { weight: 1, arbitrary: which.map((sender): Happening => [`sender ${sender} dies`, (world) => world.crash(sender)]) },
  {
    weight: 4,
    arbitrary: fc.tuple(fc.nat(5), fc.constantFrom('accepted', 'delivered', 'delivered', 'bounced', 'complained'))
      .map(([call, kind]): Happening => [`webhook ${kind} ${call}`, (world) => world.webhook(call, kind)]),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('human', 'auto', 'out-of-office', 'unsubscribe').map((replyClass): Happening =>
      [`reply ${replyClass}`, ({ lead }) => lead.feedback({ kind: 'replied', class: replyClass as 'human', key: `mail/${replyClass}`, provider: 'sendgrid', at: MONDAY, matchedBy: 'token' })]),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom('pause', 'resume', 'resume', 'erase').map((kind): Happening => [kind, ({ lead }) => lead.command({ kind: kind as 'pause', by: 'olga' })]),
  },
  { weight: 1, arbitrary: route.map((to): Happening => [`restart ${to.sequence}`, ({ lead }) => lead.command({ kind: 'restart', route: to, by: 'olga' })]) },
  { weight: 1, arbitrary: fc.nat(1).map((step): Happening => [`move ${step}`, ({ lead }) => lead.command({ kind: 'move', route: nurture, step, by: 'olga' })]) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('sent', 'skipped').map((as): Happening => [`resolve ${as}`, ({ lead }) => {
      const { phase } = lead.seen.state;
      if (phase.kind === 'parked' && phase.sendId) lead.command({ kind: 'resolve', sendId: phase.sendId, as: as as 'sent', by: 'olga' });
    }]),
  },
  { weight: 3, arbitrary: fc.constantFrom(1, 2, 10, 20, 300, 3_000).map((minutes): Happening => [`${minutes} minutes`, ({ lead }) => lead.pass(minutes)]) },
).map(([name, run]) => [name, Object.assign(run, { [fc.toStringMethod]: () => name })]);

/** What the log alone says of stop and pause, without our fold. */
function* withHolds(events: readonly Recorded[]): Generator<{ event: Recorded; stopped: boolean; paused: boolean }> {
  let [words, address, paused] = [false, false, false];
  for (const event of events) {
    yield { event, stopped: words || address, paused };
    if (event.type === 'lead.replied' && (event.data.class === 'human' || event.data.class === 'unsubscribe')) words = true;
    if (event.type === 'lead.unsubscribed') words = true;
    if (event.type === 'lead.bounced' || event.type === 'lead.complained' || event.type === 'lead.erased') address = true;
    if (event.type === 'lead.restarted') words = false;
    if (event.type === 'lead.paused') paused = true;
    if (event.type === 'lead.resumed') paused = false;
  }
}

const after = (check: (world: World) => void) => fc.assert(
  fc.property(fc.array(happening, { minLength: 5, maxLength: 80, size: 'max' }), fc.boolean(), (happenings, withMessages) => {
    const world = new World();
    world.lead.submit('web/0', nurture);
    for (const [, happen] of happenings) {
      happen(world);
      expectOrder(world);
    }
    world.calm(withMessages);
    expectOrder(world);
    check(world);
  }), { numRuns: RUNS },
);

/** The status says whether somebody has to wait, and then somebody is told when. */
function expectOrder({ lead }: World): void {
  const { state } = lead.seen;
  const status = statusOf(state);
  if (status === 'active' || status === 'new') expect(nextActionAt(state)).not.toBeNull();
  if (status === 'completed' || status === 'parked') expect(nextActionAt(state)).toBeNull();
}

describe('whatever happens to a lead, in whatever order', () => {
  it('comes to an end by itself once nothing fails any more', () => after(({ lead }) => {
    expect(['active', 'new']).not.toContain(statusOf(lead.seen.state));
  }));

  it('nothing is claimed for it after a stop or under a pause', () => after(({ lead }) => {
    for (const { event, stopped, paused } of withHolds(lead.events)) {
      if (event.type === 'lead.send-started' && event.data.audience === 'lead') expect([stopped, paused]).toEqual([false, false]);
    }
  }));

  it('the provider takes a step’s mail once, but for each time that it took it and said 500', () => after(({ lead }) => {
    const taken = lead.calls.filter(({ accepted }) => accepted);
    for (const calls of Map.groupBy(taken, ({ runId, step }) => `${runId}/${step}`).values()) {
      expect(calls.filter(({ answered }) => answered !== 'error').length).toBeLessThanOrEqual(1);
    }
  }));

  it('nothing is claimed for a step that is known to be sent', () => after(({ lead }) => {
    const known = new Set<string>();
    const place = new Map<string, string>();
    for (const { type, data } of lead.events) {
      if (type === 'lead.send-started') {
        place.set(data.sendId, `${data.runId}/${data.step}`);
        expect([...known]).not.toContain(`${data.runId}/${data.step}`);
      }
      if ((type === 'lead.sent' || type === 'lead.delivered') && data.sendId) known.add(place.get(data.sendId) ?? '');
    }
  }));

  it('every claim has an outcome', () => after(({ lead }) => {
    expect(Object.values(lead.seen.state.sends).filter(({ outcome }) => outcome === 'open')).toEqual([]);
  }));

  it('a call is made only for a claim of its own, and for the step that was written', () => after(({ lead }) => {
    const claims = new Map(lead.events.flatMap(({ type, data }) => (type === 'lead.send-started' ? [[data.sendId, `${data.runId}/${data.step}`]] : [])));
    expect(lead.calls.map(({ sendId }) => sendId)).toEqual([...new Set(lead.calls.map(({ sendId }) => sendId))]);
    for (const { sendId, runId, step } of lead.calls) expect(claims.get(sendId)).toBe(`${runId}/${step}`);
  }));

  it('a planned time is inside its window', () => after(({ lead }) => {
    expect(lead.events.filter((_, index) => !isInsideItsWindow(lead.events, index))).toEqual([]);
  }));

  it('a submission and a fact are taken in once', () => after(({ lead }) => {
    const keys = lead.events.flatMap(({ data }) => ('intake' in data ? [data.intake.key] : 'key' in data ? [data.key] : []));
    expect(keys).toEqual([...new Set(keys)]);
  }));

  it('only the lead’s own mail can stop it', () => after(({ lead }) => {
    const staff = new Set(lead.calls.filter(({ audience }) => audience === 'staff').map(({ sendId }) => sendId));
    expect(lead.events.filter(({ type, data }) => (type === 'lead.bounced' || type === 'lead.complained') && staff.has(data.sendId ?? ''))).toEqual([]);
  }));
});

/** Every kind of event, of two runs, three steps and three sends, in no order at all. */
const sendIds = ['send-1', 'send-2', 'send-3'];
const pool: Past[] = [
  facts.triaged(), { ...facts.triaged(), id: 'run-2' }, facts.bounced, facts.complained, facts.unsubscribed, facts.paused, facts.resumed, facts.completed,
  ...(['human', 'auto', 'out-of-office', 'unsubscribe'] as const).map(facts.replied),
  ...([null, demo] as const).map((to): Past => ({ type: 'lead.resubmitted', data: { ...facts.submission({ intake: { seq: 3, key: 'web/3' } }), route: to, reason: 'again' }, id: 'run-2' })),
  ...[0, 1, 7].flatMap((index): Past[] => [
    facts.enrolled({ index }), facts.enrolled({ index, audience: 'staff' }, 'run-2'), facts.stepDue({ step: index }), facts.nextPlanned({ index }),
    ...sendIds.flatMap((sendId) => [facts.claimed(sendId, { step: index }), facts.claimed(sendId, { step: index, attempt: 2, previous: { sendId: 'send-1', class: 'server-error' } })]),
  ]),
  ...sendIds.flatMap((sendId) => [facts.sent(sendId), facts.deferred(sendId), facts.failed(sendId), facts.unknown(sendId), facts.delivered(sendId), facts.skipped('late', sendId), facts.skipped('operator', sendId)]),
  ...(['paused', 'window', 'unrenderable', 'operator', 'erased'] as const).map((guard) => facts.skipped(guard)),
  { type: 'lead.opened', data: { key: 'opened', provider: 'sendgrid', at: MONDAY, machine: true, sendId: 'send-2' } },
  { type: 'lead.clicked', data: { key: 'clicked', provider: 'sendgrid', at: MONDAY, sendId: 'nobody’s' } },
  { type: 'lead.restarted', data: { by: 'olga', route: demo } }, { type: 'lead.moved', data: { by: 'olga', route: demo, step: 9 } },
  { type: 'lead.tagged', data: { by: 'olga', add: ['a'], remove: ['STOP_SEQUENCE'] } }, { type: 'lead.erased', data: { by: 'olga' } },
];

describe('events in no order at all', () => {
  it('make a state that can be stored, shown and decided on', () => {
    const now = Temporal.Instant.from('2026-12-01T10:00:00Z');
    const claimant = { now, sendId: 'send-9', deadlineMs: 1_000 };
    const planning = new OneLead().planning();
    fc.assert(fc.property(fc.array(fc.constantFrom(...pool), { maxLength: 40, size: 'max' }), (past) => {
      const { state, when } = given(facts.triaged(), ...past);
      expect(JSON.parse(JSON.stringify(state))).toEqual(state);
      expect(Object.values(view(state))).not.toContain(undefined);
      if (['active', 'new'].includes(statusOf(state))) expect(nextActionAt(state)).not.toBeNull();
      const { tags: _, ...rest } = facts.submission({ intake: { seq: 5, key: 'web/5' } });
      const about = { sendId: 'send-1', attempt: 1, runId: 'run-1', step: 0, stepId: 'first', audience: 'lead', channel: 'email', action: 'mail', deadline: MONDAY } as const;
      for (const { decision, then } of [
        when((seen) => decidePlan(seen, { ...planning, now })), when((seen) => decideDue(seen, { ...planning, now })),
        when((seen) => decideTriage(seen, { ...rest, route: demo, returning })), when((seen) => decideClaim(seen, claimant, { runId: 'run-1', step: 0 })),
        when((seen) => decideRetry(seen, { sendId: 'send-1', class: 'server-error' }, claimant)), when((seen) => decideUnrenderable(seen, 'a hole', { runId: 'run-1', step: 0 })),
        when((seen) => decideGiveBack(seen, 'send-2', now)), when((seen) => decideOutcome(seen, about, { kind: 'refused', class: 'unreachable' }, now)),
        when((seen) => decideFeedback(seen, { kind: 'accepted', key: 'k', provider: 'p', at: MONDAY, sendId: 'send-2' })),
        when((seen) => decideCommand(seen, { kind: 'resolve', sendId: 'send-1', as: 'sent', by: 'olga' })),
      ]) {
        if ('type' in decision) then(decision);
      }
      recheckClaim(state, 'send-1', now);
    }), { numRuns: RUNS });
  });
});
