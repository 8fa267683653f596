import type { LeadCreated } from '@leadstream/contracts/lead-created';
import type { Outcome, OutcomeType } from '@leadstream/contracts/public';

const leadId = '0b0f4f3e-6d1a-8c57-9e64-2f7c1d9a5b10';
const submission = { source: 'shop', id: 'order-1' };
const at = '2026-11-24T09:41:07Z';

/** Examples of what other teams publish: the least, and all that has a meaning. */
export const leadCreatedExamples: readonly LeadCreated[] = [
  { email: 'jane@example.com', leadData: { source: 'demo_request' } },
  {
    email: 'jane.doe@example.com',
    firstName: 'Jane',
    lastName: 'Doe',
    phone: '+15551234567',
    timeZone: 'America/New_York',
    ip: '203.0.113.9',
    leadData: {
      source: 'content_download_kubernetes_guide',
      medium: 'paid_search',
      campaign: 'q4_enterprise_focus',
      pageURL: 'https://example.com/guides/kubernetes-cost-optimization',
      submissionTimestamp: '2026-11-24T09:40:00Z',
      utm: { utm_term: 'cost' },
      fields: { companySize: '50' },
    },
  },
];

/** An example of each event that other teams are told. */
export const outcomeExamples: { readonly [K in OutcomeType]: Outcome<K>['data'] } = {
  'lead.accepted': { leadId, submission, isNew: true },
  'lead.refused': {
    submission,
    fault: 'publisher',
    reasons: [{ field: 'leadData.source', problem: 'Invalid input: expected string, received undefined' }],
  },
  'lead.responded': { leadId, at },
  'lead.unsubscribed': { leadId, at, via: 'one-click' },
  'lead.bounced': { leadId, at },
  'lead.complained': { leadId, at },
  'lead.completed': { leadId, sequence: 'content-nurture', why: 'finished' },
  'lead.erased': { leadId },
};
