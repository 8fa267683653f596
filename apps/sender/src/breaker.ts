import type { Answer } from '@leadstream/lead/claim';
import { inSpan } from '@leadstream/eventlog/spans';
import type { JetStreamTransport } from '@leadstream/eventlog/transport';
import type { Metrics } from '@leadstream/service/metrics';
import { SpanKind } from '@opentelemetry/api';
import CircuitBreaker from 'opossum';
import type { Logger } from 'pino';
import type { Config } from './config.ts';
import type { Letter } from './mail.ts';
import type { Send } from './sendgrid.ts';

/** The account's own fault hits every lead alike: nobody is blamed, and the pager has time to ring. */
const ACCOUNT_PAUSE_MS = 5 * 60_000;
const STATES = { closed: 0, halfOpen: 1, open: 2 } as const;

type Answered = Awaited<ReturnType<Send>>;

/** How the breaker is told of bad health: a refusal of one letter is a value, an ill provider is thrown. */
class Ill extends Error {
  readonly answer: Answered;
  constructor(answer: Answered) {
    super(answer.kind);
    this.answer = answer;
  }
}
const ILL = new Set(['server-error', 'unreachable', 'timeout', 'gateway', 'connection-lost']);

/**
 * The provider behind an opossum breaker. While it is open nothing is pulled from the log, so that no delivery is burnt
 * and no claim is made; half open, one letter is. A 429 waits and does not open it. The timeout is the SDK's.
 */
export class GuardedSend {
  private readonly breaker: CircuitBreaker<[Letter], Answered>;

  private readonly provider: string;
  /** How long until it is worth asking again. */
  readonly retryAfterMs: number;

  private accountPause: NodeJS.Timeout | undefined;

  constructor(send: Send, config: Pick<Config, 'ESP' | 'ESP_BREAKER_RESET_MS'>, private readonly transport: Pick<JetStreamTransport, 'pause' | 'resume'>, private readonly metrics: Metrics, private readonly log: Logger) {
    this.provider = config.ESP;
    this.retryAfterMs = config.ESP_BREAKER_RESET_MS;
    const action = async (letter: Letter): Promise<Answered> => {
      const answer = await send(letter);
      if ('class' in answer && ILL.has(answer.class)) throw new Ill(answer);
      return answer;
    };
    this.breaker = new CircuitBreaker(action, { timeout: false, resetTimeout: this.retryAfterMs, errorThresholdPercentage: 50, volumeThreshold: 10, rollingCountTimeout: 60_000 });
    this.breaker.on('open', () => this.state('open'));
    this.breaker.on('halfOpen', () => this.state('halfOpen'));
    this.breaker.on('close', () => this.state('closed'));
    this.metrics.espBreakerState.set({ provider: this.provider }, STATES.closed);
  }

  /** Whether a claim would lead to a call now. */
  get closed(): boolean {
    return !this.breaker.opened && this.accountPause === undefined;
  }

  /** Resolves always. Logs each call and counts its class. */
  async fire(letter: Letter, about: { leadId: string; sendId: string; attempt: number }): Promise<Answer> {
    const startedMs = performance.now();
    const attributes = { 'lead.id': about.leadId, 'leadstream.send_id': about.sendId, 'leadstream.attempt': about.attempt };
    const { status, outcome, answer } = await inSpan(`send by ${this.provider}`, { kind: SpanKind.CLIENT, attributes }, async (span) => {
      const { status, ...answer } = await this.breaker.fire(letter).catch((error: unknown): Answered =>
        error instanceof Ill ? error.answer : { kind: 'refused', class: 'breaker-open' });
      const outcome = 'class' in answer ? answer.class : answer.kind;
      span.setAttributes({ 'leadstream.outcome': outcome, ...(status === undefined ? {} : { 'http.response.status_code': status }) });
      return { status, outcome, answer };
    });
    this.metrics.espRequests.inc({ provider: this.provider, class: outcome });
    this.log.info({ ...about, status, ms: Math.round(performance.now() - startedMs), class: outcome }, 'esp call');
    if (outcome === 'account') this.pauseForAccount();
    return answer;
  }

  shutdown(): void {
    this.breaker.shutdown();
  }

  private state(state: keyof typeof STATES): void {
    this.metrics.espBreakerState.set({ provider: this.provider }, STATES[state]);
    this.log.warn({ provider: this.provider, state }, 'breaker');
    this.flow();
  }

  /** Two things hold the flow, and the end of one must not lift the other. */
  private flow(): void {
    if (this.closed) this.transport.resume(this.breaker.halfOpen ? 1 : undefined);
    else this.transport.pause();
  }

  private pauseForAccount(): void {
    this.log.error({ provider: this.provider, class: 'account', outcome: 'sending paused' }, 'error');
    clearTimeout(this.accountPause);
    this.accountPause = setTimeout(() => {
      this.accountPause = undefined;
      this.flow();
    }, ACCOUNT_PAUSE_MS).unref();
    this.flow();
  }
}
