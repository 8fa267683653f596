import { setTimeout as delay } from 'node:timers/promises';
import { LOG_STREAM } from '@leadstream/contracts/streams';
import type { Broker } from '@leadstream/eventlog/broker';
import { describeError } from '@leadstream/eventlog/errors';
import type { Msg } from '@nats-io/transport-node';
import { z } from 'zod';

/**
 * The subject on which one process of a consumer redrives a quarantined message. Core NATS: only a running process can
 * answer.
 */
export const redriveSubject = (consumer: string): string => `redrive.${consumer}`;
/** QUARANTINE: the entry itself, of a request that is stored nowhere else. */
export const originStream = z.enum(['INTAKE', 'FEEDBACK', 'QUARANTINE']).or(z.string().regex(LOG_STREAM));
export const redriveRequest = z.object({
  stream: originStream,
  seq: z.number().int().positive(),
});
/** `error` gives the reason of another failure in words; addresses are removed. */
export const redriveReply = z.union([z.object({ ok: z.literal(true) }), z.object({ error: z.string() })]);

type Request = z.infer<typeof redriveRequest>;
type Reply = z.infer<typeof redriveReply>;

export interface Redrives {
  broker: Broker;
  consumer: string;
  /** Runs the consumer's handlers for the stored message; throws their errors. */
  redrive: (stream: Request['stream'], seq: number) => Promise<void>;
  signal: AbortSignal;
}

const RETRY_MS = 1_000;

/** Answers requests to redrive until `signal` aborts, and resolves when all that were accepted are answered. */
export async function answerRedrives(it: Redrives): Promise<void> {
  const { broker, consumer, signal } = it;
  const inHand = new Set<Promise<void>>();
  while (!signal.aborted) {
    try {
      await broker.ready(signal);
      const subscription = broker.connection().subscribe(redriveSubject(consumer), { queue: consumer });
      using leaving = new DisposableStack();
      const stop = () => subscription.unsubscribe();
      signal.addEventListener('abort', stop, { once: true });
      leaving.defer(() => signal.removeEventListener('abort', stop));
      if (signal.aborted) stop();
      for await (const request of subscription) {
        const work = answer(request, it).finally(() => inHand.delete(work));
        inHand.add(work);
      }
    } catch (error) {
      if (!signal.aborted)
        broker.log.warn({ consumer, error: describeError(error) }, 'redrives cannot be received, trying again');
    }
    await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
  }
  await Promise.all(inHand);
}

async function answer(request: Msg, it: Redrives): Promise<void> {
  const reply = await redriven(request, it);
  try {
    request.respond(JSON.stringify(reply));
  } catch {
    // The connection is gone, and the requester finds the entry still in quarantine.
  }
}

async function redriven(request: Msg, { broker, consumer, redrive }: Redrives): Promise<Reply> {
  try {
    const { stream, seq } = redriveRequest.parse(request.json());
    await redrive(stream, seq);
    broker.log.info({ consumer, stream, seq }, 'message redriven');
    return { ok: true };
  } catch (error) {
    const described = describeError(error);
    broker.log.warn({ consumer, error: described, outcome: 'stays in quarantine' }, 'a message was not redriven');
    return { error: described.message };
  }
}
