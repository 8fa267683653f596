import type { Command } from 'commander';
import type { Broker } from '@leadstream/eventlog/broker';
import { logEnd, readerOf, streamsOf } from '@leadstream/eventlog/log-stream';
import { leadFold } from '@leadstream/lead/evolve';
import { STATE_VERSION, view } from '@leadstream/lead/state';
import { liveName } from '@leadstream/projection/alias';
import { PROJECTOR } from '@leadstream/projection/collections';
import { Projection } from '@leadstream/projection/projection';
import {
  leadCollections,
  NotFolded,
  rebuildLeads,
  rollbackLeads,
  type LeadCollections,
  type Remade,
  type RemakeOptions,
} from '@leadstream/projection/rebuild';
import { lengthOf, placeJson } from '@leadstream/contracts/place';
import type { Db } from 'mongodb';
import { ending } from './help.ts';
import { mustGoOn } from './judged.ts';
import { leadLog, note, print, withBroker, withDb } from './session.ts';
import { wholeLog } from './whole-log.ts';

interface Remaking {
  json?: boolean;
  withoutFailed?: boolean;
  ifOutdated?: boolean;
}
interface Status extends LeadCollections {
  /** Of a log of partitions one a partition. */
  head: number | number[];
  projected: number | number[];
  lag: number;
}

export function projectionCommands(program: Command): void {
  const projection = program.command('projection').description('the read model in MongoDB');
  projection
    .command('status')
    .description('which collection is live, how far it is behind the log, and what is kept to go back to')
    .option('--json', 'as JSON')
    .addHelpText('after', ending('leadctl projection status'))
    .action(async ({ json }: { json?: boolean }) => {
      const status = await withBroker(statusOf);
      print(json ? status : shown(status));
    });
  const remaking = (name: string, description: string, remake: typeof rebuildLeads) => {
    projection
      .command(name)
      .description(description)
      .option(
        '--without-failed',
        'swap although some leads could not be folded: they are missing there, or old, until their next event',
      )
      .option('--json', 'as JSON')
      .option(
        '--if-outdated',
        'nothing, if all documents are of the state version of this build: for a Job before an upgrade',
      )
      .addHelpText('after', ending(`leadctl projection ${name}`, { 0: 'done', 1: 'an error: the live one stays' }))
      .action(async ({ json, withoutFailed = false, ifOutdated }: Remaking) => {
        if (ifOutdated && !(await withDb(isOutdated)))
          return print(json ? { outdated: false } : `all documents are of state version ${STATE_VERSION}`);
        await run(remake, { withoutFailed, onProgress: progress() }, json);
      });
  };
  remaking(
    'rebuild',
    'fold the log from its first event into a new collection beside the ' +
      'live one, then make that the live one; the old one is kept',
    rebuildLeads,
  );
  remaking('rollback', 'bring the collection before up to date, and make it the live one again', rollbackLeads);
}

const isOutdated = async (db: Db): Promise<boolean> =>
  (await db.collection(await liveName(db)).findOne({ stateVersion: { $ne: STATE_VERSION } })) !== null;

async function run(remake: typeof rebuildLeads, options: RemakeOptions, json = false): Promise<void> {
  const startedMs = performance.now();
  const remade = await withBroker((broker, replicas) =>
    withDb(async (db) => {
      const advance = await mustGoOn(broker, db, replicas);
      return remake(
        db,
        (collection) => new Projection(db, leadFold, view, { collection }),
        wholeLog(broker, leadLog(broker), advance),
        // A log that was restored meanwhile lacks events that the live collection alone still has.
        { ...options, beforeSwap: async () => void (await mustGoOn(broker, db, replicas)) },
      );
    }),
  ).catch((error: unknown) => {
    if (error instanceof NotFolded) sayFailed(error);
    throw error;
  });
  sayFailed(remade);
  const { failed, ...made } = remade;
  const seconds = Math.round((performance.now() - startedMs) / 100) / 10;
  print(
    json
      ? { ...made, failed: [...failed.keys()], seconds }
      : `${made.collection} is live: ${made.events} events in ${seconds} s. ` +
          `${made.previous} is kept; leadctl projection rollback goes back to it`,
  );
}

function sayFailed({ failed }: Pick<Remade, 'failed'>): void {
  for (const [leadId, error] of failed) note(`${leadId}: ${error instanceof Error ? error.message : String(error)}`);
}

/** At most one line a second, since the output may be a log file. */
function progress(): RemakeOptions['onProgress'] {
  const startedMs = performance.now();
  let saidMs = startedMs;
  return ({ seq, head, events }) => {
    const nowMs = performance.now();
    if (nowMs - saidMs < 1_000 && seq < head) return;
    saidMs = nowMs;
    note(
      `${Math.floor((100 * seq) / Math.max(1, head))} %  ${events} events, ` +
        `${Math.round(events / ((nowMs - startedMs) / 1_000))} a second`,
    );
  };
}

async function statusOf(broker: Broker): Promise<Status> {
  const { end } = await logEnd(broker);
  const readers = await Promise.all(streamsOf(broker).map((log) => readerOf(broker, PROJECTOR, log)));
  const projected = placeJson(readers.map((reader) => reader?.ack_floor.stream_seq ?? 0));
  const lag = lengthOf(
    readers.map((reader, index) => (reader ? reader.num_pending + reader.num_ack_pending : (end[index] ?? 0))),
  );
  return { ...(await withDb(leadCollections)), head: placeJson(end), projected, lag };
}

const shownPlace = (seqs: number | number[]): string => [seqs].flat().join(', ');

function shown({ live, previous, making, documents, head, projected, lag }: Status): string {
  const counted = (name: string) => `${name}, ${documents[name]} leads`;
  return [
    `live   ${counted(live)}`,
    `log    at ${shownPlace(head)}, the projector has acknowledged up to ${shownPlace(projected)}` +
      (lag === 0 ? '' : `, ${lag} events to go`),
    ...(making ? [`making ${counted(making)}`] : []),
    ...previous.map((name) => `kept   ${counted(name)}`),
  ].join('\n');
}
