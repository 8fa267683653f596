import { setTimeout as delay } from 'node:timers/promises';
import { parseRecorded } from '@leadstream/contracts/envelope';
import type { LogStream } from '@leadstream/contracts/streams';
import { leadId } from '@leadstream/lead/identity';
import type { WebhookDelivery } from '@leadstream/sandbox-esp/client';
import { DeliverPolicy, jetstream } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { chance } from '../chance.ts';
import type { Person } from '../crowd.ts';
import type { Mailbox } from '../mailbox.ts';
import type { ChaosDeployment } from '../run.ts';

/** The second mail of a content nurture: the first one is there to be answered. */
export const RACED_STEP = 1;
/**
 * Around the instant that the step is planned for; a little early, because a reply takes its way through inbound first.
 */
export const WINDOW_MS = [-500, 400] as const;
const FROM = 'sales@acme.example';
const TEXT = 'Thank you. Could we talk on Thursday?';

export interface Racer extends Person {
  leadId: string;
  /** The reply's time, counted from the planned time of the second step. */
  offsetMs: number;
  /** To the mail's reply address from another mailbox of the lead's, or to the sender's own from the lead's. */
  answers: 'by token' | 'by address';
}

/** A reply that inbound has said 200 to. */
export interface Reply {
  postedMs: number;
  answeredMs: number;
}

/** Arrivals, and the kind and time of each reply: drawn from the seed. */
export function drawRacers(seed: number, leads: number, seconds: number, secret: string): Racer[] {
  const { between, pick } = chance(seed, 'races');
  return Array.from({ length: leads }, (_, index) => {
    const email = `racer.${seed}.${index}@example.com`;
    return {
      email,
      leadId: leadId(secret, email),
      reaction: 'none',
      offsetMs: between(...WINDOW_MS),
      answers: pick([
        ['by token', 1],
        ['by address', 1],
      ]),
      submissions: [
        { id: `${seed}-${index}`, email, source: 'whitepaper', by: 'form', atMs: between(0, seconds * 1_000) },
      ],
    };
  });
}

/**
 * Hands in each racer's reply at its instant; resolves, by lead, with those that inbound took. `limit` ends the
 * waiting for leads whose second step is not planned.
 */
export async function answerAround(
  racers: readonly Racer[],
  { nc, esp, log }: Pick<ChaosDeployment, 'nc' | 'esp' | 'log'>,
  mailbox: Mailbox,
  limit: AbortSignal,
): Promise<Map<string, Reply>> {
  const taken = new Map<string, Reply>();
  const replies: Promise<void>[] = [];
  const waiting = new Map(racers.map((racer) => [racer.leadId, racer]));
  const none = new AbortController();
  const end = AbortSignal.any([limit, none.signal]);
  const follow = async (stream: LogStream) => {
    for await (const { leadId: id, plannedMs } of secondSteps(nc, stream, end)) {
      const racer = waiting.get(id);
      if (racer && waiting.delete(id))
        replies.push(answer(racer, plannedMs).then((reply) => void (reply && taken.set(id, reply))));
      if (waiting.size === 0) none.abort();
    }
  };
  await Promise.all(log.map(follow));
  await Promise.all(replies);
  return taken;

  async function answer(racer: Racer, plannedMs: number): Promise<Reply | undefined> {
    await delay(plannedMs + racer.offsetMs - Date.now());
    const postedMs = Date.now();
    // A racer that could not reply is reported without one.
    const status = await post(racer, esp, mailbox).then(
      (webhook) => webhook.status,
      () => 0,
    );
    return status === 200 ? { postedMs, answeredMs: Date.now() } : undefined;
  }
}

async function post(
  { email, answers }: Racer,
  esp: ChaosDeployment['esp'],
  { mails }: Mailbox,
): Promise<WebhookDelivery> {
  if (answers === 'by address') return await esp.mail({ from: email, to: FROM, subject: 'your guide', text: TEXT });
  const first = mails.values().find(({ to }) => to === email);
  if (!first) throw new Error(`${email} has a second step planned, and never got its first mail`);
  return await esp.reply({ messageId: first.id, from: `private.${email}`, text: TEXT });
}

/** The second step of each lead of a stream as soon as it is planned. */
async function* secondSteps(
  nc: NatsConnection,
  { stream, subject }: LogStream,
  signal: AbortSignal,
): AsyncGenerator<{ leadId: string; plannedMs: number }> {
  const consumer = await jetstream(nc).consumers.get(stream, {
    filter_subjects: subject('*', 'step-planned'),
    deliver_policy: DeliverPolicy.All,
  });
  const messages = await consumer.consume();
  const stop = () => messages.stop();
  signal.addEventListener('abort', stop);
  if (signal.aborted) stop();
  try {
    for await (const message of messages) {
      const { type, leadId: id, data } = parseRecorded(message);
      if (type === 'lead.step-planned' && data.planned.index === RACED_STEP)
        yield { leadId: id, plannedMs: Date.parse(data.planned.at) };
    }
  } finally {
    signal.removeEventListener('abort', stop);
    messages.stop();
    await consumer.delete().catch(() => undefined);
  }
}
