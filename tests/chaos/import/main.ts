import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { Command } from 'commander';
import { wholeNumber } from '@leadstream/testing/options';
import { IMPORT } from './asked.ts';

const JEST = 'node_modules/jest/bin/jest.js';

/** The suite of `npm test`, with more rows. */
function run(options: { rows: number; seed: number }): void {
  const args = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', JEST, 'tests/e2e/import.spec.ts'];
  spawn(process.execPath, [...args, '--selectProjects', 'e2e'], {
    stdio: 'inherit',
    env: { ...process.env, ...IMPORT.write(options) },
  }).once('exit', (code) => (process.exitCode = code ?? 1));
}

new Command('import')
  .description(
    'Files of five encodings and separators, with every kind of dirt, are imported by leadctl, which is killed ' +
      'twice in each: every row is a lead once, through triage to the read model, or an error line.',
  )
  .option('--rows <n>', 'of all files', wholeNumber(10_000), 100_000)
  .option('--seed <n>', 'repeats the rows and the moments of the kills', wholeNumber(1), randomInt(1, 1_000_000_000))
  .showHelpAfterError()
  .action(run)
  .parse();
