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

/** An event's body in parts; `sealed` is '' when what is personal of it is not kept. */
export interface Sealed {
  clear: object;
  sealed: string;
}

/**
 * The event with its personal fields. It stays as it is for who is blind, and once its lead's key is destroyed, or its
 * lead `isErased`. Throws KeyLost, so that nobody takes what is left for all that there was; Unavailable.
 */
export async function open(event: Recorded, keys: Keys, isErased: boolean): Promise<Recorded> {
  const { leadId, sealed: text } = event;
  if (!text || keys === 'blind' || (keys && 'writes' in keys)) return event;
  if (!keys) throw new KeyLost(leadId, 'can not be read: DATA_KEYS is not set here');
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
      `does not open LEADS ${event.seq}: the bucket keys is of another log (${cause instanceof Error ? cause.message : 'no reason'})`,
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
 * The body of what is to be appended, its personal fields sealed; undefined when it goes into the log as it is.
 * `wasSealed`
 * is asked of a lead that has events and no key: its log is from before there were keys, or its key is lost.
 * Throws ContractError, KeyLost, Unavailable.
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
    // A fact is not held up by the words to it: an outcome that is not recorded would be found to be unknown.
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
  // A new lead has none: to ask would be a question for nothing.
  if (version === 0) return keys.create(leadId);
  const key = await keys.find(leadId);
  if (key) return key;
  // With another key what is sealed already could never be read again, not even when the bucket is brought back.
  if (await wasSealed()) throw new KeyLost(leadId, 'is not in the bucket keys: restore the bucket');
  return keys.create(leadId);
}
