import type { Command } from 'commander';
import { hasCode, type Broker } from '@leadstream/eventlog/broker';
import { HoleInChain, KeyLost } from '@leadstream/eventlog/errors';
import { PROJECTOR } from '@leadstream/projection/collections';
import { JetStreamApiCodes } from '@nats-io/jetstream';
import type { GuardRecord } from '@leadstream/contracts/guard';
import { ACCOUNTS_BUCKET, GUARD_BUCKET, streams } from '@leadstream/contracts/streams';
import { GuardRecords } from '@leadstream/eventlog/guard-record';
import { acknowledgedBy, logEnd, streamsOf } from '@leadstream/eventlog/log-stream';
import { readWitness } from '@leadstream/projection/witness';
import type { Db } from 'mongodb';
import { AccountStore } from '@leadstream/service/account';
import { restoredPlaceOf, type Identity } from '@leadstream/verify/restored';
import type { AccountPaused } from '@leadstream/verify/crowd';
import { readExport } from '@leadstream/verify/export';
import { readLeads, type Open } from '@leadstream/verify/log';
import { ReadModel } from '@leadstream/verify/read-model';
import { shown } from '@leadstream/verify/report';
import { readTold, type ToldEvents } from '@leadstream/verify/told';
import { verify, type Report, type Verification } from '@leadstream/verify/verify';
import {
  accountName,
  crowdSettings,
  keyringOf,
  leadLog,
  note,
  print,
  reenrolAfterMsOf,
  withBroker,
  withDb,
} from './session.ts';
import { ending } from './help.ts';
import { Exit, exitWith, terminal } from './terminal.ts';

interface Options {
  since?: string;
  overdue: string;
  reenrolAfter?: string;
  file?: string;
  projection: boolean;
  allowUnavoidable?: boolean;
  json?: boolean;
}

const REFUTED = 1;
const UNREAD = 2;
const HOUR_MS = 3_600_000;

export function verifyCommand(program: Command): void {
  program
    .command('verify')
    .description(
      'prove or refute from the log that no step was sent twice, nothing was claimed after a stop or ' +
        'outside its hours, every claim has its outcome, no lead is lost, and the read model is what the ' +
        'log says',
    )
    .addHelpText(
      'after',
      ending(['leadctl verify', 'leadctl verify --since P1D', 'leadctl verify --file leads.ndjson --no-projection'], {
        0: 'proven',
        1: 'refuted',
        2: 'the log could not be read',
      }),
    )
    .option(
      '--since <when>',
      'tell only of what happened since, an RFC 3339 instant or a duration ' +
        'back from now such as P1D; stops from before still count',
    )
    .option('--overdue <duration>', 'an action overdue for this long counts as stuck', 'PT1H')
    .option(
      '--reenrol-after <duration>',
      'how long after a run a stranger’s submission starts no other one of its sequence, as triage has it ' +
        '(default: REENROL_AFTER, or P7D)',
    )
    .option('--file <path>', 'an export instead of the log, one event as JSON a line; - reads standard input')
    .option('--no-projection', 'leave the read model out')
    .option('--allow-unavoidable', 'exit 0 although a provider accepted what it had refused, and a step was sent twice')
    .option('--json', 'as JSON')
    .exitOverride(({ exitCode }) => {
      throw new Exit(exitCode === 0 ? 0 : UNREAD);
    })
    .action(async (options: Options) => {
      // Separate codes, so that a script can distinguish "refuted" from "not verified".
      const report = await run(options).catch((error: unknown) =>
        note(`leadctl: ${error instanceof Error ? error.message : String(error)}`),
      );
      if (!report) throw new Exit(UNREAD);
      print(options.json ? report : shown(report));
      if (!report.proven) exitWith(REFUTED);
    });
}

async function run({
  file,
  since,
  overdue,
  reenrolAfter,
  projection,
  allowUnavoidable = false,
}: Options): Promise<Report> {
  const now = Temporal.Now.instant();
  const verification: Verification = {
    overdueMs: msOf('--overdue', overdue, now),
    allowUnavoidable,
    reenrolAfterMs: reenrolAfter === undefined ? reenrolAfterMsOf() : msOf('--reenrol-after', reenrolAfter, now),
    ...(since === undefined ? {} : { since: instantOf(since, now) }),
    ...(terminal().isTTY ? { onProgress: progress() } : {}),
  };
  // An export is judged at its last event: steps planned for later are not lost at that time.
  return file === undefined ? live({ ...verification, now }, projection) : verify(readExport(file), verification);
}

async function live(verification: Verification, projection: boolean): Promise<Report> {
  const interrupted = new AbortController();
  terminal().onInterrupt(() => interrupted.abort(new Error('interrupted')));
  const { signal } = interrupted;
  return withBroker(async (broker, replicas) => {
    const identity: Identity = {
      created: (await logEnd(broker)).created,
      record: await recordOf(broker, replicas),
      witnessed: projection ? await withDb((db) => epochsSeen(broker, db)) : [],
    };
    const { leadsPerMailbox, tryEveryMs } = crowdSettings();
    const sourcePausedMs = await pausedSources(broker, replicas);
    const accountPaused = await pausedAccount(broker, replicas, tryEveryMs);
    const told = await toldIn(broker, identity, signal);
    const read = async (readModel?: ReadModel): Promise<Report> =>
      verify(readLeads(broker, { signal, open: opener(broker) }), {
        ...verification,
        signal,
        identity,
        sourcePausedMs,
        accountPaused,
        leadsPerMailbox,
        partitions: broker.partitions,
        ...(told ? { told } : {}),
        ...(readModel ? { readModel } : {}),
      });
    if (!projection) return read();
    // Read first: every event acknowledged by now must be in the documents read later.
    const projected = await acknowledgedBy(broker, PROJECTOR);
    return withDb((db) =>
      read(
        new ReadModel({
          db,
          projected,
          history: (leadId) => leadLog(broker, keyringOf(broker) ?? 'blind').history(leadId),
        }),
      ),
    );
  });
}

/** Does not create a missing stream or bucket: verify changes nothing. */
async function isThere(broker: Broker, stream: string): Promise<boolean> {
  const { streams } = await broker.jsm();
  return streams.info(stream).then(
    () => true,
    (error: unknown) => {
      if (hasCode(error, JetStreamApiCodes.StreamNotFound)) return false;
      throw error;
    },
  );
}

const recordOf = async (broker: Broker, replicas: number): Promise<GuardRecord | null> =>
  (await isThere(broker, `KV_${GUARD_BUCKET}`)) ? new GuardRecords(broker, replicas).read() : null;

/** An unreadable entry holds all sources, as in the sender. */
async function pausedSources(broker: Broker, replicas: number): Promise<NonNullable<Verification['sourcePausedMs']>> {
  if (!(await isThere(broker, `KV_${ACCOUNTS_BUCKET}`))) return () => undefined;
  const sources = await new AccountStore(broker, replicas, accountName()).sources();
  return (source) => {
    if (sources === undefined) return Infinity;
    const { at } = (Object.hasOwn(sources, source) && sources[source]) || {};
    return at === undefined ? undefined : Date.parse(at);
  };
}

/** An unreadable entry names no start of the pause. */
async function pausedAccount(broker: Broker, replicas: number, tryEveryMs: number): Promise<AccountPaused | undefined> {
  if (!(await isThere(broker, `KV_${ACCOUNTS_BUCKET}`))) return undefined;
  const pause = await new AccountStore(broker, replicas, accountName()).paused();
  const atMs = Date.parse(pause?.at ?? '');
  if (!pause || !(atMs > 0)) return undefined;
  const untilMs = pause.until === undefined ? Infinity : Date.parse(pause.until);
  return { atMs, untilMs, ...(pause.kind ? { tryEveryMs } : {}) };
}

/** An event that cannot be opened is a finding; without DATA_KEYS none is opened. */
export function opener(broker: Broker): Open | undefined {
  const keys = keyringOf(broker);
  if (!keys) {
    note(
      'leadctl: DATA_KEYS is not set: documents of leads whose personal fields ' +
        'are sealed are compared by their place and history only',
    );
    return undefined;
  }
  const log = leadLog(broker, keys);
  return (event) =>
    log.open(event).catch((error: unknown) => {
      if (error instanceof KeyLost || error instanceof HoleInChain) return error.message;
      throw error;
    });
}

/** The epochs of the witnesses of the log's streams, as far as there are any. */
async function epochsSeen(broker: Broker, db: Db): Promise<string[]> {
  const witnesses = await Promise.all(streamsOf(broker).map(({ stream }) => readWitness(db, stream)));
  return witnesses.flatMap((witness) => (witness ? [witness.epoch] : []));
}

/** Read before the log, and after the publisher's place in it: what it has handled by then must be there. */
async function toldIn(broker: Broker, identity: Identity, signal: AbortSignal): Promise<ToldEvents | undefined> {
  if (!(await isThere(broker, 'PUBLIC'))) return undefined;
  const settings = {
    upTo: await acknowledgedBy(broker, 'outcomes'),
    keptMs: streams.PUBLIC.maxAgeMs - HOUR_MS,
    isRestored: restoredPlaceOf(identity) !== undefined,
  };
  return readTold(broker.js(), await broker.jsm(), settings, signal);
}

function instantOf(text: string, now: Temporal.Instant): Temporal.Instant {
  if (/^P/i.test(text)) return now.toZonedDateTimeISO('UTC').subtract(duration('--since', text)).toInstant();
  try {
    return Temporal.Instant.from(text);
  } catch (cause) {
    throw new Error(`--since: ${text} is neither an RFC 3339 instant nor an ISO 8601 duration`, { cause });
  }
}

const msOf = (name: string, text: string, now: Temporal.Instant): number =>
  duration(name, text).total({ unit: 'milliseconds', relativeTo: now.toZonedDateTimeISO('UTC') });

function duration(name: string, text: string): Temporal.Duration {
  try {
    return Temporal.Duration.from(text);
  } catch (cause) {
    throw new Error(`${name}: ${text} is no ISO 8601 duration`, { cause });
  }
}

function progress(): (events: number) => void {
  let saidMs = performance.now();
  return (events) => {
    if (performance.now() - saidMs < 1_000) return;
    saidMs = performance.now();
    note(`${events} events read`);
  };
}
