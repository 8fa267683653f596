import type { ChildProcess } from 'node:child_process';
import type { Esp } from '@leadstream/contracts/events';
import { join } from 'node:path';
import { end, serviceArgs, spawnWatched, untilReady } from '@leadstream/testing/child';
import { PROCESSES, runs, type Processes } from '@leadstream/testing/processes';
import { freePort, type Server } from '@leadstream/testing/servers';
import { balance } from './balance.ts';

/** The number of processes of each kind: two, so that they can disturb each other. */
export const INSTANCES = 2;

/** A process that can be killed at any moment, and is started again. */
export interface Victim {
  /** scheduler, all, nats-server, … */
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

interface Launch {
  kind: string;
  /** The argument of `npm run service`. */
  services: string;
  log: string;
  port: number;
  env: () => Record<string, string>;
  /** The folder of its build; this checkout by default. */
  folder?: string;
}

/** One process of a service or several, as it is deployed. */
export class Service implements Victim {
  readonly kind: string;
  readonly port: number;
  /** The build that the next `revive` starts. */
  folder: string;
  readonly #services: string;
  readonly #env: () => Record<string, string>;
  readonly #log: string;
  #child: ChildProcess | undefined;
  #launches = 0;

  constructor({ kind, services, log, port, env, folder = '.' }: Launch) {
    this.kind = kind;
    this.#services = services;
    this.port = port;
    this.#log = log;
    this.#env = env;
    this.folder = folder;
  }

  /** Does not wait until it is ready, like production. */
  revive(): Promise<void> {
    this.#launches++;
    this.#child = spawnWatched([process.execPath, ...serviceArgs(this.#services, this.folder)], this.#logOfLaunch(), {
      // Each build brings its own.
      INTAKE_DIR: join(this.folder, 'intake'),
      ...this.#env(),
      PORT: String(this.port),
    });
    return Promise.resolve();
  }

  async kill(): Promise<void> {
    if (this.#child) await end(this.#child, 'SIGKILL');
  }

  async stop(): Promise<void> {
    if (this.#child) await end(this.#child, 'SIGTERM');
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

export interface Size {
  processes: Processes;
  /** The number of processes of each kind. */
  instances: number;
  /** The provider that they are configured with. */
  esp: Esp;
  /** The folder of the build that they start with. */
  folder: string;
}

/** Ports of the services that are called from outside. */
type Doors = Record<'ingest' | 'inbound', number>;

const urlOf = (port: number): string => `http://127.0.0.1:${port}`;

/** All processes of all services; what they have in common comes from `env`, the clock from `offset`. */
export class Fleet {
  readonly services: readonly Service[];
  readonly #doors: Doors;
  #offset = 'PT0S';
  #esp: Esp;

  private constructor(doors: Doors, esp: Esp, services: (own: () => Record<string, string>) => Service[]) {
    this.#doors = doors;
    this.#esp = esp;
    this.services = services(() => ({ CLOCK_OFFSET: this.#offset, ESP: this.#esp }));
  }

  static async assemble(
    dir: string,
    envOf: (urls: { inbound: string }) => Record<string, string>,
    started: AsyncDisposableStack,
    { processes, instances, esp, folder }: Size,
  ): Promise<Fleet> {
    const names = Object.entries(PROCESSES[processes]).flatMap(([kind, services]: [string, string]) =>
      Array.from({ length: instances }, (_, index) => ({ kind, services, index })),
    );
    const placed = await Promise.all(names.map(async (name) => ({ ...name, port: await freePort() })));
    const portsOf = (door: keyof Doors) =>
      placed.filter(({ services }) => runs(services, door)).map(({ port }) => port);
    const doors: Doors = { ingest: await freePort(), inbound: await freePort() };
    for (const kind of ['ingest', 'inbound'] as const) {
      const balancer = await balance(doors[kind], portsOf(kind));
      started.defer(() => balancer.stop());
    }
    const env = envOf({ inbound: urlOf(doors.inbound) });
    return new Fleet(doors, esp, (own) =>
      placed.map(
        ({ kind, services, index, port }) =>
          new Service({
            kind,
            services,
            log: join(dir, `${kind}-${index + 1}`),
            port,
            env: () => ({ ...env, ...own() }),
            folder,
          }),
      ),
    );
  }

  /** The one address of all processes that run the service. */
  url(door: keyof Doors): string {
    return urlOf(this.#doors[door]);
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

  /** A rolling restart with another provider, one process after the other, each ended as a deployment ends it. */
  async switchTo(esp: Esp): Promise<void> {
    this.#esp = esp;
    for (const service of this.services) {
      await service.stop();
      await service.revive();
      await service.ready();
    }
  }

  /** Kills all of them at once and starts them again with clocks that are `offset` (ISO 8601) ahead. */
  async wakeUpLater(offset: string): Promise<void> {
    await this.kill();
    this.#offset = offset;
    await this.start();
  }
}
