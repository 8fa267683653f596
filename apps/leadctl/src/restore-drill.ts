import type { Command } from 'commander';
import { KEYS } from '@leadstream/contracts/streams';
import { reachable, type Broker } from '@leadstream/eventlog/broker';
import { readLeads } from '@leadstream/verify/log';
import { shown as shownReport } from '@leadstream/verify/report';
import { verify, type Report } from '@leadstream/verify/verify';
import { ending } from './help.ts';
import { newestBackup } from './backup-age.ts';
import { checkParts, fileOf, logParts, readManifest } from './backup-folder.ts';
import { print, reenrolAfterMsOf, withBrokerAt } from './session.ts';
import { exitWith } from './terminal.ts';
import { restoreSnapshot } from './stream-snapshot.ts';
import { opener } from './verify.ts';

const HOUR_MS = 3_600_000;

interface Flags {
  nats: string;
  newest?: boolean;
  withoutKeys?: boolean;
  json?: boolean;
}

export function drillCommand(restore: Command): void {
  restore
    .command('drill <folder>')
    .description(
      'prove that a backup can be restored: load it into an empty NATS that holds nothing else, and verify the log ' +
        'there as of its last event',
    )
    .addHelpText(
      'after',
      ending('leadctl restore drill backups --newest --nats nats://127.0.0.1:4333', {
        0: 'restored and proven',
        1: 'not',
      }),
    )
    .requiredOption('--nats <url>', 'the empty NATS; NATS_URL is not looked at')
    .option('--newest', 'the newest backup that leadctl backup --dated has made below <folder>')
    .option('--without-keys', 'the keys of personal data are missing: judge what is in clear')
    .option('--json', 'as JSON')
    .action(async (given: string, { nats, newest, withoutKeys = false, json }: Flags) => {
      const folder = newest ? await newestBackup(given) : given;
      const report = await withBrokerAt(nats, (broker) => drill(broker, folder, { withKeys: !withoutKeys }));
      print(json ? report : shownReport(report));
      if (!report.proven) exitWith(1);
    });
}

/**
 * Restores with one copy of each stream, judges the log as `verify` does, and deletes the loaded streams. Throws when
 * NATS had streams before.
 */
export async function drill(broker: Broker, folder: string, { withKeys = true } = {}): Promise<Report> {
  const parts = (await readManifest(folder)).parts.filter(({ stream }) => withKeys || stream !== KEYS);
  await checkParts(folder, parts);
  const jsm = await broker.jsm();
  for await (const name of jsm.streams.names()) throw new Error(`the NATS of a drill must be empty, and has ${name}`);
  try {
    for (const part of parts) {
      const single = { ...part, config: { ...part.config, num_replicas: 1 } };
      await restoreSnapshot(broker, single, fileOf(folder, part.stream));
    }
    broker.learn(logParts(parts).length);
    const limits = { overdueMs: HOUR_MS, reenrolAfterMs: reenrolAfterMsOf(), partitions: broker.partitions };
    return await verify(readLeads(broker, { open: withKeys ? opener(broker) : undefined }), limits);
  } finally {
    for (const { stream } of parts) await reachable(() => jsm.streams.delete(stream)).catch(() => undefined);
  }
}
