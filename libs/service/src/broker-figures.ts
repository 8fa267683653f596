import { logStreams, streams, type StreamName } from '@leadstream/contracts/streams';

import { hasCode, type Broker } from '@leadstream/eventlog/broker';
import { JetStreamApiCodes, type ConsumerInfo, type JetStreamManager } from '@nats-io/jetstream';
import { usageOf, type AccountUsage } from './account-usage.ts';
import { parseJson, readPace, type AccountPause, type AccountStore, type PausedSources } from './account.ts';
import { newDay, ratio, readDay } from './reputation-day.ts';

/** The work before a durable consumer: before that of LEADS in all of the log's partitions. */
export interface Depth {
  stream: string;
  consumer: string;
  /** Not delivered yet. */
  pending: number;
  /** Delivered and not acknowledged. */
  inHand: number;
  /**
   * Pull requests that wait for a message: 0 beside `pending` and without `inHand` means that no process takes those of
   * one partition at least.
   */
  pulls: number;
  /** Age of the oldest message that is not done; 0: none. */
  oldestSeconds: number;
}

const SHOWN = Object.keys(streams).filter((name) => !name.startsWith('KV_')) as StreamName[];

/** Consumers of PUBLIC are other teams': their backlog is theirs to watch. OPERATIONS has none. */
const CONSUMED = SHOWN.filter((name) => name !== 'PUBLIC' && name !== 'OPERATIONS');

/** The streams under a name: those of the log, or the one. */
const under = (broker: Broker, name: StreamName): string[] =>
  name === 'LEADS' ? logStreams(broker.partitions).map(({ stream }) => stream) : [name];

/** All durable consumers of our own. Throws when NATS, or a stream, does not respond. */
export async function depths(broker: Broker): Promise<Depth[]> {
  const jsm = await broker.jsm();
  const found = await Promise.all(CONSUMED.map((stream) => loadsOf(broker, stream)));
  return Promise.all(
    found.flat().map(async ({ parts, ...load }) => ({
      ...load,
      pulls: Math.min(...parts.map((info) => info.num_waiting)),
      oldestSeconds: Math.max(...(await Promise.all(parts.map((info) => oldestSeconds(jsm, info))))),
    })),
  );
}

interface Load extends Pick<Depth, 'stream' | 'consumer' | 'pending' | 'inHand'> {
  /** The consumer in each stream. */
  parts: readonly ConsumerInfo[];
}

/** The durable consumers of a stream, or of the log's partitions. Throws when NATS, or a stream, does not respond. */
export async function loadsOf(broker: Broker, stream: StreamName): Promise<Load[]> {
  const jsm = await broker.jsm();
  const infos = await Promise.all(under(broker, stream).map((each) => durables(jsm, each)));
  return [...Map.groupBy(infos.flat(), ({ name }) => name)].map(([consumer, parts]) => ({
    stream,
    consumer,
    pending: sum(parts.map((info) => info.num_pending)),
    inHand: sum(parts.map((info) => info.num_ack_pending)),
    parts,
  }));
}

const sum = (all: readonly number[]): number => all.reduce((total, each) => total + each, 0);

async function durables(jsm: JetStreamManager, stream: string): Promise<ConsumerInfo[]> {
  const found: ConsumerInfo[] = [];
  // A reader without a name, as of leadctl, is gone soon.
  for await (const info of jsm.consumers.list(stream)) if (info.config.durable_name) found.push(info);
  return found;
}

/** The sequence up to which a durable consumer is done with its messages; undefined: there is none of this name. */
export async function doneUpTo(broker: Broker, stream: string, consumer: string): Promise<number | undefined> {
  const found = await durables(await broker.jsm(), stream);
  return found.find(({ name }) => name === consumer)?.ack_floor.stream_seq;
}

/** The age of the first message of the consumer's filter behind its ack floor. */
async function oldestSeconds(jsm: JetStreamManager, info: ConsumerInfo): Promise<number> {
  const { stream_name: stream, config, ack_floor, num_pending, num_ack_pending } = info;
  if (num_pending + num_ack_pending === 0) return 0;
  const filters = config.filter_subjects ?? [config.filter_subject ?? '>'];
  const oldest = await Promise.all(
    filters.map((next_by_subj) => jsm.direct.getMessage(stream, { seq: ack_floor.stream_seq + 1, next_by_subj })),
  );
  const ages = oldest.flatMap((message) => (message ? [(Date.now() - message.time.getTime()) / 1_000] : []));
  return Math.max(0, ...ages);
}

const LATER: readonly StreamName[] = ['PUBLIC', 'OPERATIONS'];

/**
 * The number of messages of each stream that exists, of LEADS in all partitions: an upgrade may not have made a new one
 * yet. Of `QUARANTINE` those that wait for a person.
 */
export async function streamSizes(broker: Broker): Promise<Map<StreamName, number>> {
  const jsm = await broker.jsm();
  const sizeOf = async (name: StreamName): Promise<(readonly [StreamName, number])[]> => {
    const infos = await Promise.all(under(broker, name).map((stream) => jsm.streams.info(stream))).catch(
      (error: unknown) => {
        if (LATER.includes(name) && hasCode(error, JetStreamApiCodes.StreamNotFound)) return undefined;
        throw error;
      },
    );
    return infos ? [[name, sum(infos.map(({ state }) => state.messages))]] : [];
  };
  return new Map((await Promise.all(SHOWN.map(sizeOf))).flat());
}

export interface AccountFigures extends AccountUsage {
  /** null: it is not paused, or no longer. */
  pause: AccountPause | null;
  /** Undefined: the list is unreadable, and all sources are held. */
  sources: PausedSources | undefined;
  /** Of the mails of this day (UTC) that arrived or bounced. */
  ratios: Record<'bounced' | 'complained', number>;
}

/** The state of an account that all senders share. Throws Unavailable. */
export async function accountFigures(account: AccountStore): Promise<AccountFigures> {
  const [pause, sources, pace, reputation] = await Promise.all([
    account.paused(),
    account.sources(),
    account.entry('pace'),
    account.entry('reputation'),
  ]);
  const today = new Date().toISOString().slice(0, 10);
  const stored = reputation && readDay(parseJson(reputation.string()));
  const counts = stored?.day === today ? stored : newDay(today);
  return {
    pause: pause?.until !== undefined && Date.parse(pause.until) <= Date.now() ? null : pause,
    sources,
    ...usageOf(readPace(pace)),
    ratios: { bounced: ratio(counts, 'bounced'), complained: ratio(counts, 'complained') },
  };
}
