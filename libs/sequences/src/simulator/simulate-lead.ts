import type { Recorded } from '@leadstream/contracts/events';
import type { ProviderResponse } from '@leadstream/lead/claim';
import { decideCommand, type Command } from '@leadstream/lead/command';
import type { Feedback } from '@leadstream/lead/feedback';
import { idleAt, nextActionAt, RE_ENGAGEMENT, type LeadState } from '@leadstream/lead/state';
import type { Submission } from '@leadstream/lead/triage';
import type { Planning } from '../plan.ts';
import { TRIGGERS } from '../triggers.ts';
import { CalmLog, type Clock } from './calm.ts';
import { writtenMail, type Mail, type Mailing } from './mail.ts';
import { feedback, hunt, plan, send, triage, type Call, type Desk, type Provider } from './shell.ts';
import { begin, type Wait, type Work } from './work.ts';

type Without<Union, Key extends PropertyKey> = Union extends unknown ? Omit<Union, Key> : never;
/** A fact about the lead without what the simulator knows of it. */
export type Fact = Without<Feedback, 'key' | 'at' | 'provider' | 'feedbackSeq'>;

/** A fact, or an operator's command. */
export type Act = { fact: Fact } | { command: Command };

export interface Setting extends Mailing {
  reenrolAfterMs: number;
  /** Uniform in [0, 1). */
  draw: () => number;
  /** The acts that follow an accepted mail, `afterMs` later. */
  react?: (mail: Mail) => readonly { afterMs: number; act: Act }[];
}

export interface SimulatedLead {
  mails: Mail[];
  events: readonly Recorded[];
  state: LeadState;
}

/** An input at a time, whatever the lead was sent; an act is told the lead's latest mail. */
export type Given = { atMs: number } & ({ submission: Submission } | { act: (last: Mail | undefined) => Act });

/** A run takes some 10 events; two deciders that answer each other would never end. */
const EVENTS_MAX = 5_000;
const triggers: ReadonlySet<string> = new Set(TRIGGERS);

/**
 * One lead from its first submission to `untilMs`, decided by the services' deciders on a clock of its own. Processes
 * take no time: a plan is hunted in the millisecond in which it is due. Throws Unrenderable for a mail that cannot be
 * written, and an error when the deciders do not come to an end.
 */
export function simulateLead(
  leadId: string,
  given: readonly Given[],
  untilMs: number,
  setting: Setting,
): SimulatedLead {
  const lead = new Simulated(leadId, setting);
  for (const one of given) lead.expect(one);
  lead.run(untilMs);
  return { mails: lead.mails, events: lead.log.events, state: lead.log.newest.state };
}

const NEVER_MS = Infinity;
const at = (ms: number): Temporal.Instant => Temporal.Instant.fromEpochMilliseconds(ms);

class Simulated implements Desk, Clock, Provider {
  atMs = 0;
  readonly log: CalmLog;
  readonly mails: Mail[] = [];
  readonly closed = true;
  readonly isSourcePaused = false;
  readonly planning: Planning;
  readonly provider = this;
  readonly reenrolAfterMs: number;
  readonly #setting: Setting;
  #tasks: { atMs: number; run: () => void }[] = [];
  #seen = 0;
  #inputs = 0;
  /** The length of the log at the hunter's last visit: without a new event it would decide the same again. */
  #visited = -1;

  constructor(leadId: string, setting: Setting) {
    this.#setting = setting;
    this.reenrolAfterMs = setting.reenrolAfterMs;
    this.log = new CalmLog(leadId, this);
    const now = (): Temporal.Instant => this.now();
    this.planning = {
      ...setting.planning,
      draw: setting.draw,
      get now() {
        return now();
      },
    };
  }

  now(): Temporal.Instant {
    return at(this.atMs);
  }
  nowMs(): number {
    return this.atMs;
  }
  elapsedMs(): number {
    return this.atMs;
  }
  draw(): number {
    return this.#setting.draw();
  }

  pause(ms: number): Wait<void> {
    return (resolve) => this.#later(this.atMs + ms, resolve);
  }

  turn(): Wait<void> {
    return (resolve) => resolve();
  }

  take(call: Call): Wait<ProviderResponse> {
    return (resolve) => {
      const mail = writtenMail(call, this.atMs, this.#setting);
      this.mails.push(mail);
      for (const { afterMs, act } of this.#setting.react?.(mail) ?? [])
        this.#later(this.atMs + afterMs, () => this.#begin(this.#acted(act)));
      resolve({ kind: 'accepted', provider: 'simulator', providerMessageId: call.sendId });
    };
  }

  expect(given: Given): void {
    this.#later(given.atMs, () =>
      this.#begin(
        'submission' in given
          ? triage(this, ++this.#inputs, given.submission)
          : this.#acted(given.act(this.mails.findLast(({ audience }) => audience === 'lead'))),
      ),
    );
  }

  run(untilMs: number): void {
    for (;;) {
      const visitMs = this.#visitMs();
      const [task] = this.#tasks;
      const nextMs = Math.min(task?.atMs ?? NEVER_MS, visitMs);
      if (nextMs > untilMs) return;
      this.atMs = Math.max(this.atMs, nextMs);
      if (task && task.atMs <= visitMs) {
        this.#tasks.shift();
        task.run();
      } else {
        this.#visited = this.log.events.length;
        this.#begin(hunt(this, this.log.newest));
      }
      this.#deliver();
      if (this.log.events.length > EVENTS_MAX) throw new Error(`more than ${EVENTS_MAX} events, and no end`);
    }
  }

  /** The new events, to the services that wait for them. */
  #deliver(): void {
    for (const event of this.log.events.slice(this.#seen)) {
      if (triggers.has(event.type)) this.#later(this.atMs, () => this.#begin(plan(this, event)));
      if (event.type === 'lead.step-due') this.#later(this.atMs, () => this.#begin(send(this, event)));
    }
    this.#seen = this.log.events.length;
  }

  /** The hunter's next visit, in whole milliseconds: a plan has nanoseconds, and an earlier visit finds nothing due. */
  #visitMs(): number {
    if (this.#visited === this.log.events.length) return NEVER_MS;
    const { state } = this.log.newest;
    const lapses = this.planning.isActive?.(RE_ENGAGEMENT.sequence) ? idleAt(state) : null;
    const times = [nextActionAt(state), lapses].flatMap((time) => (time === null ? [] : [upToMs(time)]));
    return Math.min(NEVER_MS, ...times);
  }

  #later(atMs: number, run: () => void): void {
    this.#tasks.push({ atMs, run });
    this.#tasks.sort((a, b) => a.atMs - b.atMs);
  }

  #begin(work: Work<unknown>): void {
    begin(
      work,
      () => undefined,
      (error) => {
        throw error;
      },
    );
  }

  #acted(act: Act): Work<unknown> {
    const seq = ++this.#inputs;
    if ('command' in act) return this.log.decide(`command/${seq}`, (state) => decideCommand(state, act.command));
    const fact: Feedback = { ...act.fact, key: `simulated/${seq}`, provider: 'leadstream', at: this.now().toString() };
    return feedback(this, seq, fact);
  }
}

function upToMs(instant: string): number {
  const exact = Temporal.Instant.from(instant);
  const ms = exact.epochMilliseconds;
  return Temporal.Instant.compare(at(ms), exact) < 0 ? ms + 1 : ms;
}
