import { describeError } from '@leadstream/eventlog/errors';
import type { AccountPause } from '@leadstream/service/account';
import type { Metrics } from '@leadstream/service/metrics';
import type { Tries } from '@leadstream/service/tries';
import type { Logger } from 'pino';

/** The number of attempts to get the try within one interval. */
const ATTEMPTS = 20;

export interface TrialParts {
  tries: Pick<Tries, 'begin' | 'name' | 'end'>;
  everyMs: number;
  provider: string;
  metrics: Pick<Metrics, 'espTries'>;
  log: Logger;
  /** Called when the trial begins or ends. */
  changed: () => void;
}

/**
 * Tries a paused account with one mail now and then, one at a time among all senders. Only for pauses by the provider
 * or by bounces.
 */
export class Trial {
  private readonly me = crypto.randomUUID();
  private pause: AccountPause | null = null;
  private grantedAtMs: number | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly parts: TrialParts) {}

  /** Whether the next mail is the try. */
  get isGranted(): boolean {
    return this.grantedAtMs !== undefined;
  }

  /** Whether only a mail to a lead is a valid try: a rep's mailbox proves nothing about the addresses that bounced. */
  get isOfLeads(): boolean {
    return this.pause?.kind === 'reputation';
  }

  /** An operator's pause, or one with an end, is not tried. */
  watch(pause: AccountPause | null): void {
    const tried = pause?.kind && pause.until === undefined ? pause : null;
    if (tried?.at === this.pause?.at) return;
    clearInterval(this.timer);
    [this.pause, this.grantedAtMs] = [tried, undefined];
    if (tried) this.timer = setInterval(() => void this.begin(), this.parts.everyMs / ATTEMPTS).unref();
  }

  /** Records the sendId as the try, just before the call. False: the mail must not be sent. */
  async spend(sendId: string): Promise<boolean> {
    const wasGranted = this.isGranted;
    this.grantedAtMs = undefined;
    return (
      wasGranted &&
      (await this.parts.tries.name(this.me, sendId).catch((error: unknown) => {
        this.parts.log.warn({ error: describeError(error) }, 'the try could not be recorded, its mail is not sent');
        return false;
      }))
    );
  }

  /**
   * Ends the try with its outcome. True: the account works. An accepted mail leaves the try open until its delivery is
   * known.
   */
  async end(outcome: string): Promise<boolean> {
    const { tries, metrics, provider, log } = this.parts;
    const isRefusal = this.pause?.kind === 'refused';
    metrics.espTries.inc({ provider, outcome });
    log.warn({ provider, outcome }, 'the provider responded to the try’s mail');
    // The try stays open while its mail may be on its way.
    if (
      isRefusal ||
      (outcome !== 'accepted' && outcome !== 'timeout' && outcome !== 'gateway' && outcome !== 'connection-lost')
    ) {
      await tries
        .end(this.me)
        .catch((error: unknown) =>
          log.warn({ error: describeError(error) }, 'the try could not be ended, the next one begins later'),
        );
    }
    this.parts.changed();
    return isRefusal && (outcome === 'accepted' || outcome === 'permanent');
  }

  shutdown(): void {
    clearInterval(this.timer);
  }

  private async begin(): Promise<void> {
    const { tries, everyMs, provider, log, changed } = this.parts;
    const { pause } = this;
    if (!pause) return;
    if (this.grantedAtMs !== undefined && performance.now() - this.grantedAtMs > everyMs) this.grantedAtMs = undefined;
    else if (this.grantedAtMs !== undefined) return;
    try {
      if ((await tries.begin(pause, this.me)) && this.pause === pause) {
        this.grantedAtMs = performance.now();
        log.warn({ provider, why: pause.why }, 'the account’s try has begun, the next mail is it');
      }
    } catch (error) {
      log.warn({ error: describeError(error) }, 'the try could not be requested');
    }
    changed();
  }
}
