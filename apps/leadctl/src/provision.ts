import type { Command } from 'commander';
import type { Broker } from '@leadstream/eventlog/broker';
import { provisionAll, provisionReader } from '@leadstream/eventlog/provision';
import { storeNames } from '@leadstream/service/rights/rights';
import { field, loadConfig } from '@leadstream/service/config';
import { z } from 'zod';
import { ending } from './help.ts';
import { checkPublishers, several } from './nats-permissions.ts';
import { print, settings, withBrokerAs } from './session.ts';

export function provisionCommand(program: Command): void {
  program
    .command('provision')
    .description(
      'create the streams and buckets that are missing in NATS; existing ones are never altered. Where NATS has users, ' +
        'only the user `provision` may do it, and every service waits for it. It is run before a first start and ' +
        'before each upgrade',
    )
    .option(
      '--publisher <name>',
      'create the consumer of PUBLIC by which this team reads what became of its leads; repeatable',
      several,
      [],
    )
    .option('--wait <seconds>', 'wait so long for NATS', '5')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      ending(['leadctl provision', 'leadctl provision --publisher shop --wait 60'], {
        0: 'all are there',
        1: 'an error',
      }),
    )
    .action(async ({ wait, publisher, json }: { wait: string; publisher: string[]; json?: boolean }) => {
      checkPublishers(publisher);
      const { STREAM_REPLICAS: replicas } = loadConfig(z.object({ STREAM_REPLICAS: replicasField }), settings());
      const seconds = field.wholeNumber(1, 3_600).parse(wait);
      await withBrokerAs('provision', (broker) => provisioned(broker, replicas, publisher), seconds * 1_000);
      print(
        json
          ? { stores: storeNames, publishers: publisher, replicas }
          : `${storeNames.length} streams and buckets are there`,
      );
    });
}

async function provisioned(broker: Broker, replicas: number, publishers: readonly string[]): Promise<void> {
  await provisionAll(broker, replicas);
  for (const name of publishers) await provisionReader(broker, name);
}

const replicasField = field.wholeNumber(1, 5).default(1);
