import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { isLong } from '@leadstream/testing/long';
import { parseSync } from '@swc/core';
import type { Outcome, Workload } from './budget.ts';
import { mutated } from './mutant.ts';
import { mutants } from './mutants.ts';

/** A fixed budget, six times as large in `npm run test:faults`; the options of `npm run simulate` set another. */
const [RUNS, MODELLED_RUNS, RESTORED_RUNS] = isLong ? [250, 6_000, 150] : [40, 1_000, 25];
/** The run that finds a mutant is among the first of these. */
const [MUTANT_RUNS, MODELLED_MUTANT_RUNS] = [250, 6_000];
const TEST_TIMEOUT_MS = 280_000;

/** In a process of its own: a simulation replaces the time and chance of its process. */
const simulated = (script: string, ...args: string[]): Promise<{ code: number | string; output: string }> =>
  new Promise((resolve) => {
    const main = fileURLToPath(new URL(script, import.meta.url));
    execFile(
      process.execPath,
      ['--max-semi-space-size=64', '--conditions=@leadstream/source', main, ...args],
      { maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => resolve({ code: error?.code ?? 0, output: stdout.trim() === '' ? stderr : stdout }),
    );
  });
const simulation = (...args: string[]) => simulated('./main.ts', ...args);

const TRACED = { seeds: [5], run: 12 };
/** Without a mutant, all in one process: a trace there is that of a process of its own, whatever ran before it. */
const WORKLOADS = {
  services: { seeds: [1, 2], runs: RUNS },
  restores: { seeds: [1], runs: RESTORED_RUNS, restores: true },
  model: { seeds: [1], runs: MODELLED_RUNS, modelled: true },
  traced: TRACED,
  ...(isLong ? { modelTraced: { ...TRACED, modelled: true } } : {}),
} satisfies Record<string, Workload>;
type Name = keyof typeof WORKLOADS;

describe('a simulated lead', () => {
  let outcomes: Outcome[];
  beforeAll(async () => {
    const { code, output } = await simulated('./budget.ts', JSON.stringify(Object.values(WORKLOADS)));
    expect(code === 0 ? '' : output).toBe('');
    outcomes = JSON.parse(output) as Outcome[];
  });
  const outcomeOf = (name: Name) => outcomes[Object.keys(WORKLOADS).indexOf(name)];

  it.each<[rule: string, name: Name, runs: number, ...how: string[]]>([
    ['gets each mail once and none after it unsubscribes, whatever fails', 'services', 2 * RUNS],
    ['gets each mail once after a restore, and none while the log is held', 'restores', RESTORED_RUNS, '--restores'],
    ['gets each mail once in the model, in many more runs', 'model', MODELLED_RUNS, '--model'],
  ])(
    '%s',
    async (_, name, runs, ...how) => {
      const { runs: done, wrong: [wrong] = [] } = outcomeOf(name) ?? {};
      const shown = wrong && (await simulation('--seed', `${wrong.seed}`, '--run', `${wrong.run}`, ...how)).output;
      expect(shown ?? '').toBe('');
      expect({ done, wrong }).toEqual({ done: runs, wrong: undefined });
    },
    TEST_TIMEOUT_MS,
  );

  it.each<[name: Name, ...how: string[]]>(isLong ? [['traced'], ['modelTraced', '--model']] : [['traced']])(
    'has the same trace from the same seed, alone and after others: %s',
    async (name, ...how) => {
      const { output } = await simulation('--seed', '5', '--run', '12', '--whole', ...how);
      expect(output).toContain('lead.triaged');
      expect(output).toContain(outcomeOf(name)?.trace || 'no trace');
    },
    TEST_TIMEOUT_MS,
  );
});

/** With a seed of which one of the first runs detects it. */
const DETECTED: [name: string, seed: number, ...how: string[]][] = [
  ['claim id from its cause', 4],
  ['a recorded hold is judged anew', 1, '--restores'],
  ['claims without guards', 1, '--model'],
];
if (isLong) DETECTED.push(['a conflict is not looked into', 1], ['a move does not wait for a claim', 1, '--model']);

describe('the simulation', () => {
  if (isLong) {
    it(
      'has the same results on one thread and on several',
      async () => {
        // With --first there is one thread; the number of runs is above one thread's share.
        const runs = ['--seed', '5', '--runs', '202'];
        const [one, several] = await Promise.all([simulation(...runs, '--first'), simulation(...runs)]);
        const figures = ({ output }: { output: string }) =>
          output
            .split('\n')
            .slice(0, 2)
            .map((line) => line.trim().split(/ +/).slice(0, -1));
        expect(figures(several)).toEqual(figures(one));
        expect(figures(one)[1]?.slice(0, 2)).toEqual(['5', '202']);
      },
      TEST_TIMEOUT_MS,
    );
  }

  it.each(DETECTED)(
    'detects a mutant: %s',
    async (name, seed, ...how) => {
      const { output } = await simulation(
        '--mutant',
        name,
        ...how,
        '--seed',
        String(seed),
        '--runs',
        String(how.includes('--model') ? MODELLED_MUTANT_RUNS : MUTANT_RUNS),
        '--first',
        '--whole',
        '--json',
      );
      expect(JSON.parse(output)).toMatchObject({
        rules: expect.arrayContaining([expect.any(String)]),
        lines: expect.any(Number),
      });
    },
    TEST_TIMEOUT_MS,
  );

  it.each(mutants)('knows where the guard of a mutant is: $name', (mutant) => {
    const source = readFileSync(new URL(`../../${mutant.file}`, import.meta.url), 'utf8');
    const changed = mutated(source, mutant);
    expect(changed).not.toBe(source);
    expect(() => parseSync(changed, { syntax: 'typescript', decorators: true })).not.toThrow();
  });
});
