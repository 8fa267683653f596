import { parseData } from '@leadstream/contracts/envelope';
import { catalogue, isEventType, type Recorded } from '@leadstream/contracts/events';

/** Values of required fields that an export has left out: a fold reads them, and no status or tag depends on them. */
const STAND_INS = {
  contact: { email: '', address: '' },
  dossier: { source: '' },
  changes: [],
  by: 'withheld',
  rep: 'withheld',
  list: 'withheld',
  text: '',
};
const INNER_STAND_INS: Readonly<Record<string, object>> = {
  zone: { evidence: '' },
  intake: { key: 'withheld' },
  paused: { by: 'withheld' },
  smsConsent: { text: '' },
  sms: { text: '', number: 'withheld' },
};

/** The columns of `events` that the event is made of. */
export const OF_EVENT = ['seq', 'version', 'lead_id', 'event_type', 'time', 'source', 'id', 'data'] as const;

/** A row of `events`, as DuckDB returns it for JSON, as the event. Throws ContractError for another row. */
export function recordedOf(row: Readonly<Record<string, unknown>>): Recorded {
  const type = String(row['event_type']);
  if (!isEventType(type)) throw new Error(`${type} is no event of this build`);
  const data = JSON.parse(String(row['data'])) as Record<string, unknown>;
  const isWhole = catalogue[type].data.safeParse(data).success;
  return {
    type,
    data: parseData(type, isWhole ? data : filled(data)),
    id: String(row['id']),
    leadId: String(row['lead_id']),
    seq: Number(row['seq']),
    version: Number(row['version']),
    prevSeq: 0,
    at: Temporal.Instant.from(String(row['time'])).toString(),
    source: String(row['source']),
  } as Recorded;
}

export const filled = (data: Readonly<Record<string, unknown>>): object => ({
  ...STAND_INS,
  ...data,
  ...Object.fromEntries(
    Object.entries(INNER_STAND_INS).flatMap(([name, inner]) =>
      data[name] === undefined ? [] : [[name, { ...inner, ...(data[name] as object) }]],
    ),
  ),
});
