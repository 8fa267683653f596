import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/** Prints the peak memory and the CPU time of the process at its end. */
const TELL =
  `process.on('exit', () => { const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage(); ` +
  `process.stderr.write('\\npeak ' + maxRSS + ' cpu ' + (userCPUTime + systemCPUTime) + '\\n') })`;

export interface LeadctlRun {
  stdout: string;
  seconds: number;
  peakRssMb: number;
  cpuMs: number;
}

/**
 * Runs a command in a process of its own, in the folder TMPDIR. `onNote` gets each piece of its standard error, with
 * the process's id. Throws what it said when it fails.
 */
export async function leadctl(
  argv: string[],
  env: Record<string, string>,
  onNote: (text: string, pid: number) => void = () => undefined,
): Promise<LeadctlRun> {
  const startedMs = performance.now();
  const child = spawn(
    process.execPath,
    [
      '--conditions=@leadstream/source',
      '--import',
      `data:text/javascript,${encodeURIComponent(TELL)}`,
      join(process.cwd(), 'apps/leadctl/src/main.ts'),
      ...argv,
    ],
    { cwd: env['TMPDIR'], env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const kill = () => child.kill();
  process.once('exit', kill);
  let noted = '';
  child.stderr.setEncoding('utf8').on('data', (piece: string) => {
    noted += piece;
    onNote(piece, child.pid ?? 0);
  });
  const [stdout] = await Promise.all([text(child.stdout), once(child, 'close')]);
  process.off('exit', kill);
  if (child.exitCode !== 0) throw new Error(`leadctl ${argv.join(' ')}: ${noted}${stdout}`);
  const [, peak, cpu] = /peak (\d+) cpu (\d+)/.exec(noted) ?? [];
  return {
    stdout,
    seconds: (performance.now() - startedMs) / 1_000,
    peakRssMb: Number(peak) / 1_024,
    cpuMs: Number(cpu) / 1_000,
  };
}
