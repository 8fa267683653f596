import type { LogStream } from '@leadstream/contracts/streams';
import type { Broker } from '@leadstream/eventlog/broker';
import { batchOf, streamsOf } from '@leadstream/eventlog/log-stream';
import { z } from 'zod';

const BATCH = 500;
const claimSchema = z.object({ provider: z.string().default('sendgrid') });

/**
 * The claims of an account since `day` (UTC) began, by the log; counts to `max` at most. One that cannot be read counts
 * too: the cap errs on the low side. Reads without a consumer, which the sender's rights in NATS do not create. Throws
 * Unavailable.
 */
export async function sendsOfDay(broker: Broker, account: string, day: string, max: number): Promise<number> {
  let sends = 0;
  for (const log of streamsOf(broker)) if (sends < max) sends += await sendsIn(broker, log, account, day, max - sends);
  return sends;
}

async function sendsIn(broker: Broker, log: LogStream, account: string, day: string, max: number): Promise<number> {
  const begin = `${day}T00:00:00Z`;
  let from: string | number = begin;
  for (let sends = 0; ;) {
    const claims = await batchOf(broker, log, { type: 'lead.send-started', from, max: BATCH });
    for (const claim of claims) {
      // Where nothing was stored since then, the server begins with the first message.
      if (claim.time.getTime() < Date.parse(begin)) return sends;
      if (isOf(account, claim.string()) && ++sends >= max) return sends;
    }
    const last = claims.at(-1);
    if (!last || claims.length < BATCH) return sends;
    from = last.seq + 1;
  }
}

function isOf(account: string, body: string): boolean {
  try {
    return claimSchema.parse(JSON.parse(body)).provider === account;
  } catch {
    return true;
  }
}
