import type { EventType, Recorded } from '@leadstream/contracts/events';
import type { Found } from '@leadstream/lead/enrich';
import type { LeadState } from '@leadstream/lead/state';
import type { Planning } from '../plan.ts';
import { Agenda } from '../simulator/agenda.ts';
import { SimulatedLead } from '../simulator/simulated-lead.ts';
import type { Setting, World } from '../simulator/world.ts';
import type { DarkTime } from './dark-times.ts';
import { actOf, isSubmission, submissionOf } from './inputs.ts';
import { Places, type SentMail } from './places.ts';
import type { Outside, RecordedCall } from './record.ts';
import { RecordedDelays } from './recorded-delays.ts';
import { RecordedSending } from './recorded-sending.ts';
import type { Rules } from './rules.ts';

/** The time of an answer to a mail that goes out at another time: the person's own, or as long after the mail. */
export const ANSWERS = ['at-their-time', 'after-their-mail'] as const;
export type Answers = (typeof ANSWERS)[number];

export interface Replaying {
  rules: Rules;
  dark: readonly DarkTime[];
  untilMs: number;
  answers: Answers;
}

export interface Replay {
  mails: SentMail[];
  /** Calls without a recorded answer, taken as accepted. */
  assumed: number;
  /** Recorded events whose mail was never sent here, or whose command had no object: nobody can know them. */
  unknown: { type: EventType; seq: number }[];
}

/** Facts that follow their mail, whatever its time; the others are acts of people. */
const FOLLOWS: ReadonlySet<EventType> = new Set(['lead.delivered', 'lead.bounced', 'lead.undelivered', 'lead.sent']);

/** Plays what came from outside again, by rules that may be others than those of the record. */
export function replayLead(outside: Outside, replaying: Replaying): Replay {
  return new LeadReplay(outside, replaying).run();
}

class LeadReplay {
  readonly #outside: Outside;
  readonly #options: Replaying;
  readonly #agenda = new Agenda();
  readonly #places: Places;
  readonly #sending: RecordedSending;
  readonly #lead: SimulatedLead;
  readonly #mails: SentMail[] = [];
  readonly #played = new Set<number>();
  /** By the replay's ids of claims, and those by the record's. */
  readonly #calls = new Map<string, RecordedCall>();
  readonly #sendIds = new Map<string, string>();
  #latest: RecordedCall | undefined;
  #before: LeadState;
  #unrouted: Recorded[] = [];

  constructor(outside: Outside, options: Replaying) {
    this.#outside = outside;
    this.#options = options;
    this.#places = new Places(({ id }) => inputOf(id), outside.places);
    this.#sending = new RecordedSending({
      places: this.#places,
      unwritable: outside.unwritable,
      call: (sendId) => this.#calls.get(sendId),
      after: (ms, then) => this.#lead.pauseExactly(ms, then),
    });
    const setting = settingOf(outside, options.rules, this.#agenda, () => this.#before);
    const world: World = {
      agenda: this.#agenda,
      untilMs: options.untilMs,
      setting,
      sending: this.#sending,
      delays: new RecordedDelays({
        places: this.#places,
        delays: outside.delays,
        dark: options.dark,
        clock: this.#agenda,
        latest: () => this.#latest,
      }),
      recorded: (event, after) => this.#recorded(event, after),
      mailed: () => undefined,
      decided: (input, did) => {
        if (did) this.#played.add(input);
      },
    };
    this.#lead = new SimulatedLead(outside.leadId, world, outside.from?.lead);
    this.#before = this.#lead.log.newest.state;
  }

  run(): Replay {
    const { from, inputs, calls } = this.#outside;
    if (from) this.#lead.begin(from.atMs);
    for (const input of inputs) this.#play(input, Date.parse(input.at));
    this.#agenda.runUntil(this.#options.untilMs);
    const outside = [...inputs, ...[...calls.values()].flatMap(({ facts }) => facts)];
    const unknown = outside.filter(({ seq }) => !this.#played.has(seq)).map(({ type, seq }) => ({ type, seq }));
    return { mails: this.#mails, assumed: this.#sending.assumed, unknown };
  }

  #play(event: Recorded, atMs: number): void {
    if (!isSubmission(event)) {
      const sendId = (recorded: string): string | undefined => this.#sendIds.get(recorded);
      return this.#lead.act((_, lead) => actOf(event, { lead, sendId }), atMs, event.seq);
    }
    const submission = submissionOf(event, this.#options.rules);
    if (submission) this.#lead.submit(submission, atMs, event.seq);
    else this.#unrouted.push(event);
  }

  #recorded(event: Recorded, after: LeadState): void {
    const before = this.#before;
    this.#before = after;
    this.#places.note(event);
    if (event.type === 'lead.send-started') this.#claimed(event, before);
    const mail = event.type === 'lead.sent' ? this.#places.sent(event, before) : undefined;
    if (mail) this.#mails.push(mail);
  }

  #claimed(event: Recorded<'lead.send-started'>, before: LeadState): void {
    const call = this.#outside.calls.get(this.#places.claimed(event, before));
    this.#latest = call;
    if (!call) return;
    this.#calls.set(event.data.sendId, call);
    this.#sendIds.set(call.sendId, event.data.sendId);
    const atMs = this.#agenda.atMs;
    for (const fact of call.facts) {
      const recordedMs = Date.parse(fact.at);
      const follows = this.#options.answers === 'after-their-mail' || FOLLOWS.has(fact.type);
      this.#play(fact, !follows && recordedMs > atMs ? recordedMs : atMs + (recordedMs - call.atMs));
    }
  }
}

/** The number in the ids that the simulator's shell gives to events of inputs. */
function inputOf(id: string): number | undefined {
  const number = /^(?:INTAKE|FEEDBACK|command|event)\/(\d+)/.exec(id)?.[1];
  return number === undefined ? undefined : Number(number);
}

function settingOf(outside: Outside, rules: Rules, agenda: Agenda, state: () => LeadState): Setting {
  const { places, versions, enriched } = outside;
  const firstMs = outside.from?.atMs ?? Date.parse(outside.inputs[0]?.at ?? '');
  const { reps, tagRules } = rules.at(firstMs);
  const active = (id: string) => rules.at(agenda.atMs).sequences.find((one) => one.id === id);
  const sequence: Planning['sequence'] = (id, version) => {
    if (version !== undefined) return rules.version(id, version);
    const { phase } = state();
    const kept =
      rules.keepsVersions && phase.kind === 'enrolling' ? versions.get(nameOf(phase.runId, places)) : undefined;
    return (kept === undefined ? undefined : rules.version(id, kept)) ?? active(id);
  };
  return {
    reenrolAfterMs: rules.reenrolAfterMs,
    tagRules,
    mails: { fromName: '', names: 'always' },
    planning: {
      delayScale: rules.delayScale,
      hours: rules.hours,
      sequence,
      isActive: (id) => active(id) !== undefined,
      reps,
    },
    enrichers: [...enriched].map(([name, events]) => {
      const left = events.map(({ data }) => foundOf(data));
      return { name, find: () => left.shift() ?? { outcome: 'nothing' } };
    }),
  };
}

const nameOf = (runId: string, places: Places): string => {
  const input = inputOf(runId);
  return input === undefined ? places.run(runId) : `#${input}`;
};

function foundOf({ outcome, facts = {}, why = 'unreachable' }: Recorded<'lead.enriched'>['data']): Found {
  switch (outcome) {
    case 'enriched':
      return { outcome, facts };
    case 'nothing':
      return { outcome };
    case 'unavailable':
      return { outcome, why };
  }
}
