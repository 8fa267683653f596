import { setTimeout as delay } from 'node:timers/promises';
import { publishLead } from '@leadstream/contracts/publish';
import type { JetStreamClient } from '@nats-io/jetstream';
import { chance } from './chance.ts';

/** The service that publishes to the stream by itself; the others use the form. */
const PUBLISHER = 'faults';

export interface Submission {
  /** Also the Idempotency-Key: a repetition is the same submission. */
  id: string;
  email: string;
  source: string;
  by: 'form' | 'stream';
  /** Relative to the start. */
  atMs: number;
}

/** The person's reaction to the first mail that reaches them. */
export type Reaction = 'none' | 'reply' | 'bounce' | 'spamreport' | 'unsubscribe';

export interface Person {
  email: string;
  reaction: Reaction;
  submissions: Submission[];
}

const SOURCES = [
  ['whitepaper', 4],
  ['demo_request', 3],
  ['contact_form', 1],
  ['trade fair', 2],
] as const;
const REACTIONS = [
  ['none', 12],
  ['reply', 4],
  ['bounce', 2],
  ['spamreport', 1],
  ['unsubscribe', 1],
] as const satisfies (readonly [Reaction, number])[];
const AGAIN_MS_MAX = 12_000;

/** The people of `seconds`: arrival, channel and reaction, all drawn from the seed. */
export function drawCrowd(seed: number, leads: number, seconds: number): Person[] {
  const { between, pick } = chance(seed, 'crowd');
  return Array.from({ length: leads }, (_, index) => {
    const email = `lead.${seed}.${index}@example.com`;
    const submission = (number: number, atMs: number): Submission => ({
      id: `${seed}-${index}-${number}`,
      email,
      source: pick(SOURCES),
      by: pick([
        ['form', 1],
        ['stream', 1],
      ]),
      atMs,
    });
    const first = submission(1, between(0, seconds * 1_000));
    const twice = pick([
      [true, 1],
      [false, 6],
    ]);
    return {
      email,
      reaction: pick(REACTIONS),
      submissions: twice ? [first, submission(2, first.atMs + between(0, AGAIN_MS_MAX))] : [first],
    };
  });
}

/** The identity by which triage recognises a submission: ce-source and ce-id. */
export const keyOf = ({ by, id }: Submission): string => `${by === 'form' ? 'ingest' : PUBLISHER}/${id}`;

/** Submits until one process has durably accepted it, as the contract requires of callers. */
export async function submit(
  submission: Submission,
  doors: { ingestUrl: string; js: JetStreamClient },
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    if (await attempt(submission, doors).catch(() => false)) return;
    await delay(200, undefined, { signal });
  }
}

async function attempt(
  { id, email, source, by }: Submission,
  { ingestUrl, js }: { ingestUrl: string; js: JetStreamClient },
): Promise<boolean> {
  const lead = { email, firstName: 'Jane', leadData: { source } };
  if (by === 'stream') return (await publishLead(js, lead, { source: PUBLISHER, id, timeoutMs: 2_000 })).id === id;
  const answer = await fetch(`${ingestUrl}/v1/leads`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': id },
    body: JSON.stringify(lead),
    signal: AbortSignal.timeout(10_000),
  });
  await answer.body?.cancel();
  return answer.status === 202;
}
