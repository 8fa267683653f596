import type { ChildProcess } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { end, spawnWatched, untilReady } from '@leadstream/testing/child';
import { exampleSettings } from '@leadstream/testing/example-settings';
import { freePort, startMongo, startNats } from '@leadstream/testing/servers';
import { startSandbox } from '@leadstream/sandbox-esp/sandbox';

export type App = 'ingest' | 'triage' | 'scheduler' | 'sender' | 'inbound' | 'projector';

interface Running {
  child: ChildProcess;
  url: string;
}

export const SETTINGS = exampleSettings('upgrade');

/** The services of two builds as processes, on the same NATS, MongoDB and sandbox ESP. */
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
    const builds = new TwoBuilds(sandbox, logs, env, async () => {
      await Promise.all([...builds.#running.keys()].map((name) => builds.stop(name)));
      await Promise.all([sandbox.close(), nats.stop(), mongo.stop(), rm(logs, { recursive: true, force: true })]);
    });
    return builds;
  }

  /** Starts `app` of the build in `folder` under the name `<app> <build>` and resolves when it is ready. */
  async start(app: App, build: string, folder: string): Promise<void> {
    const port = await freePort();
    const log = join(this.#logs, `${app} ${build}.log`);
    const child = spawnWatched([process.execPath, join(folder, `apps/${app}/dist/main.js`)], log, {
      ...this.env,
      PORT: String(port),
    });
    const url = `http://127.0.0.1:${port}`;
    this.#running.set(`${app} ${build}`, { child, url });
    await untilReady({ name: `${app} of the ${build} build`, child, port, log });
    if (app === 'inbound')
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

  /** The newest process of `app`: where a load balancer would send a request. */
  url(app: App): string {
    const [, running] = [...this.#running].findLast(([name]) => name.startsWith(app)) ?? [];
    return running?.url ?? '';
  }

  /** Log lines of all processes of `build` with this text, as `<app> <build>`. */
  async whoSaid(text: string, build: string): Promise<string[]> {
    const names = (await readdir(this.#logs)).filter((file) => file.endsWith(` ${build}.log`));
    const logs = await Promise.all(
      names.map(async (file) => [file.replace('.log', ''), await readFile(join(this.#logs, file), 'utf8')] as const),
    );
    return logs.filter(([, log]) => log.includes(text)).map(([name]) => name);
  }
}
