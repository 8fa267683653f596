import { ContractError, parseRecorded } from '@leadstream/contracts/envelope';
import type { Broker } from '@leadstream/eventlog/broker';
import { HoleInChain, KeyLost } from '@leadstream/eventlog/errors';
import type { EventLog } from '@leadstream/eventlog/log';
import { readLog } from '@leadstream/eventlog/log-stream';
import { canonicalAddress } from '@leadstream/lead/address';
import { leadId } from '@leadstream/lead/identity';
import type { LeadState } from '@leadstream/lead/state';
import type { JsMsg } from '@nats-io/jetstream';
import { leadIdSecretOf, leadLog } from './session.ts';

/** Leads that cannot be read, after which nothing is decided. */
const UNREADABLE_MAX = 100;

/**
 * Throws when LEAD_ID_SECRET is another one than that of the log's leads: every address would be a stranger's, and a
 * search for a person would find nothing. Compares the first lead whose address can be read. With `isCertain` all are
 * tried, and it also throws when none can be read because of DATA_KEYS; erased leads decide nothing.
 */
export async function mustFitLog(broker: Broker, { isCertain = false } = {}): Promise<void> {
  const secret = leadIdSecretOf();
  const log = leadLog(broker);
  let isLocked = false;
  let unreadable = 0;
  for await (const message of readLog(broker, { types: ['lead.triaged'] })) {
    const address = await addressIn(log, message);
    if (!address) {
      isLocked ||= address === null;
      if (++unreadable >= UNREADABLE_MAX && !isCertain) return;
      continue;
    }
    if (leadId(secret, address) === message.subject.split('.')[1]) return;
    throw new Error('LEAD_ID_SECRET is not the one that made the ids of this log’s leads. Nothing was changed');
  }
  if (isCertain && isLocked)
    throw new Error(
      'no lead’s address can be read with these DATA_KEYS, so nothing shows that LEAD_ID_SECRET is the log’s. ' +
        'Nothing was changed',
    );
}

/** Null: this process has no key for it. Undefined: the lead is erased, or the event is invalid. */
async function addressIn(log: EventLog<LeadState>, message: JsMsg): Promise<string | null | undefined> {
  try {
    const event = await log.open(parseRecorded(message));
    return event.type === 'lead.triaged' ? canonicalAddress(event.data.contact.address) : undefined;
  } catch (error) {
    if (error instanceof ContractError) return undefined;
    if (error instanceof KeyLost || error instanceof HoleInChain) return null;
    throw error;
  }
}
