import { setTimeout as delay } from 'node:timers/promises';
import { withoutCredentials, type Log } from '@leadstream/eventlog/broker';
import { describeError } from '@leadstream/eventlog/errors';
import type { MongoClient } from 'mongodb';

const REDIAL_MS = 500;

/**
 * Connects a client to MongoDB in the background, for ever: after a failed first connect the driver's topology stays
 * closed, and every later operation fails with MongoTopologyClosedError. Once connected, the driver reconnects by
 * itself.
 */
export class MongoDial {
  readonly #client: MongoClient;
  readonly #place: string;
  readonly #log: Log;
  readonly #closing = new AbortController();
  readonly #dialled: Promise<void>;
  #connected = false;
  #problem: string | undefined;

  /** `place` is the URI without its credentials. */
  constructor(client: MongoClient, place: string, log: Log) {
    this.#client = client;
    this.#place = place;
    this.#log = log;
    this.#dialled = this.#dial();
  }

  /** True while a server answers the driver's heartbeats. */
  get connected(): boolean {
    return this.#connected;
  }

  /** The reason in words, while no server does. */
  get waiting(): string {
    return `connecting to ${this.#place}${this.#problem === undefined ? '' : `: ${this.#problem}`}`;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#client.close();
    await this.#dialled;
    // An attempt in progress when the client was closed opens it again.
    await this.#client.close();
  }

  async #dial(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      try {
        await this.#client.connect();
        return this.#watch();
      } catch (error) {
        this.#become(false, error);
        await delay(REDIAL_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  /** The driver's monitor is the first to see that the server is lost or back. */
  #watch(): void {
    this.#become(true);
    this.#client.on('topologyDescriptionChanged', ({ newDescription: { servers } }) => {
      const known = [...servers.values()];
      this.#become(
        known.some(({ type }) => type !== 'Unknown'),
        known.find(({ error }) => error)?.error,
      );
    });
  }

  #become(connected: boolean, error?: unknown): void {
    if (this.#closing.signal.aborted) return;
    const problem = error === undefined ? this.#problem : withoutCredentials(describeError(error).message);
    const isNews = connected !== this.#connected || (!connected && problem !== this.#problem);
    this.#connected = connected;
    this.#problem = connected ? undefined : problem;
    if (!isNews) return;
    if (connected) this.#log.info({ servers: this.#place }, 'MongoDB connected');
    else this.#log.warn({ servers: this.#place, error: problem }, 'MongoDB cannot be reached, dialling again');
  }
}
