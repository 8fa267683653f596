import Sequencer from '@jest/test-sequencer';

/**
 * The suites that take longest come first, in this order, so that no worker begins one when the others are done: those
 * that wait alternate with those that compute, so that neither cores nor workers are idle. Jest knows durations only
 * from earlier runs here; in a fresh clone it goes by the size of files. `npm run test:slow` has the seconds.
 */
const LONGEST = [
  'tests/e2e/console.spec.ts',
  'tests/e2e/deploy.spec.ts',
  'tests/e2e/upgrade/upgrade.spec.ts',
  'tests/e2e/canary.spec.ts',
  'tests/e2e/faults/kills.spec.ts',
  'apps/crm/src/crm.int.spec.ts',
  'tests/simulation/simulation.spec.ts',
  'libs/eventlog/src/cluster.int.spec.ts',
  'tests/e2e/start.spec.ts',
  'tests/e2e/sms.spec.ts',
  'tests/e2e/outage.spec.ts',
  'tests/e2e/start-order.spec.ts',
  'tests/e2e/faults/races.spec.ts',
  'libs/eventlog/src/log.int.spec.ts',
  'tools/architecture/vocabularies.spec.ts',
  'libs/eventlog/src/pull.int.spec.ts',
  'tests/e2e/inbound-limits.spec.ts',
  'libs/eventlog/src/transport.int.spec.ts',
  'tests/e2e/restore.spec.ts',
  'apps/console/src/reads.int.spec.ts',
  'apps/leadctl/src/backup.int.spec.ts',
  'tests/e2e/cluster.spec.ts',
  'tests/e2e/doors.spec.ts',
  'tests/e2e/security.spec.ts',
  'apps/console/src/import.int.spec.ts',
  'tests/e2e/account.spec.ts',
  'tests/e2e/preview.spec.ts',
  'tests/e2e/stop.spec.ts',
  'tests/e2e/verify.spec.ts',
];
/** @param {string} path */
const rank = (path) => {
  const place = LONGEST.findIndex((suite) => path.endsWith(`/${suite}`));
  return place < 0 ? LONGEST.length : place;
};

export default class extends Sequencer {
  /** @param {import('@jest/test-result').Test[]} tests */
  sort(tests) {
    return [...super.sort(tests)].sort((a, b) => rank(a.path) - rank(b.path));
  }
}
