import { leadSubject } from '@leadstream/contracts/streams';
import { reachable, type Broker } from '@leadstream/eventlog/broker';
import { JetStreamError, type StoredMsg } from '@nats-io/jetstream';
import { z } from 'zod';

const BATCH = 500;
const NOT_FOUND = 404;
const claimSchema = z.object({ provider: z.string().default('sendgrid') });

/**
 * The claims of an account since `day` (UTC) began, by the log; counts to `max` at most. One that cannot be read counts
 * too: the cap errs on the low side. Reads without a consumer, which the sender's rights in NATS do not create. Throws
 * Unavailable.
 */
export async function sendsOfDay(broker: Broker, account: string, day: string, max: number): Promise<number> {
  const start_time = `${day}T00:00:00Z`;
  let from: { start_time: string } | { seq: number } = { start_time };
  for (let sends = 0; ;) {
    const claims: StoredMsg[] = await claimsFrom(broker, from);
    for (const claim of claims) {
      // Where nothing was stored since then, the server begins with the first message.
      if (claim.time.getTime() < Date.parse(start_time)) return sends;
      if (isOf(account, claim.string()) && ++sends >= max) return sends;
    }
    const last = claims.at(-1);
    if (!last || claims.length < BATCH) return sends;
    from = { seq: last.seq + 1 };
  }
}

async function claimsFrom(broker: Broker, from: { start_time: string } | { seq: number }): Promise<StoredMsg[]> {
  const { direct } = await broker.jsm();
  const batch = { ...from, next_by_subj: leadSubject('*', 'send-started'), batch: BATCH };
  return reachable(async () => {
    const claims: StoredMsg[] = [];
    try {
      for await (const claim of await direct.getBatch('LEADS', batch)) claims.push(claim);
    } catch (error) {
      // The answer where no message matches.
      if (!(error instanceof JetStreamError && 'code' in error && error.code === NOT_FOUND)) throw error;
    }
    return claims;
  });
}

function isOf(account: string, body: string): boolean {
  try {
    return claimSchema.parse(JSON.parse(body)).provider === account;
  } catch {
    return true;
  }
}
