import { STATUSES } from '@leadstream/lead/state';
import type { Broker } from '@leadstream/eventlog/broker';
import { PROJECTOR } from '@leadstream/projection/collections';
import type { AccountPause, AccountStore } from '@leadstream/service/account';
import { VISITS } from '@leadstream/service/asked';
import { accountFigures, depths, streamSizes } from '@leadstream/service/broker-figures';
import type { Clock } from '@leadstream/service/clock';
import { dueFigures, leadFigures } from '@leadstream/service/lead-figures';
import type { Metrics } from '@leadstream/service/metrics';
import type { Db } from 'mongodb';
import type { Question, Sample } from './source.ts';

const PAUSERS = ['sender', 'inbound', 'person'] as const;

export function consumersOf(broker: Broker, metrics: Metrics): Question {
  const { consumerPending, consumerAckPending, consumerOldest, projectionLag } = metrics;
  return {
    gauges: [consumerPending, consumerAckPending, consumerOldest, projectionLag],
    ask: async () =>
      (await depths(broker)).flatMap(({ stream, consumer, pending, inHand, oldestSeconds }): Sample[] => {
        const labels = { stream, consumer };
        return [
          { gauge: consumerPending, labels, value: pending },
          { gauge: consumerAckPending, labels, value: inHand },
          { gauge: consumerOldest, labels, value: oldestSeconds },
          ...(consumer === PROJECTOR ? [{ gauge: projectionLag, value: pending + inHand }] : []),
        ];
      }),
  };
}

export const streamsOf = (broker: Broker, { streamMessages: gauge }: Metrics): Question => ({
  gauges: [gauge],
  ask: async () => [...(await streamSizes(broker))].map(([stream, value]) => ({ gauge, labels: { stream }, value })),
});

export function accountsOf(accounts: readonly AccountStore[], metrics: Metrics): Question {
  const { espAccountPaused, espSourcesPaused, accountCallsToday, accountRatio } = metrics;
  return {
    gauges: [espAccountPaused, espSourcesPaused, accountCallsToday, accountRatio],
    ask: async () => (await Promise.all(accounts.map((account) => accountSamples(account, metrics)))).flat(),
  };
}

async function accountSamples(account: AccountStore, metrics: Metrics): Promise<Sample[]> {
  const { espAccountPaused, espSourcesPaused, accountCallsToday, accountRatio } = metrics;
  const provider = account.account;
  const { pause, sources, callsToday, ratios } = await accountFigures(account);
  const paused = pause && pauserOf(pause);
  return [
    ...PAUSERS.map((by) => ({ gauge: espAccountPaused, labels: { provider, by }, value: paused === by ? 1 : 0 })),
    // An unreadable list holds all sources.
    { gauge: espSourcesPaused, labels: { provider }, value: sources ? Object.keys(sources).length : Infinity },
    { gauge: accountCallsToday, labels: { provider }, value: callsToday },
    ...Object.entries(ratios).map(([kind, value]) => ({ gauge: accountRatio, labels: { provider, kind }, value })),
  ];
}

/** An operator's name is no label. */
const pauserOf = (pause: AccountPause): (typeof PAUSERS)[number] => PAUSERS.find((by) => by === pause.by) ?? 'person';

export const leadsOf = (db: Db, { leads, unknownSends }: Metrics): Question => ({
  gauges: [leads, unknownSends],
  ask: async (signal) => {
    const { byStatus, unknownSends: unknown } = await leadFigures(db, signal);
    return [
      { gauge: unknownSends, value: unknown },
      ...STATUSES.map((status) => ({ gauge: leads, labels: { status }, value: byStatus[status] })),
    ];
  },
});

export const dueOf = (db: Db, now: Clock, { overdueLeads, oldestDue }: Metrics): Question => ({
  gauges: [overdueLeads, oldestDue],
  ask: async (signal) => {
    const due = await dueFigures(db, now(), signal);
    return VISITS.flatMap((kind) => [
      { gauge: overdueLeads, labels: { kind }, value: due[kind].leads },
      { gauge: oldestDue, labels: { kind }, value: due[kind].oldestSeconds },
    ]);
  },
});
