import { setTimeout as delay } from 'node:timers/promises';
import { jetstream } from '@nats-io/jetstream';
import { submit } from '../crowd.ts';
import { gather, strays } from '../evidence.ts';
import { Mailbox } from '../mailbox.ts';
import { REP, SETTINGS, startDeployment, untilAtRest } from '../run.ts';
import { outcomeOfRace } from './outcome.ts';
import { answerAround, drawRacers } from './racers.ts';
import { openRoad } from './esp-proxy.ts';
import type { Result } from './table.ts';

export interface Options {
  /**
   * Repeats who comes when, the instant of each reply, and how long the calls take; not how the processes interleave.
   */
  seed: number;
  leads: number;
  /** The number of the log's streams; 1 by default. */
  partitions?: number;
  /** The number of processes of each service; by default two. */
  instances?: number;
  /** The folder for the logs of all processes; by default they are deleted. */
  logs?: string;
}

/** Two days are 3.5 s: what was drawn before the planned time is always still ahead. */
const DELAY_SCALE = '0.00002';
/** The rate that two cores sustain: behind a queue every reply would come too late for a race. */
const LEADS_PER_SECOND = 4;
/** After the last lead has come in. */
const REPLIES_MS_MAX = 60_000;

/**
 * Leads come in and get their first mail; each answers at its own instant around its second, and then all that was seen
 * is gathered.
 */
export async function race(
  { seed, leads, partitions = 1, instances, logs }: Options,
  say: (text: string) => void,
  interrupted: AbortSignal,
): Promise<Result> {
  const startedMs = performance.now();
  await using started = new AsyncDisposableStack();
  const stopped = new AbortController();
  const signal = AbortSignal.any([interrupted, stopped.signal]);
  const seconds = Math.ceil(leads / LEADS_PER_SECOND);
  const racers = drawRacers(seed, leads, seconds, SETTINGS.LEAD_ID_SECRET);
  const deployment = await startDeployment(started, say, {
    logs,
    repeatEvents: 1,
    partitions,
    instances,
    env: async (espUrl) => {
      const road = await openRoad(espUrl, seed);
      started.defer(() => road.close());
      return { SENDGRID_BASE_URL: road.url, DELAY_SCALE };
    },
  });
  const { fleet, nc, jsm, db } = deployment;
  const mailbox = new Mailbox(deployment.sandbox, deployment.esp, racers);
  const watching = mailbox.watch(signal);
  started.defer(() => {
    stopped.abort();
    return watching;
  });

  say(`${leads} leads come in ${seconds} s and answer around their second mail …`);
  const limit = AbortSignal.any([signal, AbortSignal.timeout(seconds * 1_000 + REPLIES_MS_MAX)]);
  const doors = { ingestUrl: fleet.url('ingest'), js: jetstream(nc) };
  const [replies] = await Promise.all([
    answerAround(racers, deployment, mailbox, limit),
    ...racers
      .flatMap(({ submissions }) => submissions)
      .map((submission) => delay(submission.atMs, undefined, { signal }).then(() => submit(submission, doors, signal))),
  ]);
  say('waiting until nothing is left to do …');
  const { busy, later } = await untilAtRest(deployment, mailbox, signal);
  mailbox.told.push(
    ...racers.filter((racer) => replies.has(racer.leadId)).map(({ email }) => ({ email, reaction: 'reply' as const })),
  );
  const seen = await gather(racers, SETTINGS, { nc, db, mailbox });
  const mails = Map.groupBy(mailbox.mails.values(), ({ to }) => to);
  const quarantined = (await jsm.streams.info('QUARANTINE')).state.messages;
  return {
    seed,
    races: seen.map((one) => outcomeOfRace(one, replies.get(one.leadId), mails.get(one.email) ?? [])),
    deploymentFaults: [
      ...[...busy, ...later].slice(0, 20).map((what) => `does not come to rest: ${what}`),
      ...strays(racers, SETTINGS.LEAD_ID_SECRET, REP, mailbox),
      ...(quarantined > 0 ? [`${quarantined} messages are quarantined`] : []),
    ],
    seconds: Math.round((performance.now() - startedMs) / 1_000),
  };
}
