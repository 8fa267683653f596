import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { command } from '@leadstream/leadctl/testing/command';
import type { Report } from '@leadstream/leadctl/what-if/report';
import { wholeNumber } from '@leadstream/testing/options';
import type { Calibrated } from './calibrated.ts';

/**
 * The logs of the end-to-end stories, and of a run in which everything is killed, are played again by the unchanged
 * rules: the share of the mails that they make again, and leads a second of CPU time.
 */
const STORIES = [
  'follow-up',
  'stop',
  'suppressed',
  'operators',
  'strangers',
  'enrich',
  'provider-faults',
  'reported',
  'account',
];
const SHARE_MIN = 0.995;
/** As tests/chaos/run.ts has it. */
const FAULTY_SCALE = '0.00004';

interface Options {
  leads: number;
  seconds: number;
  seed: number;
  stories: string;
  faults: boolean;
  logs?: string;
}

function ofStories(names: readonly string[], dir: string): Calibrated[] {
  const file = join(dir, 'calibrations');
  writeFileSync(file, '');
  const env = { ...process.env, LEADSTREAM_CALIBRATIONS: file };
  const suites = names.map((name) => `tests/e2e/${name}.spec.ts`);
  const { status } = spawnSync('npm', ['run', '-s', 'jest', '--', ...suites], { stdio: 'inherit', env });
  if (status !== 0) throw new Error('a story failed');
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Calibrated);
}

async function ofFaults({ leads, seconds, seed, logs }: Options, dir: string): Promise<Calibrated> {
  if (logs === undefined) {
    const argv = ['--leads', leads, '--seconds', seconds, '--seed', seed].map(String);
    const quick = ['--operators', '--no-simulation', '--no-suites', '--logs', dir];
    const { status } = spawnSync('npm', ['run', '-s', 'test:faults', '--', ...argv, ...quick], { stdio: 'inherit' });
    if (status !== 0) throw new Error('the faulty run failed');
  }
  const before = process.cpuUsage();
  const file = join(logs ?? dir, 'leads.ndjson');
  const { out, err } = await command(['what-if', '--from', file, '--against', 'sequences', '--bound', '0', '--json'], {
    DELAY_SCALE: FAULTY_SCALE,
  });
  if (out === '') throw new Error(err);
  const { user, system } = process.cpuUsage(before);
  const { leads: found, calibration } = JSON.parse(out) as Report;
  const perSecond = Math.round((found.replayed * 1e6) / (user + system));
  return { suite: `faulty run, ${perSecond} leads a second of CPU`, leads: found.replayed, calibration };
}

function textOf({ suite, leads, calibration, failed = '' }: Calibrated): string {
  if (!calibration) return `${suite}: ${failed}`;
  const { recorded, equal, moved, fewer, more, share } = calibration;
  return (
    `${suite}: ${leads} leads, ${equal} of ${recorded} mails equal, ${moved} moved, ${fewer} not, ${more} others ` +
    `(${(share * 100).toFixed(2)} %)`
  );
}

async function run(options: Options): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'leadstream-what-if-'));
  try {
    const names = options.stories.split(',').filter(Boolean);
    const stories = names.length === 0 ? [] : ofStories(names, dir);
    const all = [...stories, ...(options.faults ? [await ofFaults(options, dir)] : [])];
    for (const one of all) process.stdout.write(`${textOf(one)}\n`);
    const sum = (of: 'recorded' | 'equal' | 'more') =>
      all.reduce((total, one) => total + (one.calibration?.[of] ?? 0), 0);
    const share = sum('equal') / (sum('recorded') + sum('more'));
    process.stdout.write(`all: ${sum('equal')} of ${sum('recorded')} mails, ${(share * 100).toFixed(2)} %\n`);
    if (!(share >= SHARE_MIN)) process.exitCode = 1;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

await new Command('what-if')
  .description('The unchanged rules of leadctl what-if beside the logs of end-to-end stories and of a faulty run.')
  .option('--stories <list>', 'of tests/e2e, with commas', STORIES.join())
  .option('--leads <n>', 'of the faulty run', wholeNumber(1), 2_000)
  .option('--seconds <n>', 'in which they come', wholeNumber(1), 240)
  .option('--seed <n>', 'of the faults', wholeNumber(), 2_020)
  .option('--no-faults', 'without the faulty run')
  .option('--logs <folder>', 'the logs of a faulty run that there is, instead of a new one')
  .action(run)
  .parseAsync();
