import { ContractError, opened } from '@leadstream/contracts/envelope';
import { catalogue, type EventType, type Recorded } from '@leadstream/contracts/events';
import { split } from '@leadstream/contracts/personal';
import { KeyLost } from './errors.ts';
import type { Keyring, LeadKey } from './keyring.ts';
import { seal, unseal } from './seal.ts';

/**
 * Access to personal fields: a keyring reads and writes them, `writes` only writes them and queries no key to read,
 * 'blind' does neither. Undefined: an installation without DATA_KEYS.
 */
export type Keys = Keyring | { writes: Keyring } | 'blind' | undefined;

/** Whether a state that is folded with these keys has the personal fields. */
export const readsPersonal = (keys: Keys): boolean => keys !== 'blind' && !(keys && 'writes' in keys);

/** An event's body in parts; `sealed` is '' when its personal part is not kept. */
export interface Sealed {
  clear: object;
  sealed: string;
}

/**
 * The event with its personal fields. Unchanged for a blind process, and once the lead's key is destroyed or the lead
 * `isErased`. Throws KeyLost, so that no caller takes the rest for the whole; Unavailable.
 */
export async function open(event: Recorded, keys: Keys, isErased: boolean): Promise<Recorded> {
  const { leadId, sealed: text } = event;
  if (!text || keys === 'blind' || (keys && 'writes' in keys)) return event;
  if (!keys) throw new KeyLost(leadId, 'cannot be read: DATA_KEYS is not set here');
  const key = await keys.find(leadId);
  if (key === 'destroyed' || (key === undefined && isErased)) return event;
  if (key === undefined)
    throw new KeyLost(leadId, 'is not in the bucket keys, and nobody erased the lead: restore the bucket');
  return opened(event, unsealed(key, text, event));
}

function unsealed(key: Buffer, text: string, event: Recorded): string {
  try {
    return unseal(key, text, event);
  } catch (cause) {
    throw new KeyLost(
      event.leadId,
      `does not open LEADS ${event.seq}: the bucket keys is of another log ` +
        `(${cause instanceof Error ? cause.message : 'no reason'})`,
    );
  }
}

interface Appending {
  leadId: string;
  at: { version: number };
  type: EventType;
  data: Recorded['data'];
  id: string;
}

/**
 * The body of a new event with its personal fields sealed; undefined when the event is appended unchanged. `wasSealed`
 * is queried for a lead with events and without a key: its log is from before keys, or its key is lost. Throws
 * ContractError, KeyLost, Unavailable.
 */
export async function sealed(
  it: Appending,
  keys: Keys,
  wasSealed: () => Promise<boolean>,
): Promise<Sealed | undefined> {
  if (!keys) return undefined;
  const { leadId, type, data, id } = it;
  const { clear, personal } = split(type, data);
  if (!personal) return undefined;
  const writer = typeof keys === 'object' && 'writes' in keys ? keys.writes : keys;
  if (writer === 'blind') throw new ContractError(`${type}: it has personal fields, and its writer has no keys`);
  try {
    const key = await keyFor(leadId, it.at.version, writer, wasSealed);
    return { clear, sealed: key === 'destroyed' ? '' : seal(key, JSON.stringify(personal), { leadId, type, id }) };
  } catch (error) {
    // A fact is recorded without its texts rather than delayed: an unrecorded outcome would end as unknown.
    if (error instanceof KeyLost && catalogue[type].data.safeParse(clear).success) return { clear, sealed: '' };
    throw error;
  }
}

async function keyFor(
  leadId: string,
  version: number,
  keys: Keyring,
  wasSealed: () => Promise<boolean>,
): Promise<Exclude<LeadKey, undefined>> {
  // A new lead has no key: the query would be wasted.
  if (version === 0) return keys.create(leadId);
  const key = await keys.find(leadId);
  if (key) return key;
  // Another key would make the sealed events unreadable for ever, even if the bucket is restored.
  if (await wasSealed()) throw new KeyLost(leadId, 'is not in the bucket keys: restore the bucket');
  return keys.create(leadId);
}
