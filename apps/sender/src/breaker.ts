import type { ProviderResponse } from '@leadstream/lead/claim';
import { describeError, Retry, Unavailable } from '@leadstream/eventlog/errors';
import { inSpan } from '@leadstream/eventlog/spans';
import type { JetStreamTransport } from '@leadstream/eventlog/transport';
import type { AccountPause, AccountStore, PausedSources } from '@leadstream/service/account';
import type { RestoreGuard } from '@leadstream/service/guard';
import { HOLDS, type Hold, type Metrics } from '@leadstream/service/metrics';
import type { Audience, Provider, StepChannel } from '@leadstream/contracts/events';
import type { Message, Outcome, Send } from '@leadstream/providers/port';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import CircuitBreaker from 'opossum';
import type { Logger } from 'pino';
import type { Config } from './config.ts';
import type { Pace } from './pace.ts';
import { Trial, type TrialParts } from './trial.ts';

/** A single 403 can concern one mail only; a bad key or plan gets 401 at once. */
const FORBIDDEN_MAX = 3;
/** The wait after a 429 without a hint. */
const HOLD_MS = 1_000;
/** Above this wait for the account's pace the pull stops, so that no mail is taken only to be returned. */
const REST_MS = 30_000;
/** An upper bound for a timer's delay. */
const TIMER_MS_MAX = 24 * 3_600_000;
const STATES = { closed: 0, halfOpen: 1, open: 2 } as const;

type Answered = Outcome;

/** Thrown so that the breaker counts it as a failure: the provider is unhealthy. A refusal of one mail is a value. */
class Ill extends Error {
  readonly answer: Answered;
  constructor(answer: Answered) {
    super(answer.kind);
    this.answer = answer;
  }
}
const ILL = new Set(['server-error', 'unreachable', 'timeout', 'gateway', 'connection-lost']);

export interface Parts<C extends StepChannel> {
  send: Send<C>;
  provider: Provider;
  config: Pick<Config, 'ESP_BREAKER_RESET_MS' | 'ESP_TRY_EVERY_MS'>;
  account: Pick<AccountStore, 'follow' | 'followSources' | 'pause' | 'resume' | 'breaker'>;
  /** Whose paused sources hold these messages besides the account's own. */
  alsoSources?: Pick<AccountStore, 'followSources'>;
  tries: TrialParts['tries'];
  pace: Pick<Pace, 'take' | 'hold'>;
  transport: Pick<JetStreamTransport, 'pause' | 'resume'>;
  guard: Pick<RestoreGuard, 'open' | 'why' | 'onChange'>;
  metrics: Metrics;
  log: Logger;
}

/**
 * The provider's call behind an opossum breaker, the account's pause and its pace. While one of them is closed, no
 * message is pulled from the log, so that no delivery is used up and no claim is made; afterwards one mail tries. A
 * pause made by a service is tried by one mail now and then, among all senders. A 429 holds all senders of the account,
 * and does not open the breaker. The timeout is the client's.
 */
export class GuardedSend<C extends StepChannel = 'email'> {
  private readonly breaker: CircuitBreaker<[Message<C>], Answered>;
  private readonly provider: string;
  /** undefined: not read yet; no mail is sent. */
  private pause: AccountPause | null | undefined;
  /** Of each account whose sources count. null: not read yet; undefined: unreadable. */
  private readonly sources: (PausedSources | undefined | null)[] = [];
  private readonly trial: Trial;
  private pauseEnds: NodeJS.Timeout | undefined;
  private restEnds: NodeJS.Timeout | undefined;
  /** True from the end of an account pause until one mail shows whether its reason is gone. */
  private onTrial = false;
  private forbidden = 0;
  private wasOpen = false;

  constructor(private readonly parts: Parts<C>) {
    const { send, provider, config, account, metrics } = parts;
    this.provider = provider;
    const action = async (mail: Message<C>): Promise<Answered> => {
      const answer = await send(mail);
      if ('class' in answer && ILL.has(answer.class) && !answer.isOfRecipient) throw new Ill(answer);
      return answer;
    };
    this.breaker = new CircuitBreaker(action, {
      timeout: false,
      resetTimeout: config.ESP_BREAKER_RESET_MS,
      errorThresholdPercentage: 50,
      volumeThreshold: 10,
      rollingCountTimeout: 60_000,
    });
    this.breaker.on('open', () => this.state('open'));
    this.breaker.on('halfOpen', () => this.state('halfOpen'));
    this.breaker.on('close', () => this.state('closed'));
    metrics.espBreakerState.set({ provider: this.provider }, STATES.closed);
    this.trial = new Trial({
      tries: parts.tries,
      everyMs: config.ESP_TRY_EVERY_MS,
      provider: this.provider,
      metrics,
      log: parts.log,
      changed: () => this.flow(),
    });
    for (const [index, each] of [account, ...(parts.alsoSources ? [parts.alsoSources] : [])].entries()) {
      this.sources[index] = null;
      each.followSources((sources) => this.onSources(index, sources));
    }
    account.follow((pause) => this.onPause(pause));
    parts.guard.onChange(() => this.flow());
    this.flow();
  }

  /** Whether a claim would lead to a call now. */
  get closed(): boolean {
    return (
      this.parts.guard.open &&
      !this.breaker.opened &&
      (this.pause === null || this.trial.isGranted) &&
      this.restEnds === undefined
    );
  }

  /** Whether mails to the leads of this source wait. An unreadable list holds all: fail closed. */
  holds(source: string): boolean {
    return this.sources.some((paused) => paused === undefined || (paused !== null && Object.hasOwn(paused, source)));
  }

  /**
   * Whether a claim may still lead to a call: false after the log was replaced by a restore, and during a pause that
   * an operator made. `fire` refuses the claims of a service's pause itself.
   */
  get mayCall(): boolean {
    return this.parts.guard.open && (!this.pause || this.pause.kind !== undefined);
  }

  /**
   * Waits for the account's pace, if the mail needs a call. Throws Retry when the wait is too long, Unavailable when
   * the
   * pace cannot be read.
   */
  async turn(signal: AbortSignal, audience: Audience, needsCall = true): Promise<void> {
    this.mustBeClosed(audience);
    if (!needsCall) return;
    const waitMs = await this.parts.pace.take(signal);
    if (waitMs > REST_MS) this.rest(waitMs);
    if (waitMs > 0) throw new Retry('the account’s pace', waitMs);
    // The pace takes up to ten seconds, in which a pause may begin.
    this.mustBeClosed(audience);
  }

  /** Resolves always. Logs each call and counts its class. */
  async fire(mail: Message<C>, about: { leadId: string; sendId: string; attempt: number }): Promise<ProviderResponse> {
    const { pause } = this;
    if (!pause?.kind) return this.call(mail, about);
    // Several claims may be open; only one of them is the try.
    if (!(await this.trial.spend(about.sendId))) {
      this.flow();
      this.parts.metrics.espUncalled.inc({ provider: this.provider });
      return { kind: 'refused', class: 'breaker-open' };
    }
    const answer = await this.call(mail, about, true);
    if (await this.trial.end('class' in answer ? answer.class : answer.kind)) await this.goOn(pause);
    return answer;
  }

  private async goOn({ at }: AccountPause): Promise<void> {
    await this.parts.account
      .resume({ by: 'sender', why: 'the provider takes mails again' }, at)
      .catch((error: unknown) =>
        this.parts.log.warn({ error: describeError(error) }, 'the end of the account’s pause is not shared'),
      );
    if (this.pause?.at === at) this.onPause(null);
  }

  private async call(
    mail: Message<C>,
    about: { leadId: string; sendId: string; attempt: number },
    isTry = false,
  ): Promise<ProviderResponse> {
    const startedMs = performance.now();
    const attributes = {
      'lead.id': about.leadId,
      'leadstream.send_id': about.sendId,
      'leadstream.attempt': about.attempt,
    };
    const { status, outcome, answer, traceId } = await inSpan(
      `send by ${this.provider}`,
      { service: 'sender', kind: SpanKind.CLIENT, attributes },
      async (span) => {
        const { status, ...answer } = await this.breaker
          .fire(mail)
          .catch((error: unknown): Answered =>
            error instanceof Ill ? error.answer : { kind: 'refused', class: 'breaker-open' },
          );
        const outcome = 'class' in answer ? answer.class : answer.kind;
        span.setAttributes({
          'leadstream.outcome': outcome,
          ...(status === undefined ? {} : { 'http.response.status_code': status }),
        });
        if (answer.kind !== 'accepted') {
          span.setAttribute('error.type', outcome);
          span.setStatus({ code: SpanStatusCode.ERROR });
        }
        return { status, outcome, answer, traceId: span.spanContext().traceId };
      },
    );
    const ms = performance.now() - startedMs;
    this.measure(outcome, ms, traceId);
    this.parts.log.info({ ...about, status, ms: Math.round(ms), class: outcome }, 'esp call');
    if (outcome === 'account') this.onAccountFault(status, isTry);
    else this.onAccountWell(outcome);
    if (answer.kind === 'refused' && answer.class === 'rate-limited') void this.hold(answer.retryAfterMs ?? HOLD_MS);
    return answer;
  }

  private measure(outcome: string, ms: number, traceId: string): void {
    const { espRequests, espSeconds, espUncalled } = this.parts.metrics;
    const { provider } = this;
    if (outcome === 'breaker-open') return espUncalled.inc({ provider });
    espRequests.inc({ provider, class: outcome });
    espSeconds.observe({ labels: { provider }, value: ms / 1_000, exemplarLabels: { trace_id: traceId } });
  }

  shutdown(): void {
    this.breaker.shutdown();
    this.trial.shutdown();
    clearTimeout(this.pauseEnds);
    clearTimeout(this.restEnds);
  }

  private mustBeClosed(audience: Audience): void {
    if (!this.parts.guard.open) throw new Unavailable(this.parts.guard.why);
    if (this.pause === undefined || this.sources.includes(null))
      throw new Unavailable('the pauses of the account and its sources are not read yet');
    if (!this.closed) throw new Retry('nothing is sent now', this.parts.config.ESP_BREAKER_RESET_MS);
    if (this.pause && this.trial.isOfLeads && audience !== 'lead')
      throw new Retry('a mail to a lead tries the account', this.parts.config.ESP_BREAKER_RESET_MS);
  }

  private state(state: keyof typeof STATES): void {
    this.parts.metrics.espBreakerState.set({ provider: this.provider }, STATES[state]);
    this.parts.log.warn({ provider: this.provider, state }, 'breaker changed state');
    this.record(state);
    this.flow();
  }

  /** A try that fails opens the breaker again, which is no change. */
  private record(state: keyof typeof STATES): void {
    const isOpen = state !== 'closed';
    if (isOpen === this.wasOpen) return;
    this.wasOpen = isOpen;
    void this.parts.account.breaker(isOpen ? 'opened' : 'closed', 'sender');
  }

  /** Derived from all conditions, so that the end of one cannot lift another. */
  private flow(): void {
    if (this.closed) this.parts.transport.resume(this.breaker.halfOpen || this.onTrial || this.pause ? 1 : undefined);
    else this.parts.transport.pause();
    const held = {
      log: !this.parts.guard.open,
      unread: this.pause === undefined || this.sources.includes(null),
      breaker: this.breaker.opened,
      account: Boolean(this.pause),
      pace: this.restEnds !== undefined,
    } satisfies Record<Hold, boolean>;
    for (const why of HOLDS) this.parts.metrics.sendingHeld.set({ provider: this.provider, why }, held[why] ? 1 : 0);
  }

  private onAccountFault(status: number | undefined, isTry: boolean): void {
    this.forbidden++;
    if (status === 403 && this.forbidden < FORBIDDEN_MAX && !this.onTrial && !isTry) return;
    this.parts.log.error(
      { provider: this.provider, class: 'account', status, outcome: 'sending paused' },
      'the provider refused the account',
    );
    const pause = {
      why: `the provider refuses the account (${status ?? 'no status'})`,
      by: 'sender',
      kind: 'refused' as const,
    };
    if (!this.pause || this.pause.until !== undefined) this.onPause({ ...pause, at: new Date().toISOString() });
    // Shares the pause with the other senders; if that fails, each learns it from its own call.
    this.parts.account
      .pause(pause)
      .catch((error: unknown) =>
        this.parts.log.warn({ error: describeError(error) }, 'the account’s pause is not shared'),
      );
  }

  private onAccountWell(outcome: string): void {
    if (outcome === 'breaker-open') return;
    this.forbidden = 0;
    if (!this.onTrial) return;
    this.onTrial = false;
    this.flow();
  }

  private onPause(pause: AccountPause | null): void {
    clearTimeout(this.pauseEnds);
    const leftMs = pause === null ? 0 : pause.until === undefined ? Infinity : Date.parse(pause.until) - Date.now();
    const now = leftMs > 0 ? pause : null;
    if (now && (this.pause?.by !== now.by || this.pause.until !== now.until)) {
      this.parts.log.warn({ provider: this.provider, by: now.by, why: now.why, until: now.until }, 'account is paused');
    }
    if (now && leftMs < Infinity)
      this.pauseEnds = setTimeout(() => this.onPause(now), Math.min(leftMs, TIMER_MS_MAX)).unref();
    if (!now && this.pause) this.onTrial = true;
    this.pause = now;
    this.trial.watch(now);
    this.flow();
  }

  private onSources(index: number, sources: PausedSources | undefined): void {
    const names = Object.keys(sources ?? {});
    if (!sources || names.some((name) => !this.holds(name)))
      this.parts.log.warn({ provider: this.provider, sources: names }, 'sources are paused');
    this.sources[index] = sources;
    this.flow();
  }

  private rest(ms: number): void {
    clearTimeout(this.restEnds);
    this.parts.log.warn({ provider: this.provider, ms }, 'the account’s limit is reached');
    this.restEnds = setTimeout(() => {
      this.restEnds = undefined;
      this.flow();
    }, ms).unref();
    this.flow();
  }

  private hold(ms: number): Promise<void> {
    return this.parts.pace
      .hold(ms)
      .catch((error: unknown) =>
        this.parts.log.warn({ error: describeError(error) }, 'the provider’s hint is not shared'),
      );
  }
}
