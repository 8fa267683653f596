import type { Command } from 'commander';
import { PARTITIONS_MAX } from '@leadstream/contracts/streams';
import type { Broker } from '@leadstream/eventlog/broker';
import { partitionsOf } from '@leadstream/eventlog/partitions';
import { provisionAll, provisionReader } from '@leadstream/eventlog/provision';
import { storeNames } from '@leadstream/service/rights/rights';
import { field, loadConfig } from '@leadstream/service/config';
import { z } from 'zod';
import { ending } from './help.ts';
import { checkPublishers, partitionsOption, several } from './nats-permissions.ts';
import { print, settings, withBrokerAs } from './session.ts';

interface Options {
  wait: string;
  publisher: string[];
  json?: boolean;
  partitions?: string;
}

/** The number of the log's streams that the option or the variable of this name asks for. */
interface Wanted {
  name: '--partitions' | 'LOG_PARTITIONS';
  number: number | undefined;
}

export function provisionCommand(program: Command): void {
  program
    .command('provision')
    .description(
      'create the streams and buckets that are missing in NATS; existing ones are never altered. Where NATS has ' +
        'users, only the user `provision` may do it, and every service waits for it. It is run before a first start ' +
        'and before each upgrade',
    )
    .option(
      '--publisher <name>',
      'create the consumer of PUBLIC by which this team reads what became of its leads; repeatable',
      several,
      [],
    )
    .option(
      '--partitions <number>',
      'the number of streams of a new log, for far more leads than one carries (docs/scale.md); it stays. ' +
        'Default: LOG_PARTITIONS of the environment, or 1',
    )
    .option('--wait <seconds>', 'wait so long for NATS', '5')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      ending(
        ['leadctl provision', 'leadctl provision --publisher shop --wait 60', 'leadctl provision --partitions 4'],
        {
          0: 'all are there',
          1: 'an error, or the log has another number of partitions',
        },
      ),
    )
    .action((options: Options) => run(options));
}

async function run({ wait, publisher: publishers, json, partitions: given }: Options): Promise<void> {
  checkPublishers(publishers);
  const { STREAM_REPLICAS: replicas, LOG_PARTITIONS } = loadConfig(environment, settings());
  const wanted: Wanted =
    given === undefined
      ? { name: 'LOG_PARTITIONS', number: LOG_PARTITIONS }
      : { name: '--partitions', number: partitionsOption(given) };
  const seconds = field.wholeNumber(1, 3_600).parse(wait);
  const partitions = await withBrokerAs(
    'provision',
    (broker) => provisioned(broker, { replicas, publishers, wanted }),
    seconds * 1_000,
  );
  print(
    json
      ? { stores: storeNames, publishers, replicas, partitions }
      : `${storeNames.length - 1 + partitions} streams and buckets are there`,
  );
}

/** The number of the log's streams. Throws, before the first change, where it is another than the wanted one. */
async function provisioned(
  broker: Broker,
  { replicas, publishers, wanted }: { replicas: number; publishers: readonly string[]; wanted: Wanted },
): Promise<number> {
  mustBe(wanted, await partitionsOf(broker));
  await provisionAll(broker, replicas, wanted.number);
  // Another caller may have drawn it meanwhile.
  mustBe(wanted, broker.partitions);
  for (const name of publishers) await provisionReader(broker, name);
  return broker.partitions;
}

function mustBe({ name, number }: Wanted, found: number | undefined): void {
  if (number !== undefined && found !== undefined && number !== found)
    throw new Error(`${name}: the log has ${found}, and keeps them; ${number} would be another log`);
}

const environment = z.object({
  STREAM_REPLICAS: field.wholeNumber(1, 5).default(1),
  LOG_PARTITIONS: field.wholeNumber(1, PARTITIONS_MAX).optional(),
});
