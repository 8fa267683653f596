import { readPace, type AccountPause, type AccountStore, type PausedSources } from './account.ts';
import { usageOf, type AccountUsage } from './account-usage.ts';
import { TRIES_NEEDED, Tries } from './tries.ts';

/** The account as its senders share it. */
export interface AccountShown extends AccountUsage {
  account: string;
  paused: AccountPause | null;
  tries: { arrived: number; needed: number; last: string } | null;
  sources: PausedSources | 'unreadable';
}

export async function accountShown(store: AccountStore): Promise<AccountShown> {
  const [pause, sources, last, pace] = [
    await store.paused(),
    await store.sources(),
    await new Tries(store).last(),
    readPace(await store.entry('pace')),
  ];
  const paused = running(pause);
  return {
    account: store.account,
    paused,
    sources: sources ?? 'unreadable',
    ...usageOf(pace),
    tries:
      paused?.kind && last?.pausedAt === paused.at
        ? { arrived: last.arrived, needed: TRIES_NEEDED, last: last.startedAt }
        : null,
  };
}

/** null when the pause has expired. */
const running = <T extends { until?: string | undefined }>(pause: T | null): T | null =>
  pause?.until !== undefined && Date.parse(pause.until) <= Date.now() ? null : pause;
