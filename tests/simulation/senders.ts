import type { StepChannel } from '@leadstream/contracts/events';
import { Unavailable } from '@leadstream/eventlog/errors';
import type { ProviderResponse } from '@leadstream/lead/claim';
import type { GuardedSend } from '@leadstream/sender/breaker';
import { SenderController } from '@leadstream/sender/sender.controller';
import type { Wait } from '@leadstream/sequences/simulator/work';
import type { RestoreGuard } from '@leadstream/service/guard';
import type { LeadLog } from '@leadstream/service/lead-log';
import type { Mailboxes } from '@leadstream/service/mailboxes';
import type { Metrics } from '@leadstream/service/metrics';
import type { Transitions } from '@leadstream/service/transitions';
import { SimulatedRepChat } from './chats.ts';
import { configs, senderConfigs, sequences } from './configuration.ts';
import type { Esp } from './esp.ts';
import { promised, type Process } from './faults.ts';

/** For a run without restores, and for triage, which sends no mail. */
export const UNGUARDED = { open: true, why: '' } as RestoreGuard;

interface Sending {
  esp: Esp;
  mailboxes: Mailboxes;
  transitions: Transitions;
  metrics: Metrics;
  guard?: RestoreGuard;
}

/** The service `sender`: mails, and the posts to the reps' chats. */
export function senderOf(
  process: Process,
  leads: LeadLog,
  { esp, mailboxes, transitions, metrics, guard = UNGUARDED }: Sending,
): SenderController<'email'> {
  const guarded = new Guarded<'email'>(esp, process, guard, (mail, about) => esp.take(process, mail, about));
  return new SenderController(
    senderConfigs[esp.providerOf(process)],
    process.clock,
    leads,
    sequences,
    {
      channel: 'email',
      provider: esp.providerOf(process),
      get isAlone() {
        return !esp.gateway.isConfigured;
      },
    },
    guarded as unknown as GuardedSend<'email'>,
    transitions,
    metrics,
    mailboxes,
    new SimulatedRepChat(esp.chats, process),
  );
}

/** The service `sms`, which gets its credentials of the gateway later in some runs. */
export function texterOf(
  process: Process,
  leads: LeadLog,
  { esp, mailboxes, transitions, metrics, guard = UNGUARDED }: Sending,
): SenderController<'sms'> {
  const { gateway } = esp;
  const guarded = new Guarded<'sms'>(esp, process, guard, (text, about) => gateway.take(process, text, about));
  const by = {
    channel: 'sms',
    get provider() {
      return gateway.isConfigured ? 'twilio' : null;
    },
  } as const;
  return new SenderController(
    configs.sender,
    process.clock,
    leads,
    sequences,
    by,
    guarded as unknown as GuardedSend<'sms'>,
    transitions,
    metrics,
    mailboxes,
  );
}

type Fired<C extends StepChannel> = Parameters<GuardedSend<C>['fire']>;

/** The sender's provider client. GuardedSend has private fields: opossum's, with real time. */
class Guarded<C extends StepChannel> implements Pick<GuardedSend<C>, 'closed' | 'mayCall' | 'holds' | 'turn' | 'fire'> {
  readonly #guard: RestoreGuard;
  readonly #esp: Esp;
  readonly #process: Process;
  readonly #take: (...call: Fired<C>) => Wait<ProviderResponse>;

  constructor(esp: Esp, process: Process, guard: RestoreGuard, take: (...call: Fired<C>) => Wait<ProviderResponse>) {
    this.#guard = guard;
    this.#take = take;
    this.#esp = esp;
    this.#process = process;
  }

  get closed(): boolean {
    return this.#guard.open && this.#esp.closed;
  }

  get mayCall(): boolean {
    return this.#guard.open;
  }

  holds(): boolean {
    return this.#esp.isSourcePaused;
  }

  async turn(): Promise<void> {
    await promised(this.#esp.turn(this.#process));
    if (!this.#guard.open) throw new Unavailable(this.#guard.why);
  }

  fire(...call: Fired<C>): Promise<ProviderResponse> {
    return promised(this.#take(...call));
  }
}
