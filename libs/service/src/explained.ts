import type { Recorded } from '@leadstream/contracts/events';
import { storyOf, type StoryStep } from '@leadstream/lead/story';
import { explain, type AccountNow, type Explanation } from '@leadstream/sequences/explain';
import { explainSend, type SendExplanation } from '@leadstream/sequences/explain-send';
import type { Planning } from '@leadstream/sequences/plan';
import type { AccountStore } from './account.ts';
import type { SequenceStore } from './sequence-store.ts';

/**
 * A mail that went out, by its claim or by the name of its step in the latest run that has it; neither: the next mail.
 */
export interface About {
  send?: string | undefined;
  step?: string | undefined;
}

export type Explained =
  | { about: 'next'; said: Explanation }
  | { about: 'send'; said: SendExplanation }
  /** A step without a claim, and not the next one. */
  | { about: 'step'; said: StoryStep }
  | { about: 'nothing'; said: string };

interface Sources {
  store: SequenceStore;
  account: AccountStore;
  settings: Pick<Planning, 'delayScale' | 'hours'>;
  now: Temporal.Instant;
}

/** Why the lead's next mail comes when it does or none comes, or why one mail went out. `events` is the whole log. */
export async function explained(
  events: readonly Recorded[],
  { send, step }: About,
  { store, account, settings, now }: Sources,
): Promise<Explained> {
  const sequence: Planning['sequence'] = (name, version) => store.sequence(name, version);
  const story = step === undefined ? [] : storyOf(events, sequence);
  const found = story.flatMap(({ steps }) => steps.filter((one) => one.id === step)).at(-1);
  if (step !== undefined && !found) return { about: 'nothing', said: `no run of this lead has a step "${step}"` };
  const sendId = send ?? found?.sendIds.at(-1);
  if (sendId !== undefined && found?.state !== 'next') {
    const said = explainSend(events, sendId);
    return said ? { about: 'send', said } : { about: 'nothing', said: `the log has no claim ${sendId} of this lead` };
  }
  if (found && found.state !== 'next') return { about: 'step', said: found };
  const planning: Planning = { ...settings, now, draw: () => 0, sequence, reps: store.reps };
  return { about: 'next', said: explain(events, planning, await accountNow(account)) };
}

/** The pause of the account, as the senders read it, and those of sources. */
const accountNow = async (account: AccountStore): Promise<AccountNow> => ({
  pause: await account.paused(),
  sources: await account.sources(),
});
