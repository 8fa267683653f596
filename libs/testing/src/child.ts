import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const STOP_MS_MAX = 30_000;
const READY_MS_MAX = 120_000;
const ANSWER_MS_MAX = 5_000;
const FREEZE_MS_MAX = 30_000;
const LOG_END_LENGTH = 2_000;

/**
 * The shell starts a watcher and becomes the program itself, with the same process id. The watcher reads a pipe that
 * only this process holds: a line means that the program has ended, the pipe's end that this process has died, by any
 * signal; then the program is killed and its temporary folder SCRATCH removed. There is no instant at which it runs
 * unwatched. Not over standard input: Node.js closes that when a child exits, and the watcher would kill a later
 * process with the same id.
 */
const WATCHED = '{ read -r _ <&3 || { kill -9 $$; rm -rf "$SCRATCH"; }; } & exec "$0" "$@" 3<&-';

/**
 * Node's arguments for a service, `all`, or several as a comma list, as in production, of the build in `folder`.
 * Inbound's garbage is request bodies: V8 keeps 3 × 16 MiB of new objects before a collection, and lets old ones grow
 * fourfold on a large machine. A smaller limit works on the command line only.
 */
export const serviceArgs = (app: string, folder = '.'): string[] => [
  ...(app === 'inbound' ? ['--max-semi-space-size=4', '--max-old-space-size=256'] : []),
  ...(app.includes(',') ? [join(folder, 'apps/all/dist/main.js'), app] : [join(folder, 'apps', app, 'dist/main.js')]),
];

/** Runs `command` with its output in the file `log`, until this process ends at the latest. */
export function spawnWatched(
  command: string[],
  log: string,
  env: Readonly<Record<string, string | undefined>> = {},
): ChildProcess {
  const out = openSync(log, 'w');
  // Detached: Ctrl-C in a terminal reaches only the parent, which stops it after its clients.
  const child = spawn('/bin/sh', ['-c', WATCHED, ...command], {
    stdio: ['ignore', out, out, 'pipe'],
    detached: true,
    env: { ...process.env, SCRATCH: '', ...env },
  });
  closeSync(out);
  child.unref();
  const [, , , pipe] = child.stdio;
  if (pipe instanceof Socket) {
    pipe.unref().on('error', () => undefined);
    child.on('exit', () => pipe.end('ended\n'));
  }
  return child;
}

export const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

/** Ends it, by force when it takes longer than 30 s. */
export async function end(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (hasEnded(child)) return;
  child.ref();
  const ended = once(child, 'exit');
  child.kill(signal);
  // A frozen process accepts no other signal.
  child.kill('SIGCONT');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS_MAX);
  await ended;
  clearTimeout(timer);
}

/**
 * Stops it by SIGSTOP and returns once all its threads stand still: the signal waits for a thread that writes to the
 * disk, and the others respond meanwhile. Without /proc the signal has to do.
 */
export function freeze(child: ChildProcess): void {
  child.kill('SIGSTOP');
  const startedMs = performance.now();
  while (!hasEnded(child) && moves(child.pid) && performance.now() - startedMs < FREEZE_MS_MAX)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
}

function moves(pid: number | undefined): boolean {
  const tasks = `/proc/${pid}/task`;
  try {
    // The state follows the name, which is in brackets and may hold any character.
    return readdirSync(tasks).some((id) => !/\) [TtZX] [^)]*$/.test(readFileSync(`${tasks}/${id}/stat`, 'utf8')));
  } catch {
    return false;
  }
}

/** A service as a process of its own, which listens on `port` and writes to the file `log`. */
export interface ServiceProcess {
  name: string;
  child: ChildProcess;
  port: number;
  log: string;
}

/** Resolves once /readyz is ok. Throws, with the end of the log, when the process has ended, or after two minutes. */
export async function untilReady({ name, child, port, log }: ServiceProcess): Promise<void> {
  let last = 'no answer';
  for (const deadline = performance.now() + READY_MS_MAX; performance.now() < deadline; await delay(50)) {
    if (hasEnded(child)) break;
    try {
      const answer = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(ANSWER_MS_MAX) });
      last = await answer.text();
      if (answer.ok) return;
    } catch (error) {
      last = String(error);
    }
  }
  const end = (await readFile(log, 'utf8').catch(String)).slice(-LOG_END_LENGTH);
  throw new Error(`${name} ${hasEnded(child) ? 'has ended' : `is not ready: ${last}`}; the end of ${log}:\n${end}`);
}
