import { hubspotCall, HubSpotTrouble } from '@leadstream/providers/hubspot/access';
import { LEAD_ID, missingProperties } from '@leadstream/providers/hubspot/properties';
import { HubSpotContacts } from '@leadstream/providers/hubspot/contacts';
import { loadConfig, type Environment } from '@leadstream/service/config';
import { hubspot } from '@leadstream/service/crm/config';
import { z } from 'zod';
import { failed, passed, type Check } from '../doctor/check.ts';

const ANSWER_MS = 10_000;
const SEE = 'see docs/providers/hubspot.md';

/** Whether HubSpot takes the token and has the properties. Reads only; none where HUBSPOT_TOKEN is unset. */
export async function hubspotChecks(env: Environment): Promise<Check[]> {
  const { HUBSPOT_TOKEN, HUBSPOT_BASE_URL } = loadConfig(z.object(hubspot), env);
  if (HUBSPOT_TOKEN === undefined) return [];
  try {
    const call = hubspotCall({ HUBSPOT_TOKEN, HUBSPOT_BASE_URL }, ANSWER_MS);
    const missing = await missingProperties(call);
    await new HubSpotContacts(call).find(LEAD_ID, missing.length === 0 ? ['none'] : [], new Map());
    return missing.length === 0
      ? [passed('provider', 'HubSpot takes the token, and has the properties of a lead')]
      : [failed('provider', `HubSpot has no property ${missing.join(', ')}`, 'leadctl crm setup')];
  } catch (error) {
    if (!(error instanceof HubSpotTrouble)) throw error;
    const mend =
      error.kind === 'account' ? `the token and its scopes; ${SEE}` : 'see HubSpot’s status page, then try again';
    return [failed('provider', `HubSpot answers ${error.message}`, mend)];
  }
}
