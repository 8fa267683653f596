import type { Channel, PlannedStep } from '@leadstream/contracts/events';
import type { ProviderResponse } from '@leadstream/lead/claim';
import type { LeadState } from '@leadstream/lead/state';
import type { Planning } from '@leadstream/sequences/plan';
import type { Call, Desk, NoticeChat, Provider } from '@leadstream/sequences/simulator/shell';
import type { Wait } from '@leadstream/sequences/simulator/work';
import { hours, REENROL_AFTER_MS, REPS, sequenceOf, TAG_RULES } from '../configuration.ts';
import { SimulatedRepChat } from '../chats.ts';
import { enrichersOf } from '../enrichers.ts';
import type { Esp } from '../esp.ts';
import type { Process, SimulatedRun } from '../faults.ts';
import { pausing, type ModelLog } from './log.ts';
import { mailTo, textTo } from './mail.ts';

/** The dependencies of the shell in a process of the simulated deployment. */
export class ModelDesk implements Desk {
  readonly reenrolAfterMs = REENROL_AFTER_MS;
  readonly tagRules = TAG_RULES;
  readonly planning: Planning;
  readonly enrichers: Desk['enrichers'];
  readonly provider: Provider;
  readonly run: SimulatedRun;
  readonly process: Process;
  readonly log: ModelLog;

  constructor(run: SimulatedRun, process: Process, log: ModelLog, esp: Esp) {
    this.run = run;
    this.process = process;
    this.log = log;
    this.planning = new Clocked(process);
    this.enrichers = enrichersOf(run);
    this.provider = new Account(process, esp, run.texts);
  }

  now(): Temporal.Instant {
    return this.process.clock();
  }

  nowMs(): number {
    return this.process.clockMs;
  }

  elapsedMs(): number {
    return performance.now();
  }

  draw(): number {
    return Math.random();
  }

  pause(ms: number): Wait<void> {
    return pausing(this.run, ms);
  }
}

class Account implements Provider {
  readonly #process: Process;
  readonly #esp: Esp;
  readonly channel: Channel | undefined;

  constructor(process: Process, esp: Esp, texts: boolean) {
    this.channel = texts ? (process.service === 'sms' ? 'sms' : 'email') : undefined;
    this.#process = process;
    this.#esp = esp;
  }

  get closed(): boolean {
    return this.#esp.closed;
  }

  get isSourcePaused(): boolean {
    return this.#esp.isSourcePaused;
  }

  get name(): string {
    return this.channel === 'sms' ? 'twilio' : this.#esp.providerOf(this.#process);
  }

  get isMissing(): boolean {
    return this.channel === 'sms' && !this.#esp.gateway.isConfigured;
  }

  get isAlone(): boolean {
    return this.channel === 'email' && !this.#esp.gateway.isConfigured;
  }

  chatFor(state: LeadState, step: PlannedStep): NoticeChat | undefined {
    const { chats } = this.#esp;
    const chat = new SimulatedRepChat(chats, this.#process);
    const to = chat.for(state, step, REPS.find(({ id }) => id === state.rep)?.id);
    return (
      to && {
        by: { provider: to.chat, channel: 'chat' },
        take: ({ lead, leadId, run, sendId }) =>
          chats.take(this.#process, { ...mailTo(lead.state, run, step), to, leadId, sendId }),
        retryDelayMs: (answer, attempt) => chat.retryDelayMs(answer, attempt),
      }
    );
  }

  find(provider: string, sendId: string): Wait<{ at: string } | undefined> | undefined {
    return provider === 'mailgun' ? this.#esp.search(this.#process, provider, sendId) : undefined;
  }

  turn(): Wait<void> {
    return this.#esp.turn(this.#process);
  }

  take({ lead: { state }, leadId, run, step, sendId }: Call): Wait<ProviderResponse> {
    return step.channel === 'sms'
      ? this.#esp.gateway.take(this.#process, textTo(state, run, step), { leadId, sendId })
      : this.#esp.take(this.#process, mailTo(state, run, step), { leadId, sendId });
  }
}

/** A lazy clock: most plans decide without reading it. */
class Clocked implements Planning {
  readonly delayScale = 1;
  readonly hours = hours;
  readonly sequence = sequenceOf;
  readonly reps = REPS;
  readonly isActive = () => true;
  readonly #process: Process;

  constructor(process: Process) {
    this.#process = process;
  }

  get now(): Temporal.Instant {
    return this.#process.clock();
  }
}
