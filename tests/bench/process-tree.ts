import { readdirSync, readFileSync } from 'node:fs';

/** As in cpu.ts. */
const TICK_MS = 10;

/** The process and all that it started, as long as they live. */
function treeOf(pid: number): number[] {
  const tasks = read(() => readdirSync(`/proc/${pid}/task`)) ?? [];
  const children = tasks.flatMap((task) =>
    (read(() => readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8')) ?? '').split(' ').filter(Boolean),
  );
  return [pid, ...children.flatMap((child) => treeOf(Number(child)))];
}

/** A process that ends meanwhile has no files any more. */
function read<T>(from: () => T): T | undefined {
  try {
    return from();
  } catch {
    return undefined;
  }
}

/** User and system time of a process and all that it started, those that have ended and were waited for included. */
export function treeCpuMs(pid: number): number {
  const ticks = treeOf(pid).map((one) => {
    const stat = read(() => readFileSync(`/proc/${one}/stat`, 'utf8')) ?? '';
    // The second field is the program's name and may hold anything.
    const fields = stat.replace(/^.*\) /s, '').split(' ');
    return [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at] ?? 0), 0);
  });
  return ticks.reduce((sum, one) => sum + one, 0) * TICK_MS;
}

/** Proportional memory in megabytes: what several of them share counts once. Linux only. */
export function treeMb(pid: number): number {
  const kb = treeOf(pid).map((one) => {
    const rollup = read(() => readFileSync(`/proc/${one}/smaps_rollup`, 'utf8')) ?? '';
    return Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0);
  });
  return kb.reduce((sum, one) => sum + one, 0) / 1_024;
}
