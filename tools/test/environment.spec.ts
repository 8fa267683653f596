import { describe, expect, it } from '@jest/globals';

interface Environment {
  teardown(): Promise<void>;
}
type Made = new (config: { projectConfig: object }) => Environment;

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
    const suite = new SuiteEnvironment({ projectConfig: { testEnvironmentOptions: {}, fakeTimers: {} } });
    Object.assign(globalThis, { [NAME]: 1, fetch: () => Promise.reject(new Error('replaced')) });
    Object.assign(process.env, { [NAME]: '1', [OTHER]: 'Asia/Tokyo' });
    process.once('SIGUSR2', () => undefined);
    process.exitCode = 3;
    expect(left()).not.toEqual(before);
    await suite.teardown();
    expect(left()).toEqual(before);
  });

  it('shares its globals with the packages, whose errors are errors here', async () => {
    const { parse } = await import('yaml');
    expect(() => parse('[') as unknown).toThrow(Error);
    expect(parse('[1]')).toStrictEqual([1]);
  });
});
