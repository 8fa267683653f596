import { expect, it } from '@jest/globals';
import { peersTable } from './peers-table.ts';

it('the peers’ table has a row of each system, with what it does not give', () => {
  const load = { before: 1, after: 2 };
  const rows = [
    { name: 'Leadstream, all of it', leadsPerSecond: 401.6, cpuMsPerLead: 3.4, mb: 512.4 },
    { name: 'Restate', leadsPerSecond: 9.96, cpuMsPerLead: 2.104, mb: 800, stopped: '10 of 10' },
  ];
  expect(peersTable({ leads: 1_000, rounds: 5, cores: 2, load, rows })).toBe(
    [
      '1000 leads, medians of 5 rounds by turns, 2 cores, load 1.0 before, 2.0 after',
      '',
      '|  | leads/s | CPU ms a lead | memory MB | synced | a reply stops | not given |',
      '| --- | --- | --- | --- | --- | --- | --- |',
      '| Leadstream, all of it | 402 | 3.40 | 512 | log no, read model yes | not asked |  |',
      '| Restate | 10.0 | 2.10 | 800 | yes | 10 of 10 | a second mail after a crash at the POST; ' +
        'history for a day, no read model, no proof |',
      '',
    ].join('\n'),
  );
});
