import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { end, freeze, hasEnded, spawnWatched } from './child.ts';
import { serverBinary, type ServerName } from './servers-binary.ts';

export { serverBinary } from './servers-binary.ts';

export interface ServerOptions {
  /** A free port when none is given. */
  port?: number;
  /** Folder of data and log; by default a temporary folder, removed after `stop`. */
  dir?: string;
  /** The longest wait for it to accept connections; default 30 s. A large log takes longer. */
  readyMsMax?: number;
}

export interface Server {
  url: string;
  port: number;
  /** Ends it with a clean shutdown. Its temporary folder is removed. */
  stop(): Promise<void>;
  /** Ends it as a crash would (SIGKILL); `restart` starts it again. */
  kill(): Promise<void>;
  /** Same port, same data. */
  restart(): Promise<void>;
  /** Stops it where it is (SIGSTOP): its connections stay open without responses; `thaw` resumes it. */
  freeze(): void;
  thaw(): void;
}

interface Program {
  name: ServerName;
  scheme: string;
  /** The line of its log after which it accepts connections. */
  ready: string;
  args(dir: string, port: number): Promise<string[]>;
}

const READY_MS_MAX = 30_000;

/**
 * Arguments of every mongod, in k8s/ and Compose too: its slow-query log has whole commands, including addresses. The
 * filter of an interrupted query is still logged, as a warning (ids 23798, 23799).
 */
export const MONGOD_ARGS: readonly string[] = ['--slowOpSampleRate', '0'];

/** Starts nats-server with JetStream on 127.0.0.1 and resolves when it accepts connections. */
export function startNats(
  options: ServerOptions & { /** Appended to the configuration file. */ configLines?: string[] } = {},
): Promise<Server> {
  return start(
    {
      name: 'nats-server',
      scheme: 'nats',
      ready: 'Server is ready',
      async args(dir, port) {
        const config = [
          `listen: "127.0.0.1:${port}"`,
          `store_dir: ${JSON.stringify(dir)}`,
          'jetstream: enabled',
          'max_payload: 8MB',
          ...(options.configLines ?? []),
        ];
        await writeFile(join(dir, 'nats-server.conf'), `${config.join('\n')}\n`);
        return ['-c', join(dir, 'nats-server.conf')];
      },
    },
    options,
  );
}

/** Starts a standalone mongod on 127.0.0.1 and resolves when it accepts connections. */
export function startMongo(
  options: ServerOptions & { /** Further arguments. */ args?: readonly string[] } = {},
): Promise<Server> {
  return start(
    {
      name: 'mongod',
      scheme: 'mongodb',
      ready: 'Waiting for connections',
      async args(dir, port) {
        await mkdir(join(dir, 'data'), { recursive: true });
        return [
          ...MONGOD_ARGS,
          '--dbpath',
          join(dir, 'data'),
          '--port',
          String(port),
          '--bind_ip',
          '127.0.0.1',
          '--nounixsocket',
          '--quiet',
          '--wiredTigerCacheSizeGB',
          '0.25',
          '--setParameter',
          'diagnosticDataCollectionEnabled=false',
          ...(options.args ?? []),
        ];
      },
    },
    options,
  );
}

async function start(program: Program, options: ServerOptions): Promise<Server> {
  const binary = await serverBinary(program.name);
  const dir = options.dir ?? (await mkdtemp(join(tmpdir(), `leadstream-${program.name}-`)));
  const scratch = options.dir === undefined ? dir : '';
  const discard = async () => {
    if (scratch) await rm(scratch, { recursive: true, force: true });
  };
  await mkdir(dir, { recursive: true });
  const launchOn = async (port: number) =>
    await launch(program, [binary, ...(await program.args(dir, port))], {
      log: join(dir, `${program.name}.log`),
      scratch,
      readyMsMax: options.readyMsMax ?? READY_MS_MAX,
    });

  let port = options.port ?? (await freePort());
  let child: ChildProcess | undefined;
  for (let attempt = 1; !child; attempt++) {
    try {
      child = await launchOn(port);
    } catch (error) {
      // Another process may take the free port before the server does.
      const again = error instanceof PortTaken && options.port === undefined && attempt < 5;
      if (!again) {
        await discard();
        throw error;
      }
      port = await freePort();
    }
  }
  let running = child;
  return {
    url: `${program.scheme}://127.0.0.1:${port}`,
    port,
    kill: () => end(running, 'SIGKILL'),
    stop: () => end(running, 'SIGTERM').then(discard),
    restart: async () => {
      await end(running, 'SIGTERM');
      running = await launchOn(port);
    },
    freeze: () => freeze(running),
    thaw: () => void running.kill('SIGCONT'),
  };
}

class PortTaken extends Error {}

async function launch(
  { name, ready }: Program,
  command: string[],
  { log, scratch, readyMsMax }: { log: string; scratch: string; readyMsMax: number },
): Promise<ChildProcess> {
  await rename(log, `${log}.1`).catch(() => undefined);
  const child = spawnWatched(command, log, { SCRATCH: scratch });
  let failed: Error | undefined;
  child.on('error', (error) => {
    failed = error;
  });
  const deadline = performance.now() + readyMsMax;
  for (;;) {
    const ended = failed ?? hasEnded(child);
    const said = await readFile(log, 'utf8');
    if (!ended && said.includes(ready)) return child;
    if (!ended && performance.now() < deadline) {
      await wait(10);
      continue;
    }
    child.kill('SIGKILL');
    if (/address already in use/i.test(said)) throw new PortTaken(`${name}: port is taken (${command.join(' ')})`);
    throw new Error(
      `${name} ${ended ? 'ended' : `was not ready after ${readyMsMax} ms`}; its last words:\n${said.slice(-2_000)}`,
      { cause: failed },
    );
  }
}

/**
 * A port below the range of outgoing connections: while a killed server is down, a reconnecting client could otherwise
 * get that very port, and connect to itself.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const probe = createServer();
    const free = await new Promise<boolean>((resolve) => {
      probe.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!free) continue;
    probe.close();
    await once(probe, 'close');
    return port;
  }
  throw new Error('no free port between 20000 and 31999');
}
