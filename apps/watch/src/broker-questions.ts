import { streams, type StreamName } from '@leadstream/contracts/streams';
import type { Broker } from '@leadstream/eventlog/broker';
import { PROJECTOR } from '@leadstream/projection/collections';
import { readPace, parseJson, type AccountPause, type AccountStore } from '@leadstream/service/account';
import type { Metrics } from '@leadstream/service/metrics';
import { newDay, ratio, readDay } from '@leadstream/service/reputation-day';
import type { ConsumerInfo, JetStreamManager } from '@nats-io/jetstream';
import type { Question, Sample } from './source.ts';

const SHOWN = Object.keys(streams).filter((name) => !name.startsWith('KV_')) as StreamName[];
const PAUSERS = ['sender', 'inbound', 'person'] as const;

/** The depths of all durable consumers, what they have in hand, and the age of the oldest of it. */
export function consumersOf(broker: Broker, metrics: Metrics): Question {
  const { consumerPending, consumerAckPending, consumerOldest, projectionLag } = metrics;
  return {
    gauges: [consumerPending, consumerAckPending, consumerOldest, projectionLag],
    ask: async () => {
      const jsm = await broker.jsm();
      const samples = await Promise.all(SHOWN.map((stream) => consumersOfStream(jsm, stream)));
      return samples.flat().flatMap(({ info, oldestSeconds }): Sample[] => {
        const { stream_name: stream, name: consumer, num_pending, num_ack_pending } = info;
        const labels = { stream, consumer };
        return [
          { gauge: consumerPending, labels, value: num_pending },
          { gauge: consumerAckPending, labels, value: num_ack_pending },
          { gauge: consumerOldest, labels, value: oldestSeconds },
          ...(consumer === PROJECTOR ? [{ gauge: projectionLag, value: num_pending + num_ack_pending }] : []),
        ];
      });
    },
  };
}

async function consumersOfStream(jsm: JetStreamManager, stream: StreamName) {
  const found: ConsumerInfo[] = [];
  // A reader without a name, as of leadctl, is gone soon.
  for await (const info of jsm.consumers.list(stream)) if (info.config.durable_name) found.push(info);
  return Promise.all(found.map(async (info) => ({ info, oldestSeconds: await oldestSeconds(jsm, info) })));
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

export function streamsOf(broker: Broker, { streamMessages }: Metrics): Question {
  return {
    gauges: [streamMessages],
    ask: async () => {
      const jsm = await broker.jsm();
      const infos = await Promise.all(SHOWN.map((stream) => jsm.streams.info(stream)));
      return infos.map(({ config, state }) => ({
        gauge: streamMessages,
        labels: { stream: config.name },
        value: state.messages,
      }));
    },
  };
}

/** The pause, the paused sources, the calls and the rates of the account that all senders share. */
export function accountOf(account: AccountStore, metrics: Metrics): Question {
  const { espAccountPaused, espSourcesPaused, accountCallsToday, accountRatio } = metrics;
  const provider = account.account;
  return {
    gauges: [espAccountPaused, espSourcesPaused, accountCallsToday, accountRatio],
    ask: async () => {
      const [pause, sources, pace, reputation] = await Promise.all([
        account.paused(),
        account.sources(),
        account.entry('pace'),
        account.entry('reputation'),
      ]);
      const today = new Date().toISOString().slice(0, 10);
      const { day, calls } = readPace(pace);
      const counted = reputation && readDay(parseJson(reputation.string()));
      const counts = counted?.day === today ? counted : newDay(today);
      return [
        ...PAUSERS.map((by) => ({
          gauge: espAccountPaused,
          labels: { provider, by },
          value: pauserOf(pause) === by ? 1 : 0,
        })),
        // An unreadable list holds all sources.
        { gauge: espSourcesPaused, labels: { provider }, value: sources ? Object.keys(sources).length : Infinity },
        { gauge: accountCallsToday, labels: { provider }, value: day === today ? calls : 0 },
        ...(['bounced', 'complained'] as const).map((kind) => ({
          gauge: accountRatio,
          labels: { provider, kind },
          value: ratio(counts, kind),
        })),
      ];
    },
  };
}

/** Undefined after the pause's end. An operator's name is no label. */
function pauserOf(pause: AccountPause | null): (typeof PAUSERS)[number] | undefined {
  if (!pause || (pause.until !== undefined && Date.parse(pause.until) <= Date.now())) return undefined;
  return PAUSERS.find((by) => by === pause.by) ?? 'person';
}
