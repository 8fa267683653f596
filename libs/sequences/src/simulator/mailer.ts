import type { PlannedStep } from '@leadstream/contracts/events';
import { guard, type ProviderResponse } from '@leadstream/lead/claim';
import { Unrenderable } from '../render.ts';
import type { CalmLog } from './calm.ts';
import { writtenMail, type Mail, type WrittenMail } from './mail.ts';
import type { Call, Lead } from './shell.ts';
import type { Wait } from './work.ts';
import type { Sending, World } from './world.ts';

interface Parts {
  leadId: string;
  world: World;
  log: CalmLog;
  /** After an accepted mail. */
  mailed: (mail: Mail) => void;
  /** After a wait for the quota. */
  turned: () => void;
}

/** The sender's mails of one lead, its turns with the account, and the provider's answers. */
export class Mailer implements Sending {
  readonly closed = true;
  readonly isSourcePaused = false;
  /** True while a mail waits for its turn. */
  inLine = false;
  readonly #parts: Parts;
  #written: WrittenMail | undefined;
  /** The step whose mail has waited for a turn, and since when. */
  #waits: { step: string; sinceMs: number } | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Writes the mail that `take` sends. Returns why it cannot be written. */
  write(lead: Lead, step: PlannedStep): string | undefined {
    const { leadId, world } = this.#parts;
    const { run } = lead.state;
    if (!run) return undefined;
    try {
      this.#written = writtenMail({ leadId, lead, run, step }, world.setting);
      return undefined;
    } catch (error) {
      if (error instanceof Unrenderable) return error.message;
      throw error;
    }
  }

  turn(): Wait<void> {
    const { world, turned } = this.#parts;
    const { turns, agenda } = world;
    if (!turns) return (resolve) => resolve();
    return (resolve) => {
      const sinceMs = agenda.atMs;
      const step = this.#stepAtHand();
      this.inLine = true;
      turns.take(
        () => this.#isSendable(),
        () => {
          this.inLine = false;
          if (agenda.atMs > sinceMs) this.#waits ??= step === undefined ? undefined : { step, sinceMs };
          resolve();
          turned();
        },
      );
    };
  }

  take(call: Call): Wait<ProviderResponse> {
    const { leadId, world, mailed } = this.#parts;
    return (resolve) => {
      const { setting, agenda } = world;
      const waits = this.#waits?.step === `${call.run.id}/${call.step.index}` ? this.#waits : undefined;
      const mail: Mail = {
        ...(this.#written ?? writtenMail(call, setting)),
        at: Temporal.Instant.fromEpochMilliseconds(agenda.atMs).toString(),
        sendId: call.sendId,
        waitedMs: waits ? agenda.atMs - waits.sinceMs : 0,
      };
      const answer = setting.respond?.(mail, leadId);
      if (answer && !answer.isTaken) return resolve(answer.response);
      this.#waits = undefined;
      mailed(mail);
      resolve(answer?.response ?? { kind: 'accepted', provider: 'simulator', providerMessageId: call.sendId });
    };
  }

  #stepAtHand(): string | undefined {
    const { phase, run } = this.#parts.log.newest.state;
    return 'step' in phase && run ? `${run.id}/${phase.step.index}` : undefined;
  }

  #isSendable(): boolean {
    const { log, world } = this.#parts;
    const { state } = log.newest;
    const now = Temporal.Instant.fromEpochMilliseconds(world.agenda.atMs);
    return state.phase.kind === 'due' && guard(state, state.phase.step, now) === undefined;
  }
}
