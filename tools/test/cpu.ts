import { appendFileSync, readFileSync } from 'node:fs';

/** Names the file for the CPU seconds of each suite: `npm test` sets it, `npm run test:slow` reads the file. */
export const CPU_FILE = 'LEADSTREAM_TEST_CPU';
/** Of the kernel's clock, on every Linux that Node runs on. */
const TICKS_A_SECOND = 100;

export interface SuiteCpu {
  suite: string;
  seconds: number;
}

/** Of this process and of its children that have ended, as the servers of a suite; 0 without /proc. */
function cpuSeconds(): number {
  try {
    // After the command's name, which may have spaces: state, …, utime, stime, cutime, cstime.
    const fields = readFileSync('/proc/self/stat', 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS_A_SECOND;
  } catch {
    return 0;
  }
}

/** Begins to measure a suite; the result ends that. */
export function measuringCpu(suite: string, file = process.env[CPU_FILE]): () => void {
  const before = cpuSeconds();
  return () => {
    const measured: SuiteCpu = { suite, seconds: cpuSeconds() - before };
    if (file) appendFileSync(file, `${JSON.stringify(measured)}\n`);
  };
}
