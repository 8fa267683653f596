import config from '../../../jest.config.mjs';

/** Two suites for one worker, which `runtime.spec.ts` runs. */
export default { ...config.projects[0], testMatch: ['<rootDir>/tools/test/state/*.case.ts'] };
