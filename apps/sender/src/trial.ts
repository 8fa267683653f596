import { describeError } from '@leadstream/eventlog/errors';
import type { AccountPause } from '@leadstream/service/account';
import type { Metrics } from '@leadstream/service/metrics';
import type { Tries } from '@leadstream/service/tries';
import type { Logger } from 'pino';

/** How often a sender asks whether it may try, in parts of the time between two tries. */
const ASKS = 20;

export interface TrialParts {
  tries: Pick<Tries, 'begin' | 'name' | 'end'>;
  everyMs: number;
  provider: string;
  metrics: Pick<Metrics, 'espTries'>;
  log: Logger;
  /** The trial has begun, or is over. */
  changed: () => void;
}

/** One mail now and then through an account that its provider or its bounces paused; of all senders one at a time. */
export class Trial {
  private readonly me = crypto.randomUUID();
  private pause: AccountPause | null = null;
  private grantedAtMs: number | undefined;
  private asking: NodeJS.Timeout | undefined;

  constructor(private readonly parts: TrialParts) {}

  /** Whether the next mail may be the one that tries. */
  get isGranted(): boolean {
    return this.grantedAtMs !== undefined;
  }

  /** Whether only a mail to a lead tells something: a rep's mailbox says nothing of the addresses that bounced. */
  get isOfLeads(): boolean {
    return this.pause?.kind === 'reputation';
  }

  /** A pause that a person made, or that has an end, is not tried. */
  watch(pause: AccountPause | null): void {
    const tried = pause?.kind && pause.until === undefined ? pause : null;
    if (tried?.at === this.pause?.at) return;
    clearInterval(this.asking);
    [this.pause, this.grantedAtMs] = [tried, undefined];
    if (tried) this.asking = setInterval(() => void this.ask(), this.parts.everyMs / ASKS).unref();
  }

  /** Just before the call, of which the sendId is known. False: this mail may not go. */
  async spend(sendId: string): Promise<boolean> {
    const wasGranted = this.isGranted;
    this.grantedAtMs = undefined;
    return (
      wasGranted &&
      (await this.parts.tries.name(this.me, sendId).catch((error: unknown) => {
        this.parts.log.warn({ error: describeError(error) }, 'the try cannot be recorded, so it is none');
        return false;
      }))
    );
  }

  /** What the provider said of it. True: the account is well. One that it took waits for what the mailbox says. */
  async end(outcome: string): Promise<boolean> {
    const { tries, metrics, provider, log } = this.parts;
    const isRefusal = this.pause?.kind === 'refused';
    metrics.espTries.inc({ provider, outcome });
    log.warn({ provider, outcome }, 'one mail has tried');
    // A mail that may be on its way is waited for.
    if (
      isRefusal ||
      (outcome !== 'accepted' && outcome !== 'timeout' && outcome !== 'gateway' && outcome !== 'connection-lost')
    ) {
      await tries
        .end(this.me)
        .catch((error: unknown) => log.warn({ error: describeError(error) }, 'the next try is later'));
    }
    this.parts.changed();
    return isRefusal && (outcome === 'accepted' || outcome === 'permanent');
  }

  shutdown(): void {
    clearInterval(this.asking);
  }

  private async ask(): Promise<void> {
    const { tries, everyMs, provider, log, changed } = this.parts;
    const { pause } = this;
    if (!pause) return;
    if (this.grantedAtMs !== undefined && performance.now() - this.grantedAtMs > everyMs) this.grantedAtMs = undefined;
    else if (this.grantedAtMs !== undefined) return;
    try {
      if ((await tries.begin(pause, this.me)) && this.pause === pause) {
        this.grantedAtMs = performance.now();
        log.warn({ provider, why: pause.why }, 'one mail tries the paused account');
      }
    } catch (error) {
      log.warn({ error: describeError(error) }, 'nobody can say whose try it is');
    }
    changed();
  }
}
