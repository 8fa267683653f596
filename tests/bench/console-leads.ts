import { STATUSES } from '@leadstream/lead/state';
import { provisionLeads } from '@leadstream/projection/collections';
import { searchKeysOf } from '@leadstream/projection/search';
import type { Db } from 'mongodb';

const INSERTED_AT_ONCE = 5_000;
const SOURCES = ['whitepaper', 'webinar', 'demo_request', 'contact_form'];
const NAMES = ['Jane', 'Ola', 'Zoë', 'Mehmet', 'Chiara', 'Søren', 'Ananya', 'Łukasz'];
/** The page shows no name of an erased lead, and each one is searched for by its name. */
const KEPT = STATUSES.filter((status) => status !== 'erased');
const FROM = Date.parse('2026-01-01T00:00:00Z');

/** Documents of the read model as the projector writes them, the first one the newest. */
export async function fillLeads(db: Db, leads: number): Promise<void> {
  await provisionLeads(db);
  for (let from = 0; from < leads; from += INSERTED_AT_ONCE) {
    const count = Math.min(INSERTED_AT_ONCE, leads - from);
    await db.collection<{ _id: string }>('leads_1').insertMany(
      Array.from({ length: count }, (_, index) => lead(from + index)),
      { ordered: false },
    );
  }
}

export const idOf = (n: number): string => `${String(n).padStart(8, '0')}-0000-8000-8000-000000000000`;

export const nameOf = (n: number): string => `${NAMES[n % NAMES.length] ?? ''} Doe ${n}`;

const lead = (n: number) => {
  const contact = {
    email: `lead.${n}@example.com`,
    address: `lead.${n}@example.com`,
    firstName: NAMES[n % NAMES.length] ?? '',
    lastName: `Doe ${n}`,
    phone: `+1555${String(n).padStart(7, '0')}`,
  };
  const source = SOURCES[n % SOURCES.length] ?? '';
  return {
    ...contact,
    _id: idOf(n),
    searchKeys: searchKeysOf(contact),
    status: KEPT[n % KEPT.length] ?? 'new',
    phase: 'planned',
    sequence: n % 3 === 0 ? 'sales-demo' : 'content-nurture',
    sequenceVersion: 1,
    step: n % 4,
    tags: [`source:${source}`],
    timeZone: 'Europe/Berlin',
    state: '{}',
    stateVersion: 0,
    version: 12,
    lastSeq: n,
    nextActionAt: new Date(FROM + 400 * 86_400_000 + n),
    createdAt: new Date(FROM - n * 1_000),
    updatedAt: new Date(FROM),
  };
};
