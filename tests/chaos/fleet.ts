import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { end, serviceArgs, spawnWatched, untilReady } from '@leadstream/testing/child';
import { freePort, type Server } from '@leadstream/testing/servers';
import { balance } from './balance.ts';

const KINDS = ['ingest', 'inbound', 'triage', 'scheduler', 'sender', 'projector'] as const;
/** The number of processes of each service: two of a kind, so that they can disturb each other. */
export const INSTANCES = 2;

/** A process that can be killed at any moment, and is started again. */
export interface Victim {
  /** scheduler, nats-server, … */
  kind: string;
  /** SIGKILL. */
  kill(): Promise<void>;
  revive(): Promise<void>;
  /** SIGSTOP, until `thaw`. */
  freeze(): void;
  thaw(): void;
}

export const serverVictim = (kind: string, server: Server): Victim => ({
  kind,
  kill: () => server.kill(),
  revive: () => server.restart(),
  freeze: () => server.freeze(),
  thaw: () => server.thaw(),
});

/** One process of a service, as it is deployed. */
class Service implements Victim {
  readonly kind: string;
  readonly port: number;
  readonly #env: () => Record<string, string>;
  readonly #log: string;
  #child: ChildProcess | undefined;
  #launches = 0;

  constructor(kind: string, { log, port, env }: { log: string; port: number; env: () => Record<string, string> }) {
    this.kind = kind;
    this.port = port;
    this.#log = log;
    this.#env = env;
  }

  /** Does not wait until it is ready, like production. */
  revive(): Promise<void> {
    this.#launches++;
    this.#child = spawnWatched([process.execPath, ...serviceArgs(this.kind)], this.#logOfLaunch(), {
      ...this.#env(),
      PORT: String(this.port),
    });
    return Promise.resolve();
  }

  async kill(): Promise<void> {
    if (this.#child) await end(this.#child, 'SIGKILL');
  }

  freeze(): void {
    this.#child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child?.kill('SIGCONT');
  }

  async ready(): Promise<void> {
    const { kind: name, port } = this;
    if (this.#child) await untilReady({ name, child: this.#child, port, log: this.#logOfLaunch() });
  }

  #logOfLaunch(): string {
    return `${this.#log}.${this.#launches}.log`;
  }
}

/** Ports of the services that are called from outside. */
type Doors = Record<'ingest' | 'inbound', number>;

const urlOf = (port: number): string => `http://127.0.0.1:${port}`;

/** All processes of all services; what they have in common comes from `env`, the clock from `offset`. */
export class Fleet {
  readonly services: readonly Service[];
  readonly #doors: Doors;
  #offset = 'PT0S';

  private constructor(doors: Doors, services: (clock: () => string) => Service[]) {
    this.#doors = doors;
    this.services = services(() => this.#offset);
  }

  static async assemble(
    dir: string,
    envOf: (urls: { inbound: string }) => Record<string, string>,
    started: AsyncDisposableStack,
    instances: number,
  ): Promise<Fleet> {
    const names = KINDS.flatMap((kind) => Array.from({ length: instances }, (_, index) => ({ kind, index })));
    const placed = await Promise.all(names.map(async (name) => ({ ...name, port: await freePort() })));
    const portsOf = (kind: keyof Doors) => placed.filter((one) => one.kind === kind).map(({ port }) => port);
    const doors: Doors = { ingest: await freePort(), inbound: await freePort() };
    for (const kind of ['ingest', 'inbound'] as const) {
      const balancer = await balance(doors[kind], portsOf(kind));
      started.defer(() => balancer.stop());
    }
    const env = envOf({ inbound: urlOf(doors.inbound) });
    return new Fleet(doors, (clock) =>
      placed.map(
        ({ kind, index, port }) =>
          new Service(kind, {
            log: join(dir, `${kind}-${index + 1}`),
            port,
            env: () => ({ ...env, CLOCK_OFFSET: clock() }),
          }),
      ),
    );
  }

  /** The one address of all processes of the kind. */
  url(kind: keyof Doors): string {
    return urlOf(this.#doors[kind]);
  }

  /** Resolves when all are ready; `meanwhile` runs in between and starts their dependencies. */
  async start(meanwhile: () => Promise<void> = () => Promise.resolve()): Promise<void> {
    await Promise.all(this.services.map((service) => service.revive()));
    await meanwhile();
    await Promise.all(this.services.map((service) => service.ready()));
  }

  async kill(): Promise<void> {
    await Promise.all(this.services.map((service) => service.kill()));
  }

  /** Kills all of them at once and starts them again with clocks that are `offset` (ISO 8601) ahead. */
  async wakeUpLater(offset: string): Promise<void> {
    await this.kill();
    this.#offset = offset;
    await this.start();
  }
}
