import { appendFile } from 'node:fs/promises';
import { command } from '@leadstream/leadctl/testing/command';
import type { Report } from '@leadstream/leadctl/what-if/report';
import type { Environment } from '@leadstream/service/config';

/** The file in which `npm run test:what-if` gathers how much of each log the unchanged rules reproduce. */
export const CALIBRATIONS = process.env['LEADSTREAM_CALIBRATIONS'];

export interface Calibrated {
  suite: string;
  leads: number;
  calibration?: Report['calibration'];
  /** Why there is none. */
  failed?: string;
}

/** Plays the log of a stack again, and notes the mails that it reproduces. */
export async function noteCalibration(file: string, suite: string, env: Environment): Promise<void> {
  const { out, err } = await command(['what-if', '--bound', '0', '--json'], env);
  const noted: Calibrated =
    out === ''
      ? { suite, leads: 0, failed: err.split('\n').filter(Boolean).at(-1) ?? '' }
      : reportOf(suite, JSON.parse(out) as Report);
  await appendFile(file, `${JSON.stringify(noted)}\n`);
}

const reportOf = (suite: string, { leads, calibration }: Report): Calibrated => ({
  suite,
  leads: leads.replayed,
  calibration,
});
