import { readFileSync } from 'node:fs';

/** The unit of process times on Linux: USER_HZ, the same on every platform Node.js runs on. */
const TICK_MS = 10;

/** CPU time that a process and its threads have used since they began, user and system, in milliseconds. */
export function cpuMs(pid: number): number {
  // The second field is the program's name and may hold anything, also spaces and brackets.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** Resident memory of a process in megabytes: now, and the most so far. Linux only. */
export function rssMb(pid: number): { now: number; peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const of = (field: string): number => Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1_024;
  return { now: of('VmRSS'), peak: of('VmHWM') };
}

/** Runs `start`, which begins one process of ours, and adds that one's id. Linux only. */
export async function withPid<T>(start: () => Promise<T>): Promise<{ it: T; pid: number }> {
  const before = children();
  const it = await start();
  const [pid, ...more] = [...children()].filter((child) => !before.has(child));
  if (pid === undefined || more.length > 0) throw new Error('it did not begin exactly one process');
  return { it, pid };
}

const children = (): Set<number> =>
  new Set(
    readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );
