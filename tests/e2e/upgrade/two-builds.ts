import type { ChildProcess } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { provisioned } from '@leadstream/eventlog/testing/provisioned';
import { end, serviceArgs, spawnWatched, untilReady } from '@leadstream/testing/child';
import { exampleSettings } from '@leadstream/testing/example-settings';
import { PARTITIONS } from '@leadstream/testing/partitions';
import { runs } from '@leadstream/testing/processes';
import { freePort, startMongo, startNats } from '@leadstream/testing/servers';
import { startSandbox } from '@leadstream/sandbox-esp/sandbox';

interface Running {
  child: ChildProcess;
  url: string;
}

export const SETTINGS = exampleSettings('upgrade');

/** Processes of two builds, each of a service or several, on the same NATS, MongoDB and sandbox ESP. */
export class TwoBuilds {
  readonly #running = new Map<string, Running>();
  readonly #logs: string;
  /** The environment of the services and of `leadctl`. */
  readonly env: Record<string, string>;

  private constructor(
    readonly sandbox: Awaited<ReturnType<typeof startSandbox>>,
    logs: string,
    env: Record<string, string>,
    readonly close: () => Promise<void>,
  ) {
    this.#logs = logs;
    this.env = env;
  }

  static async open(): Promise<TwoBuilds> {
    const [nats, mongo, sandbox] = await Promise.all([startNats(), startMongo(), startSandbox()]);
    const logs = await mkdtemp(join(tmpdir(), 'leadstream-upgrade-'));
    const env = {
      ...SETTINGS,
      NATS_URL: nats.url,
      MONGODB_URI: `${mongo.url}/leadstream`,
      LOG_LEVEL: 'info',
      INGEST_RATE_PER_MINUTE: '0',
      SENDGRID_BASE_URL: sandbox.url,
      SENDGRID_EVENT_PUBLIC_KEYS: sandbox.publicKey,
      DELAY_SCALE: '0.00004',
      HUNT_EVERY_MS: '100',
      RETRY_BASE_MS: '10',
    };
    await provisioned(nats.url, PARTITIONS);
    const builds = new TwoBuilds(sandbox, logs, env, async () => {
      await Promise.all([...builds.#running.keys()].map((name) => builds.stop(name)));
      await Promise.all([sandbox.close(), nats.stop(), mongo.stop(), rm(logs, { recursive: true, force: true })]);
    });
    return builds;
  }

  /** Starts the services of the build in `folder` as the process `<services> <build>` and resolves when it is ready. */
  async start(services: string, build: string, folder: string): Promise<void> {
    const port = await freePort();
    const log = join(this.#logs, `${services} ${build}.log`);
    const child = spawnWatched([process.execPath, ...serviceArgs(services, folder)], log, {
      ...this.env,
      PORT: String(port),
    });
    const url = `http://127.0.0.1:${port}`;
    this.#running.set(`${services} ${build}`, { child, url });
    await untilReady({ name: `${services} of the ${build} build`, child, port, log });
    if (runs(services, 'inbound'))
      this.sandbox.setTargets({
        eventUrl: `${url}/v1/sendgrid/events`,
        inboundUrl: `${url}/v1/sendgrid/inbound/${SETTINGS.INBOUND_SECRET}`,
      });
  }

  async stop(name: string): Promise<void> {
    const running = this.#running.get(name);
    this.#running.delete(name);
    if (running) await end(running.child, 'SIGTERM');
  }

  /** The newest process of a service: where a load balancer would send a request. */
  url(service: string): string {
    const [, running] = [...this.#running].findLast(([name]) => runs(name.split(' ')[0] ?? '', service)) ?? [];
    return running?.url ?? '';
  }

  /** Log lines of all processes of `build` with this text, as `<services> <build>`. */
  async whoSaid(text: string, build: string): Promise<string[]> {
    const names = (await readdir(this.#logs)).filter((file) => file.endsWith(` ${build}.log`));
    const logs = await Promise.all(
      names.map(async (file) => [file.replace('.log', ''), await readFile(join(this.#logs, file), 'utf8')] as const),
    );
    return logs.filter(([, log]) => log.includes(text)).map(([name]) => name);
  }
}
