import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, type jest } from '@jest/globals';
import { CPU_FILE, type SuiteCpu } from './cpu.ts';

interface Environment {
  moduleMocker: Pick<typeof jest, 'spyOn'>;
  teardown(): Promise<void>;
}
type Made = new (config: { projectConfig: object }, context: { testPath: string }) => Environment;

const config = { projectConfig: { testEnvironmentOptions: {}, fakeTimers: {} } };
const { default: SuiteEnvironment } = (await import(`${import.meta.dirname}/environment.mjs`)) as { default: Made };

const [NAME, OTHER] = ['LEADSTREAM_LEFT_BEHIND', 'TZ'];
const left = () => ({
  global: Reflect.get(globalThis, NAME) as unknown,
  fetch: globalThis.fetch,
  env: [process.env[NAME], process.env[OTHER]],
  exitCode: process.exitCode,
  listeners: process.listeners('SIGUSR2'),
});

describe('the environment of a suite', () => {
  it('takes back what a suite leaves in globals, variables and listeners of the process', async () => {
    const before = left();
    const suite = new SuiteEnvironment(config, { testPath: 'a suite' });
    Object.assign(globalThis, { [NAME]: 1, fetch: () => Promise.reject(new Error('replaced')) });
    Object.assign(process.env, { [NAME]: '1', [OTHER]: 'Asia/Tokyo' });
    process.once('SIGUSR2', () => undefined);
    process.exitCode = 3;
    expect(left()).not.toEqual(before);
    await suite.teardown();
    expect(left()).toEqual(before);
  });

  it('takes back a suite’s spies, which may be on packages that others have, too', async () => {
    const ofAPackage = { answer: () => 42 };
    const suite = new SuiteEnvironment(config, { testPath: 'a suite' });
    suite.moduleMocker.spyOn(ofAPackage, 'answer').mockReturnValue(0);
    expect(ofAPackage.answer()).toBe(0);
    await suite.teardown();
    expect(ofAPackage.answer()).toBe(42);
  });

  it('records a suite’s CPU seconds, its ended children included', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'leadstream-cpu-'));
    process.env[CPU_FILE] = join(folder, 'cpu.jsonl');
    const suite = new SuiteEnvironment(config, { testPath: 'a suite' });
    delete process.env[CPU_FILE];
    spawnSync(process.execPath, ['-e', 'for (const end = Date.now() + 200; Date.now() < end; );']);
    await suite.teardown();
    const measured = JSON.parse(await readFile(join(folder, 'cpu.jsonl'), 'utf8')) as SuiteCpu;
    expect(measured).toEqual({ suite: 'a suite', seconds: expect.any(Number) });
    if (process.platform === 'linux') expect(measured.seconds).toBeGreaterThan(0);
    await rm(folder, { recursive: true });
  });

  it('shares its globals with the packages, whose errors are errors here', async () => {
    const { parse } = await import('yaml');
    expect(() => parse('[') as unknown).toThrow(Error);
    expect(parse('[1]')).toStrictEqual([1]);
  });
});
