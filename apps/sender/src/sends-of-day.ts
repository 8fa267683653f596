import { leadSubject } from '@leadstream/contracts/streams';
import type { Broker } from '@leadstream/eventlog/broker';
import { messagesTo } from '@leadstream/eventlog/read';
import { DeliverPolicy } from '@nats-io/jetstream';
import { z } from 'zod';

const claimSchema = z.object({ provider: z.string().default('sendgrid') });

/**
 * The claims of an account since `day` (UTC) began, by the log; counts to `max` at most. One that cannot be read counts
 * too: the cap errs on the low side. Throws Unavailable.
 */
export async function sendsOfDay(broker: Broker, account: string, day: string, max: number): Promise<number> {
  const only = {
    filter_subjects: leadSubject('*', 'send-started'),
    deliver_policy: DeliverPolicy.StartTime,
    opt_start_time: `${day}T00:00:00Z`,
  };
  let sends = 0;
  for await (const message of messagesTo(broker.js(), 'LEADS', { only })) {
    if (isOf(account, message.string()) && ++sends >= max) break;
  }
  return sends;
}

function isOf(account: string, body: string): boolean {
  try {
    return claimSchema.parse(JSON.parse(body)).provider === account;
  } catch {
    return true;
  }
}
