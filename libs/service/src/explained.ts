import type { Gateway, Recorded } from '@leadstream/contracts/events';
import { logOf } from '@leadstream/contracts/streams';
import type { Broker } from '@leadstream/eventlog/broker';
import { storyOf, type StoryStep } from '@leadstream/lead/story';
import { explain, type AccountNow, type AccountsNow, type Explanation } from '@leadstream/sequences/explain';
import { explainSend, type SendExplanation } from '@leadstream/sequences/explain-send';
import type { Planning } from '@leadstream/sequences/plan';
import { AccountStore } from './account.ts';
import { doneUpTo } from './broker-figures.ts';
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
  broker: Broker;
  store: SequenceStore;
  /** Of the mails. */
  account: AccountStore;
  settings: Pick<Planning, 'delayScale' | 'hours'>;
  now: Temporal.Instant;
}

/** Why the lead's next mail comes when it does or none comes, or why one mail went out. `events` is the whole log. */
export async function explained(
  events: readonly Recorded[],
  { send, step }: About,
  { broker, store, account, settings, now }: Sources,
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
  return { about: 'next', said: explain(events, planning, await accountsNow(broker, account, events)) };
}

const GATEWAY = 'twilio' satisfies Gateway;

/** The accounts as the senders read them: a source that one of them has paused gets no texts. */
async function accountsNow(broker: Broker, mails: AccountStore, events: readonly Recorded[]): Promise<AccountsNow> {
  const [email, sms, isDone] = await Promise.all([
    accountNow(mails),
    // Only the writer of an entry uses the number of replicas.
    accountNow(new AccountStore(broker, 1, GATEWAY)),
    isTextDone(broker, events),
  ]);
  const sources = email.sources && sms.sources && { ...email.sources, ...sms.sources };
  return { email: { ...email, isDone: false }, sms: { ...sms, sources, isDone } };
}

const accountNow = async (account: AccountStore): Promise<Pick<AccountNow, 'pause' | 'sources'>> => ({
  pause: await account.paused(),
  sources: await account.sources(),
});

/**
 * Whether the sender of texts, or without one that of mails, is done with the lead's last due step. The log has no
 * event of a step that it leaves due, and no other service knows the sender's environment.
 */
async function isTextDone(broker: Broker, events: readonly Recorded[]): Promise<boolean> {
  const due = events.findLast((event) => event.type === 'lead.step-due');
  if (due?.data.channel !== 'sms') return false;
  const { stream } = logOf(due.leadId, broker.partitions);
  const doneSeq = (await doneUpTo(broker, stream, 'sms')) ?? (await doneUpTo(broker, stream, 'sender')) ?? 0;
  return doneSeq >= due.seq;
}
