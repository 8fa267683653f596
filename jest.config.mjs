import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const { $schema, ...swc } = JSON.parse(readFileSync(new URL('.swcrc', import.meta.url), 'utf8'));

// leadctl reads the folder of `npm start` where no NATS_URL is set: no test may depend on what was started here.
process.env['LEADSTREAM_DIR'] = join(import.meta.dirname, 'node_modules/.cache/never-started');

/** Shared by every project: the build's compiler, native ES modules, lib sources without a build. */
const shared = {
  rootDir: import.meta.dirname,
  testEnvironment: './tools/test/environment.mjs',
  runtime: '<rootDir>/tools/test/runtime.mjs',
  testEnvironmentOptions: { customExportConditions: ['@leadstream/source', 'node', 'node-addons'] },
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { ...swc, jsc: { ...swc.jsc, rewriteRelativeImportExtensions: false }, swcrc: false, sourceMaps: 'inline' },
    ],
  },
  setupFiles: ['reflect-metadata'],
  modulePathIgnorePatterns: ['/dist/'],
  watchPathIgnorePatterns: ['/dist/', '/.leadstream/'],
};

/** @type {import('jest').Config} */
export default {
  // Long enough for a busy machine; tests wait for events (`eventually`), not for times.
  testTimeout: 600_000,
  coverageProvider: 'v8',
  testSequencer: './tools/test/sequencer.mjs',
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['<rootDir>/{apps,libs,tools,tests}/**/*.spec.ts'],
      testPathIgnorePatterns: ['\\.int\\.spec\\.ts$', '/tests/e2e/', '/node_modules/', '/dist/'],
    },
    {
      ...shared,
      displayName: 'integration',
      testMatch: ['<rootDir>/{apps,libs,tools,tests}/**/*.int.spec.ts'],
      globalSetup: './libs/testing/src/global-setup.ts',
      globalTeardown: './libs/testing/src/global-teardown.ts',
    },
    {
      ...shared,
      displayName: 'e2e',
      testMatch: ['<rootDir>/tests/e2e/**/*.spec.ts'],
      globalSetup: './libs/testing/src/global-setup.ts',
      globalTeardown: './libs/testing/src/global-teardown.ts',
    },
  ],
};
