const TOP = new Set(['email', 'firstName', 'lastName', 'phone', 'timeZone']);
const LEAD_DATA = new Set(['source', 'medium', 'campaign', 'pageURL', 'submissionTimestamp']);
/**
 * The names in the contract, by their lower case and by common field names of plain HTML forms. A map, because a form
 * may have a field named `constructor`.
 */
const NAMES: ReadonlyMap<string, string> = new Map([
  ...[...TOP, ...LEAD_DATA].map((name) => [name.toLowerCase(), name] as const),
  ...Object.entries({
    first_name: 'firstName',
    last_name: 'lastName',
    tel: 'phone',
    phone_number: 'phone',
    time_zone: 'timeZone',
    page_url: 'pageURL',
    page: 'pageURL',
    submission_timestamp: 'submissionTimestamp',
    lead_source: 'source',
  }),
]);

/** A flat form as the contract's nested lead: UTM keys go into `utm`, unknown names into `fields`. */
export function leadOfForm(form: URLSearchParams): Record<string, unknown> {
  const lead = new Map<string, unknown>();
  const leadData = new Map<string, unknown>();
  const utm = new Map<string, string>();
  const fields = new Map<string, string>();
  for (const [name, value] of form) {
    const known = NAMES.get(name.toLowerCase());
    // A visible field `Source` does not replace the hidden `source` beside it.
    const key = known === undefined || (known !== name && form.has(known)) ? name : known;
    if (TOP.has(key)) lead.set(key, value);
    else if (LEAD_DATA.has(key)) leadData.set(key, value);
    else if (key.toLowerCase().startsWith('utm_')) utm.set(key.toLowerCase(), value);
    else fields.set(key, value);
  }
  if (utm.size > 0) leadData.set('utm', Object.fromEntries(utm));
  if (fields.size > 0) leadData.set('fields', Object.fromEntries(fields));
  return { ...Object.fromEntries(lead), leadData: Object.fromEntries(leadData) };
}
