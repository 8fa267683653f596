import config from '../../jest.config.mjs';

const { globalSetup, globalTeardown, ...e2e } = config.projects[2];

/** `npm run test:privileges`: a NATS and a MongoDB of its own, with users and TLS. */
export default {
  ...e2e,
  displayName: 'privileges',
  testMatch: ['<rootDir>/tests/privileges/**/*.proof.ts'],
  testTimeout: config.testTimeout,
};
