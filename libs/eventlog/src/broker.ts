import {
  jetstream,
  JetStreamApiCodes,
  JetStreamApiError,
  JetStreamError,
  jetstreamManager,
  type JetStreamClient,
  type JetStreamManager,
} from '@nats-io/jetstream';
import {
  createInbox,
  credsAuthenticator,
  errors,
  usernamePasswordAuthenticator,
  type Authenticator,
  type NatsConnection,
  type NodeConnectionOptions,
} from '@nats-io/transport-node';
import { setTimeout as delay } from 'node:timers/promises';
import { describeError, OtherPartitions, Unavailable } from './errors.ts';
import { connect } from './gathering.ts';

/** The part of pino's logger interface that is used. */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** For a command or a test, whose output has no log lines. */
export const silentLog: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };

export interface BrokerOptions {
  /** One or several URLs, comma separated. */
  servers: string;
  /** Shown in the server's connection list. */
  name: string;
  /** A `.creds` file's content. */
  creds?: string;
  login?: { user: string; password: string };
  /** Subjects of the answers to this connection; a server with users lets only this user read them. */
  inboxPrefix?: string;
  /** Paths of files: they are read at each connect, so that a renewed certificate needs no restart. */
  tls?: NodeConnectionOptions['tls'];
  /**
   * The number of the log's streams, or the request for it: made before the first connect is announced, and again while
   * it finds none. Default 1.
   */
  partitions?: number | ((broker: Broker) => Promise<number | undefined>);
  /** Time limit for a JetStream response. Default 5000. */
  answerMs?: number;
  /** Time without a JetStream response after which another server is tried. Default 10 000: longer than an election. */
  silenceMs?: number;
}

const REDIAL_MS = 1_000;
const SILENCE_MS = 10_000;
const SILENT_ASKS = 2;
const DRAIN_MS = 5_000;
const REFUSALS_MAX = 100;

/**
 * The one connection of a process. Opening never waits and never fails: it dials in the background, for ever, so that a
 * service can start, report on `/readyz` that it waits, and continue once the broker is reachable.
 */
export class Broker {
  #nc: NatsConnection | undefined;
  #js: JetStreamClient | undefined;
  #jsm: Promise<JetStreamManager> | undefined;
  #connected = false;
  /** Since the connection was made it was lost, and has not reconnected yet. */
  #isLost = false;
  #connectedAtMs = 0;
  #problem: string | undefined;
  #left = '';
  #listeners = new Set<() => void>();
  readonly #refusals = new Set<string>();
  readonly #closing = new AbortController();
  readonly #options: BrokerOptions;
  readonly #kept: Promise<void>;
  #partitions: number | undefined;
  #asking: Promise<void> | undefined;

  readonly log: Log;

  private constructor(options: BrokerOptions, log: Log) {
    this.#options = options;
    const { partitions = 1 } = options;
    if (typeof partitions === 'number') this.#partitions = partitions;
    this.log = log;
    this.#kept = this.#keep();
  }

  static open(options: BrokerOptions, log: Log): Broker {
    return new Broker(options, log);
  }

  get connected(): boolean {
    return this.#connected;
  }

  /** Milliseconds since the last connect; 0 while not connected. */
  get connectedMs(): number {
    return this.#connected ? performance.now() - this.#connectedAtMs : 0;
  }

  /** The cause of the last failed attempt to connect, in words. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** The reason in words, while not connected. */
  get waiting(): string {
    return `connecting to ${this.#place()}${this.#problem === undefined ? '' : `: ${this.#problem}`}`;
  }

  /** The number of the log's streams. Throws Unavailable until the log has one. */
  get partitions(): number {
    if (this.#partitions !== undefined) return this.#partitions;
    if (this.#connected) void this.#askPartitions();
    throw new Unavailable('the log is not there yet; leadctl provision creates it, or leadctl restore load');
  }

  /** Throws OtherPartitions when this process began with another number: what it read is of another log. */
  learn(partitions: number): void {
    this.#partitions ??= partitions;
    if (this.#partitions !== partitions) throw new OtherPartitions(this.#partitions, partitions);
  }

  /** The connection, possibly about to reconnect. Throws Unavailable before the first connect and after close. */
  connection(): NatsConnection {
    if (!this.#nc) throw new Unavailable('NATS is not connected');
    return this.#nc;
  }

  js(): JetStreamClient {
    return (this.#js ??= jetstream(this.connection(), { timeout: this.#answerMs }));
  }

  async jsm(): Promise<JetStreamManager> {
    return (this.#jsm ??= jetstreamManager(this.connection(), { checkAPI: false, timeout: this.#answerMs }));
  }

  /** A new subject of this user's own, for messages that the server sends later. */
  inbox(): string {
    return createInbox(this.#options.inboxPrefix);
  }

  /** Resolves while connected, else at the next connect; throws Unavailable when the broker is closed meanwhile. */
  ready(signal?: AbortSignal): Promise<void> {
    if (this.#connected) return Promise.resolve();
    const given = AbortSignal.any([this.#closing.signal, ...(signal ? [signal] : [])]);
    if (given.aborted) return Promise.reject(new Unavailable('NATS connection is closed'));
    return new Promise((resolve, reject) => {
      const stop = this.onReady(() => {
        given.removeEventListener('abort', gone);
        stop();
        resolve();
      });
      const gone = () => {
        stop();
        reject(new Unavailable('NATS connection is closed'));
      };
      given.addEventListener('abort', gone, { once: true });
    });
  }

  /** Calls `listener` at every connect and reconnect from now on; returns the function that unsubscribes it. */
  onReady(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Flushes buffered messages, ends the subscriptions and closes; does not wait for an unreachable broker. */
  async close(): Promise<void> {
    this.#closing.abort();
    const nc = this.#nc;
    if (nc && !nc.isClosed()) {
      if (this.#connected)
        await Promise.race([nc.drain().catch(() => undefined), delay(DRAIN_MS, undefined, { ref: false })]);
      await nc.close();
    }
    await this.#kept;
  }

  /**
   * Dials until closed. The client reconnects by itself; it gives up only after a permanent rejection, and then this
   * dials anew.
   */
  async #keep(): Promise<void> {
    const { signal } = this.#closing;
    let said = '';
    while (!signal.aborted) {
      try {
        await this.#serve(await this.#dial());
        said = '';
      } catch (error) {
        const { message } = describeError(error);
        this.#problem = message;
        if (message !== said)
          this.log.warn(
            { error: describeError(error), servers: this.#place() },
            'NATS cannot be reached, dialling again',
          );
        said = message;
      }
      await delay(REDIAL_MS / 2 + (Math.random() * REDIAL_MS) / 2, undefined, { signal }).catch(() => undefined);
    }
  }

  async #dial(): Promise<NatsConnection> {
    const { servers, name, tls, inboxPrefix } = this.#options;
    const authenticator = authenticatorOf(this.#options);
    return connect({
      servers: servers.split(',').map((server) => server.trim()),
      name,
      timeout: this.#answerMs,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 500,
      reconnectToServer: (pool) => {
        const other = pool.find(({ listen }) => listen !== this.#left) ?? null;
        this.#left = '';
        return other;
      },
      // Otherwise each request creates two errors with their stacks in case it fails.
      noAsyncTraces: true,
      ...(authenticator ? { authenticator } : {}),
      ...(inboxPrefix === undefined ? {} : { inboxPrefix }),
      ...(tls ? { tls } : {}),
    });
  }

  async #serve(nc: NatsConnection): Promise<void> {
    if (this.#closing.signal.aborted) return nc.close();
    this.#nc = nc;
    this.#isLost = false;
    const watch = Promise.all([this.#watch(nc), this.#leaveSilence(nc)]);
    if (this.#partitions === undefined) await this.#askPartitions();
    // Lost during the request, it is announced by its reconnect.
    if (!this.#connected && !this.#isLost && !nc.isClosed()) this.#up();
    const error = await nc.closed();
    await watch;
    this.#down();
    this.#nc = this.#js = this.#jsm = undefined;
    if (error) throw error;
  }

  /** One request at a time; without an answer the next caller of `partitions` asks again. */
  #askPartitions(): Promise<void> {
    const { partitions: ask } = this.#options;
    if (typeof ask !== 'function') return Promise.resolve();
    this.#asking ??= ask(this)
      .then(
        (found) => void (this.#partitions ??= found),
        () => undefined,
      )
      .finally(() => (this.#asking = undefined));
    return this.#asking;
  }

  async #watch(nc: NatsConnection): Promise<void> {
    for await (const status of nc.status()) {
      if (status.type === 'disconnect') this.#down();
      if (status.type === 'reconnect') this.#up();
      if (status.type === 'disconnect' || status.type === 'reconnect') this.#isLost = status.type === 'disconnect';
      if (status.type === 'error' && status.error instanceof errors.PermissionViolationError)
        this.#refused(status.error);
    }
  }

  /**
   * A node that is cut off from its cluster still serves its clients, only without JetStream, and a vanished host does
   * not even close its sockets. The client notices neither, so this probe queries it and switches to another server.
   */
  async #leaveSilence(nc: NatsConnection): Promise<void> {
    const over = new AbortController();
    void nc.closed().finally(() => over.abort());
    const everyMs = (this.#options.silenceMs ?? SILENCE_MS) / SILENT_ASKS;
    for (
      let silent = 0;
      !over.signal.aborted;
      await delay(everyMs * (0.5 + Math.random()), undefined, { signal: over.signal }).catch(() => undefined)
    ) {
      silent = !this.#connected || (await this.#answers()) ? 0 : silent + 1;
      if (silent < SILENT_ASKS) continue;
      silent = 0;
      if (over.signal.aborted) return;
      this.#left = nc.getServer();
      this.log.warn(
        { server: withoutCredentials(this.#left) },
        'JetStream does not respond here, trying another server',
      );
      // Closed or closing meanwhile: no server to leave.
      await nc.reconnect().catch(() => undefined);
    }
  }

  async #answers(): Promise<boolean> {
    return this.jsm()
      .then((jsm) => jsm.getAccountInfo())
      .then(
        () => true,
        (error: unknown) => !isUnavailable(error),
      );
  }

  /** Logged once a subject: a request that is tried again would fill the log. */
  #refused({ operation, subject }: InstanceType<typeof errors.PermissionViolationError>): void {
    const what = `${operation} ${subject}`;
    if (this.#refusals.has(what)) return;
    if (this.#refusals.size < REFUSALS_MAX) this.#refusals.add(what);
    this.log.warn({ operation, subject }, 'NATS refuses this user a subject');
  }

  #up(): void {
    this.#connected = true;
    this.#connectedAtMs = performance.now();
    this.#problem = undefined;
    this.log.info({ servers: this.#place() }, 'NATS connected');
    for (const listener of [...this.#listeners]) listener();
  }

  #down(): void {
    if (this.#connected && !this.#closing.signal.aborted)
      this.log.warn({ servers: this.#place() }, 'NATS disconnected');
    this.#connected = false;
  }

  get #answerMs(): number {
    return this.#options.answerMs ?? 5_000;
  }

  /** The URLs without their credentials. */
  #place(): string {
    return withoutCredentials(this.#options.servers);
  }
}

function authenticatorOf({ creds, login }: BrokerOptions): Authenticator | undefined {
  if (creds) return credsAuthenticator(new TextEncoder().encode(creds));
  return login && usernamePasswordAuthenticator(login.user, login.password);
}

/** The text with the user and password of every URL in it removed; a password may itself contain an `@`. */
export const withoutCredentials = (text: string): string => text.replace(/\/\/[^\s/,]*@/g, '//');

const NO_ANSWER = [
  Unavailable,
  errors.TimeoutError,
  errors.RequestError,
  errors.NoRespondersError,
  errors.ConnectionError,
  errors.ClosedConnectionError,
  errors.DrainingConnectionError,
];

/** True when JetStream answered with this error code. */
export const hasCode = (error: unknown, ...codes: number[]): boolean =>
  error instanceof JetStreamApiError && codes.includes(error.code);

/** True when the server refused the request to the user of this connection. */
export const isRefused = (error: unknown): boolean =>
  error instanceof errors.PermissionViolationError ||
  (error instanceof Error && error.cause instanceof errors.PermissionViolationError);

/** True for a wrong last sequence: the answer of a single node, and of a cluster while another write is in flight. */
export const isConflict = (error: unknown): boolean => hasCode(error, 10071, 10164);

/**
 * True when the broker gave no answer, or can't serve now (a missing stream included): the outcome of the request is
 * unknown.
 */
export const isUnavailable = (error: unknown): boolean => {
  if (error instanceof JetStreamApiError) return error.status >= 500 || error.code === JetStreamApiCodes.StreamNotFound;
  if (error instanceof JetStreamError) return 'code' in error && Number(error.code) >= 500;
  // The client's error for a request without a responder, e.g. while a cluster elects; its class is not exported.
  if (error instanceof Error && error.name === 'JetStreamNotEnabled') return true;
  return NO_ANSWER.some((kind) => error instanceof kind);
};

/** The broker's answer; throws Unavailable, with the cause, when it gave none. */
export async function reachable<T>(question: () => Promise<T>): Promise<T> {
  try {
    return await question();
  } catch (error) {
    if (error instanceof Unavailable || !isUnavailable(error)) throw error;
    throw new Unavailable('NATS gave no answer', { cause: error });
  }
}
