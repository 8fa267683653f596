import { availableParallelism, loadavg } from 'node:os';
import { Command, Option } from 'commander';
import { wholeNumber } from '@leadstream/testing/options';
import { PROCESSES, type Processes } from '@leadstream/testing/processes';
import { redisBinary, startBullmq } from './bullmq.ts';
import type { MailJob } from './mail-job.ts';
import { benchBackup } from './backup.ts';
import { benchBulk, type BulkOptions } from './bulk.ts';
import { benchConsole, type ConsoleOptions } from './console.ts';
import { benchExport, type ExportOptions } from './export.ts';
import { benchHunter } from './hunter.ts';
import { benchIndexes, type IndexesOptions } from './indexes.ts';
import { benchIngest } from './ingest.ts';
import { benchInsight, PARTS, type InsightOptions } from './insight.ts';
import { insightTable } from './insight-table.ts';
import { benchLapses } from './lapses.ts';
import { grown, millionTable } from './growth.ts';
import { measure, type Measured } from './measure.ts';
import { benchMillion, type MillionOptions } from './million.ts';
import { lookNames } from './million-looks.ts';
import { benchPeers, type PeersOptions } from './peers.ts';
import { peersTable } from './peers-table.ts';
import { DELAY_SCALE, startPipeline } from './pipeline.ts';
import { benchProjector } from './projector.ts';
import { comparison, table } from './report.ts';
import type { Compared } from './rounds.ts';

const say = (text: string): void => void process.stderr.write(`${text}\n`);

interface PipelineOptions {
  leads: number;
  warmUp: number;
  processes: Processes;
  synced: boolean;
  json: boolean;
  profile?: string;
}

async function pipeline({ leads, warmUp, processes, synced, json, profile }: PipelineOptions): Promise<void> {
  const about = { leads, warmUp, processes, cores: availableParallelism(), load: loadavg()[0] ?? 0 };
  say('pipeline …');
  const { mail, ...ours } = await within(async (started) => {
    const contender = await startPipeline(started, processes, { profiles: profile, isSynced: synced });
    return { pipeline: await measure(contender, leads, warmUp), mail: await contender.mail() };
  });
  const report = { ...about, ...ours, ...(await reference(leads, warmUp, mail)) };
  process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : table(report));
}

async function reference(leads: number, warmUp: number, mail: MailJob): Promise<{ bullmq?: Measured }> {
  const redis = redisBinary();
  if (!redis) {
    say('no redis-server on PATH (apt-get install redis-server): nothing to compare with');
    return {};
  }
  say('bullmq …');
  return {
    bullmq: await within(async (started) =>
      measure(await startBullmq(redis, mail, DELAY_SCALE, started), leads, warmUp),
    ),
  };
}

/** Measures, and prints the result beside the machine's other load. */
async function compare(
  json: boolean,
  bench: (started: AsyncDisposableStack) => Promise<Record<string, Compared>>,
): Promise<void> {
  const before = loadavg()[0] ?? 0;
  const found = await within(bench);
  const report = { cores: availableParallelism(), load: { before, after: loadavg()[0] ?? 0 }, found };
  process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : comparison(report));
}

/** Stops everything that `work` started, after any end; Ctrl-C and SIGTERM included. */
async function within<T>(work: (started: AsyncDisposableStack) => Promise<T>): Promise<T> {
  await using started = new AsyncDisposableStack();
  const interrupted = new Promise<never>((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => reject(new Error('interrupted')));
  });
  return await Promise.race([work(started), interrupted]);
}

const program = new Command('bench')
  .description('How fast, and at what price, beside something known. Figures of one machine: trust the ratios.')
  .showHelpAfterError();
program
  .command('pipeline')
  .description(
    'From lead.created in the stream to the mail that the ESP has accepted, ' +
      'beside BullMQ doing one delayed job with the same POST',
  )
  .option('--leads <n>', 'how many, after the warm-up', wholeNumber(1), 2_000)
  .option('--warm-up <n>', 'leads before that, while V8 compiles; 4000 until most of it is done', wholeNumber(1), 300)
  .addOption(
    new Option('--processes <n>', 'the six services in one process, in two (all but the projector; it), or six')
      .choices(Object.keys(PROCESSES))
      .default('six'),
  )
  .option('--synced', 'NATS syncs each write to the disk before it acknowledges it', false)
  .option('--profile <folder>', 'leave a CPU profile of each process there (it slows them down)')
  .option('--json', 'print one JSON object', false)
  .action(pipeline);
program
  .command('insight')
  .description(
    'CPU that traces, scrapes and the watch’s questions add to a lead, of all processes: each turned on and off, ' +
      'block by block, in one system that runs',
  )
  .option('--leads <n>', 'of a block, after a warm-up of 4,000', wholeNumber(1), 500)
  .option('--pairs <n>', 'of a block with the part and one without', wholeNumber(2), 24)
  .addOption(new Option('--processes <n>', 'as of pipeline').choices(Object.keys(PROCESSES)).default('six'))
  .addOption(new Option('--part <name>', 'this one alone; none: the bench’s own error').choices(PARTS))
  .option('--json', 'print one JSON object', false)
  .action(async ({ json, ...options }: { json: boolean } & InsightOptions) => {
    const before = loadavg()[0] ?? 0;
    const found = await within(() => benchInsight(options, say));
    const machine = { cores: availableParallelism(), load: { before, after: loadavg()[0] ?? 0 } };
    const report = { ...machine, ...options, found };
    process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : insightTable(report));
  });
program
  .command('ingest')
  .description(
    'What one accepted lead costs the front door, beside a bare Fastify that ' +
      "parses the same body and publishes it with the broker's ack",
  )
  .option('--requests <n>', 'each round, each side', wholeNumber(1), 5_000)
  .option('--rounds <n>', 'ours and the reference by turns', wholeNumber(1), 7)
  .option('--profile <folder>', 'leave a CPU profile of ours there (it slows it down)')
  .option('--json', 'print one JSON object', false)
  .action(({ json, ...options }: { json: boolean; requests: number; rounds: number; profile?: string }) =>
    compare(json, (started) => benchIngest(started, options)),
  );
program
  .command('projector')
  .description('Catching up with a log that is there, beside a process that makes the same writes and nothing else')
  .option('--leads <n>', 'of twelve events each', wholeNumber(1), 2_000)
  .option('--rounds <n>', 'ours and the reference by turns', wholeNumber(1), 5)
  .option('--profile <folder>', 'leave a CPU profile of each round of ours there (it slows it down)')
  .option('--json', 'print one JSON object', false)
  .action(({ json, ...options }: { json: boolean; leads: number; rounds: number; profile?: string }) =>
    compare(json, (started) => benchProjector(started, options)),
  );
program
  .command('indexes')
  .description('The projector’s writes with all indexes of the read model, beside the same without those of the lists')
  .option('--leads <n>', 'of twelve events each', wholeNumber(1), 2_000)
  .option('--others <n>', 'documents that are there', wholeNumber(1), 200_000)
  .option('--rounds <n>', 'with and without by turns', wholeNumber(1), 5)
  .option('--json', 'print one JSON object', false)
  .action(({ json, ...options }: { json: boolean } & IndexesOptions) =>
    compare(json, (started) => benchIndexes(started, options)),
  );
program
  .command('backup')
  .description('The memory that leadctl backup and restore load take of a log, and of one that is shorter')
  .option('--events <n>', 'of 1 KB', wholeNumber(1), 500_000)
  .option('--reference <n>', 'the shorter log', wholeNumber(1), 50_000)
  .action(async (options: { events: number; reference: number }) => {
    for (const { command, events, logMb, peakRssMb } of await within((started) => benchBackup(started, options)))
      process.stdout.write(
        `${command.padEnd(13)} ${String(events).padStart(8)} events  ` +
          `${String(logMb).padStart(5)} MB  peak RSS ${peakRssMb} MB\n`,
      );
  });
program
  .command('export')
  .description('leadctl export of a log: whole, and killed twice and resumed to the same bytes; and queries of it')
  .option('--events <n>', 'twelve of each lead', wholeNumber(1), 1_000_000)
  .option('--abreast <n>', 'leads in progress at once; an export has 10,000 states in memory', wholeNumber(1), 20_000)
  .action(async (options: ExportOptions) => {
    const before = loadavg()[0] ?? 0;
    const found = await within((started) => benchExport(started, options));
    const machine = { cores: availableParallelism(), load: { before, after: loadavg()[0] ?? 0 } };
    process.stdout.write(`${JSON.stringify({ ...machine, ...found }, null, 2)}\n`);
    if (!found.isSame) process.exitCode = 1;
  });
program
  .command('bulk')
  .description('A pause of many waiting leads by leadctl, while mails of a twentieth of them become due')
  .option('--leads <n>', 'how many wait', wholeNumber(1), 100_000)
  .option('--seconds <n>', 'the longest wait of these mails; the shortest is three sevenths of it', wholeNumber(1), 60)
  .action(async (options: BulkOptions) => {
    const before = loadavg()[0] ?? 0;
    const found = await within((started) => benchBulk(started, options));
    const machine = { cores: availableParallelism(), load: { before, after: loadavg()[0] ?? 0 } };
    process.stdout.write(`${JSON.stringify({ ...machine, ...found }, null, 2)}\n`);
    if (found.claimed.after > 0 || !found.isProven || found.paused < options.leads) process.exitCode = 1;
  });
program
  .command('console')
  .description('The console’s page in a Chromium at many leads, and its memory while many tabs read the log')
  .option('--leads <n>', 'documents of the read model', wholeNumber(1), 200_000)
  .option('--rounds <n>', 'of all questions', wholeNumber(1), 30)
  .option('--tabs <n>', 'readers of events at once', wholeNumber(1), 50)
  .option('--minutes <n>', 'of 20 events a second to all of them', wholeNumber(1), 5)
  .action(async (options: ConsoleOptions) => {
    const before = loadavg()[0] ?? 0;
    const found = await within((started) => benchConsole(started, options));
    const machine = { cores: availableParallelism(), load: { before, after: loadavg()[0] ?? 0 } };
    process.stdout.write(`${JSON.stringify({ ...machine, ...options, ...found }, null, 2)}\n`);
  });
program
  .command('peers')
  .description('Ours and others from the package registries at the same job: HTTP in, a durable wait, one mail')
  .option('--leads <n>', 'each round, each system', wholeNumber(1), 1_000)
  .option('--rounds <n>', 'all systems by turns', wholeNumber(1), 5)
  .option('--peers <folder>', 'with their packages in node_modules, or empty; absent: installed by npm, then deleted')
  .option('--json', 'print one JSON object', false)
  .action(async ({ json, ...options }: { json: boolean } & PeersOptions) => {
    const report = await within((started) => benchPeers(started, options, say));
    process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : peersTable(report));
  });
program
  .command('million')
  .description('What grows with the leads in the log and the read model: each figure at a tenth of them and at all')
  .option('--leads <n>', 'in the log; 2,000 take a minute or two', wholeNumber(10), 1_000_000)
  .option('--folder <folder>', 'keep the leads there, and measure those that an earlier run wrote')
  .option('--fill', 'only write the leads to --folder', false)
  .addOption(new Option('--looks <names...>', 'these figures only, of leads in --folder').choices(lookNames))
  .option('--json', 'print one JSON object', false)
  .action(async ({ json, ...options }: { json: boolean } & MillionOptions) => {
    if ((options.fill || options.looks) && options.folder === undefined)
      program.error('--fill and --looks need --folder');
    const report = await within((started) => benchMillion(started, options, say));
    if (report) process.stdout.write(json ? `${JSON.stringify(grown(report), null, 2)}\n` : millionTable(report));
  });
program
  .command('hunter')
  .description('Finding the due ones among many leads that wait, beside the same among few')
  .option('--waiting <n>', 'leads whose time has not come', wholeNumber(1), 200_000)
  .option('--reference <n>', 'the few', wholeNumber(1), 2_000)
  .option('--due <n>', 'come due at once, each round', wholeNumber(1), 500)
  .option('--rounds <n>', 'many and few by turns', wholeNumber(1), 5)
  .option('--json', 'print one JSON object', false)
  .action(({ json, ...options }: { json: boolean; waiting: number; reference: number; due: number; rounds: number }) =>
    compare(json, (started) => benchHunter(started, options)),
  );
program
  .command('lapses')
  .description(
    'Finding the leads of which nothing was heard for long among many leads at rest, beside the same among few',
  )
  .option('--idle <n>', 'leads at rest', wholeNumber(1), 1_000_000)
  .option('--reference <n>', 'the few', wholeNumber(1), 10_000)
  .option('--lapsed <n>', 'silent for long enough, of both', wholeNumber(1), 250)
  .option('--rounds <n>', 'many and few by turns', wholeNumber(1), 5)
  .option('--json', 'print one JSON object', false)
  .action(({ json, ...options }: { json: boolean; idle: number; reference: number; lapsed: number; rounds: number }) =>
    compare(json, (started) => benchLapses(started, options)),
  );
await program.parseAsync().catch((error: unknown) => {
  say(error instanceof Error ? error.message : String(error));
  // An interrupted benchmark may still wait for mails that will not be sent.
  process.exit(1);
});
