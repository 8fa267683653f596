import type { ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { end, hasEnded, spawnWatched } from '@leadstream/testing/child';
import { freePort, type Server } from '@leadstream/testing/servers';

/** How many of each there are: whatever two of a kind could do to each other, they get the chance to. */
const INSTANCES = { ingest: 1, inbound: 1, triage: 2, scheduler: 3, sender: 2, projector: 1 } as const;
const READY_MS_MAX = 60_000;

/** Something that can be killed at any moment, and is brought back. */
export interface Victim {
  /** scheduler, nats-server, … */
  kind: string;
  /** SIGKILL. */
  kill(): Promise<void>;
  revive(): Promise<void>;
}

export const serverVictim = (kind: string, server: Server): Victim => ({ kind, kill: () => server.kill(), revive: () => server.restart() });

/** One process of a service, as it is deployed. */
class Service implements Victim {
  readonly kind: string;
  readonly url: string;
  readonly #env: () => Record<string, string>;
  readonly #log: string;
  readonly #port: number;
  #child: ChildProcess | undefined;
  #launches = 0;

  constructor(kind: string, { log, port, env }: { log: string; port: number; env: () => Record<string, string> }) {
    this.kind = kind;
    this.url = `http://127.0.0.1:${port}`;
    this.#port = port;
    this.#log = log;
    this.#env = env;
  }

  /** Does not wait until it is ready: production does not either. */
  revive(): Promise<void> {
    this.#child = spawnWatched([process.execPath, `apps/${this.kind}/dist/main.js`], `${this.#log}.${++this.#launches}.log`, { ...this.#env(), PORT: String(this.#port) });
    return Promise.resolve();
  }

  async kill(): Promise<void> {
    if (this.#child) await end(this.#child, 'SIGKILL');
  }

  async ready(): Promise<void> {
    for (const deadline = performance.now() + READY_MS_MAX; performance.now() < deadline; await delay(100)) {
      if (!this.#child || hasEnded(this.#child)) break;
      if (await fetch(`${this.url}/readyz`).then(async (answer) => { await answer.body?.cancel(); return answer.ok; }, () => false)) return;
    }
    const words = await readFile(`${this.#log}.${this.#launches}.log`, 'utf8').catch(String);
    throw new Error(`${this.kind} did not get ready; its last words:\n${words.slice(-2_000)}`);
  }
}

/** All processes of all services; what they have in common comes from `env`, the clock from `offset`. */
export class Fleet {
  readonly services: readonly Service[];
  #offset = 'PT0S';

  private constructor(services: (clock: () => string) => Service[]) {
    this.services = services(() => this.#offset);
  }

  static async assemble(dir: string, envOf: (urls: { inbound: string }) => Record<string, string>): Promise<Fleet> {
    const names = Object.entries(INSTANCES).flatMap(([kind, count]) => Array.from({ length: count }, (_, index) => ({ kind, index })));
    const placed = await Promise.all(names.map(async (name) => ({ ...name, port: await freePort() })));
    const env = envOf({ inbound: `http://127.0.0.1:${placed.find(({ kind }) => kind === 'inbound')?.port}` });
    return new Fleet((clock) => placed.map(({ kind, index, port }) =>
      new Service(kind, { log: join(dir, `${kind}-${index + 1}`), port, env: () => ({ ...env, CLOCK_OFFSET: clock() }) })));
  }

  url(kind: keyof typeof INSTANCES): string {
    return this.services.find((service) => service.kind === kind)?.url ?? '';
  }

  async start(): Promise<void> {
    await Promise.all(this.services.map((service) => service.revive()));
    await Promise.all(this.services.map((service) => service.ready()));
  }

  async kill(): Promise<void> {
    await Promise.all(this.services.map((service) => service.kill()));
  }

  /** Kills all of them at once and brings them back in a world where `offset` (ISO 8601) has passed. */
  async wakeUpLater(offset: string): Promise<void> {
    await this.kill();
    this.#offset = offset;
    await this.start();
  }
}
