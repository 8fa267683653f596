import type { Audience, EventType, Recorded } from '@leadstream/contracts/events';
import type { LeadState } from '@leadstream/lead/state';

/** Events that ask for a run, whose id is theirs. */
const BEGINS_RUN = {
  'lead.triaged': true,
  'lead.resubmitted': true,
  'lead.enrolled': false,
  'lead.step-due': false,
  'lead.send-started': false,
  'lead.sent': false,
  'lead.send-deferred': false,
  'lead.send-failed': false,
  'lead.send-skipped': false,
  'lead.send-unknown': false,
  'lead.step-planned': false,
  'lead.sequence-completed': false,
  'lead.delivered': false,
  'lead.opened': false,
  'lead.clicked': false,
  'lead.bounced': false,
  'lead.undelivered': false,
  'lead.complained': false,
  'lead.unsubscribed': false,
  'lead.suppressed': false,
  'lead.replied': true,
  'lead.paused': false,
  'lead.resumed': false,
  'lead.restarted': true,
  'lead.moved': true,
  'lead.migrated': true,
  'lead.tagged': false,
  'lead.lapsed': true,
  'lead.enriched': false,
  'lead.assigned': false,
  'lead.noted': false,
  'lead.recovered': false,
  'lead.erased': false,
} as const satisfies Record<EventType, boolean>;

/** A mail that the provider accepted, named alike in the record and in each replay. */
export interface SentMail {
  name: string;
  sequence: string;
  version: number;
  step: string;
  audience: Audience;
  atMs: number;
  zone: string | null;
}

/** One step of one run. */
interface Place {
  name: string;
  sequence: string;
  version: number;
}

/**
 * Names that are the same in the record and in its replays. A run has the name of the input that asked for it, a step
 * that of its run and sequence, a call and a mail that of their step and their number.
 */
export class Places {
  readonly #runs: Map<string, string>;
  readonly #claims: Map<string, Place>;
  readonly #counts: Map<string, number>;
  readonly #sent: Set<string>;
  readonly #inputOf: (event: Recorded) => number | undefined;

  /** `inputOf`: the number of the input that made the event. `from`: the places of the record until then. */
  constructor(inputOf: (event: Recorded) => number | undefined, from?: Places) {
    this.#inputOf = inputOf;
    this.#runs = new Map(from ? from.#runs : []);
    this.#claims = new Map(from ? from.#claims : []);
    this.#counts = new Map(from ? from.#counts : []);
    this.#sent = new Set(from ? from.#sent : []);
  }

  /** The name of the step at hand in the state; undefined: none. */
  step({ phase, run }: LeadState): string | undefined {
    if (!('step' in phase) || !run) return undefined;
    return this.#step(run.id, run.sequence, phase.step.id, phase.step.audience);
  }

  run(runId: string): string {
    return this.#runs.get(runId) ?? runId;
  }

  count(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  /** Counts one more. Returns the number before. */
  add(name: string): number {
    const before = this.count(name);
    this.#counts.set(name, before + 1);
    return before;
  }

  /** Returns the name of the call that a claim begins. */
  claimed({ data }: Recorded<'lead.send-started'>, { run }: LeadState): string {
    const [sequence, version] = run?.id === data.runId ? [run.sequence, run.version] : ['', 0];
    const name = this.#step(data.runId, sequence, data.stepId, data.audience);
    this.#claims.set(data.sendId, { name, sequence, version });
    return `${name}/call/${this.add(`${name}/call`)}`;
  }

  /** The mail of an acceptance that is the first of its claim. */
  sent({ data, at }: Recorded<'lead.sent'>, { zone }: LeadState): SentMail | undefined {
    const place = this.#claims.get(data.sendId);
    if (!place || this.#sent.has(data.sendId)) return undefined;
    this.#sent.add(data.sendId);
    const { name, sequence, version } = place;
    return {
      name: `${name}/${this.add(`${name}/mail`)}`,
      sequence,
      version,
      step: data.stepId,
      audience: data.audience,
      atMs: Date.parse(at),
      zone: zone?.id ?? null,
    };
  }

  /** Takes notice of an event that asks for a run. */
  note(event: Recorded): void {
    if (!BEGINS_RUN[event.type]) return;
    const input = event.type === 'lead.lapsed' ? undefined : this.#inputOf(event);
    this.#runs.set(event.id, input === undefined ? `lapse/${this.add('lapse')}` : `#${input}`);
  }

  #step(runId: string, sequence: string, step: string, audience: Audience): string {
    return `${this.run(runId)}/${sequence}/${step}/${audience}`;
  }
}
