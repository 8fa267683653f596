import { API, bodyOf, troubleOf, type HubSpotCall } from './access.ts';

export const LEAD_ID = 'leadstream_lead_id';

/** The properties of a contact that Leadstream writes, and no other; an empty text clears one. */
export const PROPERTIES = {
  [LEAD_ID]: { label: 'Leadstream lead', type: 'string', fieldType: 'text', hasUniqueValue: true },
  leadstream_status: { label: 'Leadstream status', type: 'string', fieldType: 'text' },
  leadstream_sequence: { label: 'Leadstream sequence', type: 'string', fieldType: 'text' },
  leadstream_step: { label: 'Leadstream step', type: 'string', fieldType: 'text' },
  leadstream_last_activity: { label: 'Leadstream last activity', type: 'datetime', fieldType: 'date' },
  leadstream_reply_class: { label: 'Leadstream reply', type: 'string', fieldType: 'text' },
} as const;
export type PropertyName = keyof typeof PROPERTIES;
export const propertyNames = Object.keys(PROPERTIES) as PropertyName[];
export type Properties = Readonly<Record<PropertyName, string>>;

const PATH = `/crm/properties/${API}/contacts`;

/** Those that the account does not have. Throws HubSpotTrouble. */
export async function missingProperties(call: HubSpotCall): Promise<PropertyName[]> {
  const missing: PropertyName[] = [];
  for (const name of propertyNames) {
    const response = await call({ method: 'GET', path: `${PATH}/${name}` });
    if (response.status === 404) missing.push(name);
    else bodyOf(response);
  }
  return missing;
}

/** Creates one; false when the account has one of that name by now. Throws HubSpotTrouble. */
export async function createProperty(call: HubSpotCall, name: PropertyName): Promise<boolean> {
  const body = { name, groupName: 'contactinformation', ...PROPERTIES[name] };
  const response = await call({ method: 'POST', path: PATH, body });
  if (response.status === 409) return false;
  if (response.status < 200 || response.status > 299) throw troubleOf(response);
  return true;
}
