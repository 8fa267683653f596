import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import type { Place } from '@leadstream/contracts/place';
import { partitionOf } from '@leadstream/contracts/streams';
import { Broker, silentLog } from '@leadstream/eventlog/broker';
import { EventLog } from '@leadstream/eventlog/log';
import { logEnd } from '@leadstream/eventlog/log-stream';
import type { Draft } from '@leadstream/contracts/events';
import { leadFold } from '@leadstream/lead/evolve';
import type { LeadState } from '@leadstream/lead/state';
import { submission } from '@leadstream/testing/builders';
import { eventually } from '@leadstream/testing/eventually';
import type { Server } from '@leadstream/testing/servers';
import { makeBackup } from '@leadstream/leadctl/backup';
import { withBrokerAt } from '@leadstream/leadctl/session';
import { startSandbox, type Sandbox } from '@leadstream/sandbox-esp/sandbox';
import { freshEmail, lead, mailsTo, REP, startStack, type Stack } from '../stack.ts';
import { copyOf, databaseWith, documentsOf, natsWith, newFolder, newParent, type Documents } from './copies.ts';

/**
 * Half of real time: the second mail comes after a day, and business hours are off. The copies grow older than ten
 * minutes where the machine is busy, and only one disaster is to be a gap.
 */
const ENV = { DELAY_SCALE: '0.5', GUARD_GAP_MS: '3600000' };
/** The guard records its heartbeat so often that a copy from before the other tests shows a gap. */
const OFTEN = { ...ENV, GUARD_EVERY_MS: '200' };
/** Shorter than the age of that copy, longer than a busy machine stands still. */
const GAP = { GUARD_GAP_MS: '10000' };
const DAY = 24 * 60;
/** The story's length before the disaster, in minutes. */
const STORY = 5 + (DAY - 10) + 4 + 8;

/** The time, behind the system's by what of the story is still to come, so that the disaster happens now. */
export class StoryClock {
  #minutesBehind = STORY;
  readonly read = (): Temporal.Instant => Temporal.Now.instant().subtract({ seconds: this.#minutesBehind * 60 });
  on(minutes: number): void {
    this.#minutesBehind -= minutes;
  }

  /** Back to the disaster, for the next one. */
  back(): void {
    this.#minutesBehind = 0;
  }
}

export const NAMES = ['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H'] as const;
export type Name = (typeof NAMES)[number];
export type Counts = Record<Name | 'rep', number>;

/** The contents at the backup and at the disaster. */
export interface Before {
  parent: string;
  clock: StoryClock;
  sandbox: Sandbox;
  emails: Record<Name, string>;
  then: { cold: string; hot: string; backup: string; documents: Documents };
  now: { jetstream: string; documents: Documents; end: Place };
  counts: () => Counts;
  end: () => Promise<void>;
}

/**
 * Eight leads (platform.md, P2). Before the backup A to E have their first mail, and F's is due. After it A and B get
 * their second mail, C unsubscribes, D answers, E bounces, F and G get their first mail, and H comes.
 */
export async function liveUntilDisaster(): Promise<Before> {
  const [parent, sandbox, clock] = [await newParent(), await startSandbox(), new StoryClock()];
  const emails = Object.fromEntries(NAMES.map((name) => [name, freshEmail(name.toLowerCase())])) as Before['emails'];
  const nats = await natsWith(parent);
  const mongoUri = await databaseWith(new Map());
  const stack = await startStack({
    env: OFTEN,
    clock: clock.read,
    without: ['sender'],
    on: { nats, sandbox, mongoUri },
  });
  let sender = await stack.add('sender');
  const mails = (email: string) => mailsTo(sandbox, email).length;
  const come = async (...names: Name[]) => {
    for (const name of names) await stack.post(lead(emails[name], 'whitepaper'));
    await Promise.all(names.map((name) => stack.lead(emails[name], ({ phase }) => phase === 'planned')));
  };
  const have = (count: number, ...names: Name[]) =>
    Promise.all(names.map((name) => delivered(stack, emails[name], count)));

  await come('A', 'B', 'C', 'D', 'E');
  clock.on(5);
  await have(1, 'A', 'B', 'C', 'D', 'E');
  // Due at the backup: the step is in the log, without a claim.
  await sender.stop();
  clock.on(DAY - 10);
  await come('F');
  clock.on(4);
  await eventually(async () => (await stack.types(emails.F)).includes('step-due'));
  const [hot, backup] = [await copyOf(nats.dir, parent, 'hot'), await newFolder(parent, 'backup')];
  await withBrokerAt(nats.url, (broker) => makeBackup(broker, backup, { withKeys: true }));
  const documents = await documentsOf(mongoUri);
  await nats.stop();
  const cold = await copyOf(nats.dir, parent, 'cold');
  await nats.restart();

  sender = await stack.add('sender');
  const first = (name: Name) => mailsTo(sandbox, emails[name])[0]?.id ?? '';
  await stack.client.event({ messageId: first('C'), event: 'unsubscribe' });
  await stack.client.reply({ messageId: first('D'), text: 'Let us talk next week.' });
  await stack.client.event({ messageId: first('E'), event: 'bounce', type: 'bounce', status: '5.1.1' });
  for (const name of ['C', 'D', 'E'] as const) {
    await stack.lead(emails[name], ({ status, nextActionAt }) => status !== 'active' && nextActionAt === null);
  }
  await come('G');
  clock.on(8);
  await Promise.all([have(2, 'A', 'B'), have(1, 'F', 'G')]);
  await come('H');
  const now = { documents: await documentsOf(mongoUri), end: (await logEnd(stack.broker)).end, jetstream: '' };
  await stack.stop();
  await nats.stop();
  now.jetstream = await copyOf(nats.dir, parent, 'now');
  return {
    parent,
    clock,
    sandbox,
    emails,
    now,
    then: { cold, hot, backup, documents },
    counts: () =>
      Object.fromEntries([...NAMES.map((name) => [name, mails(emails[name])]), ['rep', mails(REP)]]) as Counts,
    end: async () => {
      await sandbox.close();
      await rm(parent, { recursive: true, force: true });
    },
  };
}

/** The read model knows that so many mails were delivered. */
export const delivered = (stack: Stack, email: string, count: number) =>
  stack.lead(
    email,
    ({ phase, history }) =>
      history.filter(({ type }) => type === 'lead.delivered').length === count &&
      (phase === 'planned' || phase === 'completed'),
  );

/** Servers with what a disaster left, and the services on them once they are started. */
export async function servers({ parent, sandbox, clock }: Before, left: { jetstream?: string; documents: Documents }) {
  const nats = await natsWith(parent, left.jetstream);
  const mongoUri = await databaseWith(left.documents);
  const on: { nats: Server; sandbox: Sandbox; mongoUri: string } = { nats, sandbox, mongoUri };
  return {
    nats,
    mongoUri,
    start: (often = false): Promise<Stack> =>
      startStack({ env: often ? { ...OFTEN, ...GAP } : ENV, clock: clock.read, on }),
  };
}

/**
 * A new lead's events in each stream of a restored log, until it is longer than the one that was seen. Tags start
 * nothing: of fifty new leads each would get its mails beside the eight of the story, for which a busy machine needs
 * minutes.
 */
export async function overtake(url: string, { now }: Before): Promise<void> {
  const broker = Broker.open({ servers: url, name: 'fork', partitions: now.end.length }, silentLog);
  await broker.ready();
  const log = new EventLog<LeadState>(broker, leadFold, { source: 'test', now: () => Temporal.Now.instant() });
  try {
    for (const [partition, end] of now.end.entries()) {
      const leadId = leadIn(partition, now.end.length);
      const next = async (draft: Draft): Promise<number> => {
        const appended = await log.decide(leadId, randomUUID(), () => draft);
        return 'event' in appended ? appended.event.seq : 0;
      };
      let seq = await next({ type: 'lead.triaged', data: submission() });
      for (let tag = 0; seq <= end; tag++)
        seq = await next({
          type: 'lead.tagged',
          data: { by: 'a test', add: [`fork-${tag}`], remove: [`fork-${tag - 1}`] },
        });
    }
  } finally {
    await broker.close();
  }
}

function leadIn(partition: number, partitions: number): string {
  for (;;) {
    const leadId = randomUUID();
    if (partitionOf(leadId, partitions) === partition) return leadId;
  }
}
