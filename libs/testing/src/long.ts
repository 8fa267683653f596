/** Set by `npm run test:faults`, which takes the long form of these suites; `npm test` takes a short one. */
export const LONG = 'LEADSTREAM_LONG_TESTS';
export const LONG_SUITES = [
  'apps/leadctl/src/mentions.spec.ts',
  'libs/projection/src/lists.int.spec.ts',
  'libs/service/src/refusals.spec.ts',
  'tests/e2e/cluster.spec.ts',
  'tests/e2e/deploy.spec.ts',
  'tests/e2e/follow-up.spec.ts',
  'tests/e2e/front-door.spec.ts',
  'tests/e2e/inbound-limits.spec.ts',
  'tests/e2e/outage.spec.ts',
  'tests/e2e/provider-faults.spec.ts',
  'tests/e2e/simulate/simulate.spec.ts',
  'tests/e2e/stop.spec.ts',
  'tests/e2e/timing.spec.ts',
  'tests/e2e/upgrade/upgrade.spec.ts',
  'tests/simulation/simulation.spec.ts',
];

export const isLong = Boolean(process.env[LONG]);
