import type { Alert } from './alert.ts';

/** HubSpot that takes nothing. */
export const crm = {
  CrmHeld: {
    severity: 'ticket',
    expr: 'min(leadstream_crm_held) == 1',
    minutes: 30,
    summary: 'HubSpot is told nothing for half an hour: a limit of the day, its token or a property, or no answer',
    dashboard: 'overview',
  },
} satisfies Record<string, Alert>;
