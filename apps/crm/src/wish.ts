import { createHash } from 'node:crypto';
import { kindOf } from '@leadstream/lead/canary';
import { statusOf, type LeadState } from '@leadstream/lead/state';
import { LEAD_ID, propertyNames, type Properties } from '@leadstream/providers/hubspot/properties';

/** What HubSpot has to say of a lead. Without an address: whatever contact has the lead's id. */
export interface Wish {
  leadId: string;
  address: string | undefined;
  /** The name of a contact that is created. */
  name: { firstname?: string; lastname?: string };
  properties: Properties;
  /** Of the properties; the address is no part of it. */
  digest: string;
}

/** undefined: nothing is to be said of a lead without a contact, nor of the canary's. */
export function wishOf(leadId: string, state: LeadState): Wish | undefined {
  const { contact, stop } = state;
  if (stop?.why === 'erased') return wish(leadId, undefined, {}, cleared);
  if (contact === null || kindOf(state) === 'canary') return undefined;
  const { address, firstName: firstname, lastName: lastname } = contact;
  const name = { ...(firstname ? { firstname } : {}), ...(lastname ? { lastname } : {}) };
  return wish(leadId, address, name, stateIn(leadId, state));
}

const cleared = Object.fromEntries(propertyNames.map((name) => [name, ''])) as unknown as Properties;

const stateIn = (leadId: string, state: LeadState): Properties => ({
  [LEAD_ID]: leadId,
  leadstream_status: statusOf(state),
  leadstream_sequence: state.run?.sequence ?? '',
  leadstream_step: 'step' in state.phase ? state.phase.step.id : '',
  leadstream_last_activity: state.lastActivityAt ? new Date(state.lastActivityAt).toISOString() : '',
  leadstream_reply_class: state.replyClass ?? '',
});

const wish = (leadId: string, address: string | undefined, name: Wish['name'], properties: Properties): Wish => ({
  leadId,
  address,
  name,
  properties,
  digest: createHash('sha256').update(JSON.stringify(properties)).digest('hex').slice(0, 32),
});
