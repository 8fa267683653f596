import { parseData } from '@leadstream/contracts/envelope';
import type { Audience, Decision, Draft, Recorded, Route } from '@leadstream/contracts/events';
import { decideCommand, type Command } from '@leadstream/lead/command';
import { decideFeedback, type Feedback } from '@leadstream/lead/feedback';
import { withinWindow } from '@leadstream/lead/hours';
import type { LeadState } from '@leadstream/lead/state';
import { CLAIM_OPEN, decideTriage } from '@leadstream/lead/triage';
import { demo, nurture, returning, submission } from '@leadstream/testing/builders';
import { fold, LEAD_ID, MONDAY } from '@leadstream/testing/given';
import { sequenceSchema } from '../definition.ts';
import { decideDue, decidePlan, type Planning } from '../plan.ts';

/** What a decider saw, and where in the log that was. */
export interface Seen { state: LeadState; lastSeq: number }
/** What the provider was asked, and what it did with it. */
export interface Call { sendId: string; runId: string; step: number; audience: Audience; accepted: boolean; answered: 'accepted' | 'error' | 'nothing' }

const mail = { subject: 'Hello', body: 'Hello' };
const step = (id: string, audience: Audience, over: object = {}) =>
  ({ id, action: 'mail', channel: 'email', audience, window: audience === 'lead' ? 'business-hours' : 'none', ...over });
const sequence = (route: Route, ...steps: object[]) => sequenceSchema.parse({
  id: route.sequence, version: 1, name: route.sequence, description: 'a sequence', rank: route.rank, triggers: [route.tag], steps, templates: { mail },
});
const deployed = [
  sequence(nurture, step('first', 'lead', { wait: { min: 'PT3M', max: 'PT7M' }, latenessMax: 'PT4H' }), step('second', 'lead', { wait: { fixed: 'P2D' } })),
  sequence(demo, step('tell-rep', 'staff'), step('confirm', 'lead', { wait: { fixed: 'PT3M' }, latenessMax: 'PT4H' })),
  sequence(returning, step('tell-rep', 'staff')),
];

/** One lead's log in memory, and everybody but the sender, who act on it through the real deciders. */
export class OneLead {
  now = Temporal.Instant.from(MONDAY);
  readonly events: Recorded[] = [];
  readonly calls: Call[] = [];
  /** Submissions that wait for an open claim. */
  readonly waiting = new Map<string, Route>();
  #state = fold([]);
  #ids = 0;

  get seen(): Seen {
    return { state: this.#state, lastSeq: this.events.at(-1)?.seq ?? 0 };
  }

  /** The lead as it was `events` ago: what a projection that lags shows. */
  seenBefore(events: number): Seen {
    const past = this.events.slice(0, Math.max(0, this.events.length - events));
    return { state: fold(past), lastSeq: past.at(-1)?.seq ?? 0 };
  }

  /** Undefined on a conflict, as the broker has it. */
  append(lastSeq: number, draft: Draft, id = `id-${++this.#ids}`): Recorded | undefined {
    const before = this.seen;
    if (lastSeq !== before.lastSeq) return undefined;
    const version = this.events.length + 1;
    const event = {
      ...draft, data: parseData(draft.type, draft.data), id, leadId: LEAD_ID, seq: lastSeq + 1 + (version % 3), version, prevSeq: lastSeq,
      at: this.now.toString(), source: 'test',
    } as Recorded;
    this.#state = fold([event], before.state);
    this.events.push(event);
    return event;
  }

  /** Conflicts are decided anew on the new state, so whoever waits for the answer sees the newest state. */
  decide(decider: (state: LeadState) => Decision, from = this.seen): Decision {
    const decision = decider(from.state);
    if ('type' in decision && !this.append(from.lastSeq, decision)) return this.decide(decider);
    return decision;
  }

  planning(draw = 0.5): Planning {
    return { now: this.now, draw: () => draw, delayScale: 1, sequence: (id) => deployed.find((each) => each.id === id) };
  }

  submit(key: string, route: Route): void {
    const { tags: _, ...rest } = submission({ intake: { seq: 1, key } });
    const decision = this.decide((state) => decideTriage(state, { ...rest, route, returning }));
    if ('nothing' in decision && decision.nothing === CLAIM_OPEN) this.waiting.set(key, route);
    else this.waiting.delete(key);
  }

  plan(draw?: number): void {
    this.decide((state) => decidePlan(state, this.planning(draw)));
  }

  /** On whatever picture of the lead it has; it never asks twice. */
  hunt(seen: Seen): void {
    const decision = decideDue(seen.state, this.planning());
    if ('type' in decision) this.append(seen.lastSeq, decision);
  }

  feedback(feedback: Feedback): void {
    this.decide((state) => decideFeedback(state, feedback));
  }

  command(command: Command): void {
    this.decide((state) => decideCommand(state, command));
  }

  pass(minutes: number): void {
    this.now = this.now.add({ minutes });
  }
}

/** Whether a planned step is where people read mail: judged from the event, in the lead's zone of that moment. */
export function isInsideItsWindow(events: readonly Recorded[], index: number): boolean {
  const event = events[index];
  if (event?.type !== 'lead.enrolled' && event?.type !== 'lead.step-planned') return true;
  const { at, window } = event.data.planned;
  const zone = fold(events.slice(0, index)).zone?.id;
  return !window || !zone || withinWindow(Temporal.Instant.from(at), zone, window);
}
