import type { MsgHdrs } from '@nats-io/transport-node';
import { QUARANTINE_BODY_BYTES_MAX, quarantineSubject } from '@leadstream/contracts/streams';
import { reachable, type Broker } from './broker.ts';

/** Why a consumer gave up: the message can't succeed, it failed too often, or no newer build came for it. */
export const GAVE_UP = ['refused', 'failures', 'newer'] as const;

/** A message, or part `index` of one, that its consumer gives up on. */
export interface Quarantined {
  consumer: string;
  stream: string;
  seq: number;
  index?: number;
  subject: string;
  headers: MsgHdrs | undefined;
  data: Uint8Array;
  reason: string;
  attempts: number;
  /** Default: refused. */
  why?: (typeof GAVE_UP)[number];
  /** Identifies it where `stream` and `seq` do not: a request that is stored nowhere else. */
  id?: string;
}

/**
 * Stores it in QUARANTINE and resolves once that is durable; only then may the message be terminated. Repeating it is
 * safe. A body above 64 KiB is not copied: `origin` refers to it. Throws Unavailable when the broker gives no answer.
 */
export async function quarantine(broker: Broker, it: Quarantined): Promise<void> {
  const { consumer, stream, seq, index, subject, headers, data, reason, attempts, why = 'refused', id } = it;
  const entry = {
    consumer,
    reason,
    why,
    origin: { stream, seq, subject, ...(index === undefined ? {} : { index }) },
    attempts,
    at: new Date().toISOString(),
    ...(data.byteLength <= QUARANTINE_BODY_BYTES_MAX ? { body: Buffer.from(data).toString('base64') } : {}),
    headers: Object.fromEntries((headers?.keys() ?? []).map((name) => [name, headers?.values(name)])),
  };
  const msgID = [consumer, stream, id ?? seq, ...(index === undefined ? [] : [index])].join('/');
  await reachable(() =>
    broker
      .js()
      .publish(quarantineSubject(consumer), JSON.stringify(entry), { msgID, expect: { streamName: 'QUARANTINE' } }),
  );
}
