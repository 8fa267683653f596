import { BATCH_MAX, HubSpotContacts, type Written } from '@leadstream/providers/hubspot/contacts';
import { LEAD_ID } from '@leadstream/providers/hubspot/properties';
import type { HubSpotCall } from '@leadstream/providers/hubspot/access';
import type { ToldOutcome } from '@leadstream/service/crm/words';
import type { Wish } from './wish.ts';

export type Results = Map<string, { outcome: ToldOutcome; why?: string }>;

/**
 * Writes up to a hundred wishes to HubSpot's contacts. Throws HubSpotTrouble; what `results` has then is certain. To
 * repeat it changes nothing: a contact that the first attempt created is found by the second.
 */
export async function tellHubSpot(
  wishes: readonly Wish[],
  { call, create, results }: { call: HubSpotCall; create: boolean; results: Results },
): Promise<void> {
  if (wishes.length > BATCH_MAX) throw new RangeError(`more than ${BATCH_MAX} leads`);
  const contacts = new HubSpotContacts(call);
  const erased = wishes.filter(({ address }) => address === undefined);
  const ofLead = await found(contacts, LEAD_ID, erased, results);
  for (const { leadId } of erased)
    if (!ofLead.has(leadId) && !results.has(leadId)) results.set(leadId, { outcome: 'cleared' });
  await update(contacts, paired(erased, ofLead), 'cleared', results);
  const others = wishes.filter(({ address }) => address !== undefined);
  const absent = await updateByAddress(contacts, others, results);
  if (!create) {
    for (const { leadId } of absent) results.set(leadId, { outcome: 'absent' });
    return;
  }
  const written: Written = new Map();
  try {
    await contacts.create(
      absent.map(({ leadId, address = '', name, properties }) => ({
        leadId,
        properties: { email: address, ...name, ...properties },
      })),
      written,
    );
  } finally {
    note(written, 'created', results);
  }
  // Somebody else has created the contact meanwhile.
  const taken = absent.filter(({ leadId }) => results.get(leadId)?.why?.includes('CONFLICT'));
  await updateByAddress(contacts, taken, results);
}

/** Returns the wishes without a contact. */
async function updateByAddress(contacts: HubSpotContacts, wishes: readonly Wish[], results: Results): Promise<Wish[]> {
  const ofAddress = await found(contacts, 'email', wishes, results);
  await update(contacts, paired(wishes, ofAddress), 'updated', results);
  return wishes.filter(({ leadId, address = '' }) => !ofAddress.has(address) && !results.has(leadId));
}

const keyOf = ({ address, leadId }: Wish): string => address ?? leadId;

/** The ids of the contacts. Leads whose contact HubSpot refuses to look up are in `results`. */
async function found(
  contacts: HubSpotContacts,
  by: 'email' | typeof LEAD_ID,
  wishes: readonly Wish[],
  results: Results,
): Promise<Map<string, string>> {
  const refused = new Map<string, string>();
  try {
    return await contacts.find(by, wishes.map(keyOf), refused);
  } finally {
    for (const wish of wishes) {
      const why = refused.get(keyOf(wish));
      if (why !== undefined) results.set(wish.leadId, { outcome: 'refused', why });
    }
  }
}

type Paired = Wish & { id: string };

const paired = (wishes: readonly Wish[], ids: ReadonlyMap<string, string>): Paired[] =>
  wishes.flatMap((wish) => {
    const id = ids.get(keyOf(wish));
    return id === undefined ? [] : [{ ...wish, id }];
  });

/** Leads whose addresses are one contact's are written one after the other. */
async function update(contacts: HubSpotContacts, all: Paired[], outcome: ToldOutcome, results: Results): Promise<void> {
  for (let left = all; left.length > 0;) {
    const first = new Map(left.toReversed().map((one) => [one.id, one]));
    const written: Written = new Map();
    try {
      await contacts.update([...first.values()], written);
    } finally {
      note(written, outcome, results);
    }
    left = left.filter((one) => first.get(one.id) !== one);
  }
}

function note(written: Written, outcome: ToldOutcome, results: Results): void {
  for (const [leadId, why] of written)
    results.set(leadId, why === undefined ? { outcome } : { outcome: 'refused', why });
}
