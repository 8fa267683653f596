import { BUILD, runningVersions, VERSIONS_WAIT_MS } from '@leadstream/service/running-versions';
import type { Command } from 'commander';
import { ending } from './help.ts';
import { print, withBroker } from './session.ts';
import { exitWith } from './terminal.ts';
import { shownVersions, skewOf } from './versions-judged.ts';

/** More than one build, or a service without an answer; 1 is an error of the command. */
const SKEW = 2;

export function versionCommand(program: Command): void {
  program
    .command('version')
    .description(
      'Version of leadctl and of every running process, with what its build reads; says skew (docs/upgrades.md).\n' +
        'Asks through NATS: a process that is cut off from it gives no answer',
    )
    .addHelpText(
      'after',
      ending('leadctl version', {
        0: 'one build everywhere',
        1: 'NATS does not answer',
        [SKEW]: 'skew, or a service gives no answer within two seconds',
      }),
    )
    .option('--json', 'as JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const versions = await withBroker((broker) => runningVersions(broker, VERSIONS_WAIT_MS));
      const skew = skewOf(versions);
      print(json ? { leadctl: BUILD, ...versions, skew } : shownVersions(versions));
      if (skew.length > 0) exitWith(SKEW);
    });
}
