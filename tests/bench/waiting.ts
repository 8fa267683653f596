import { randomUUID } from 'node:crypto';
import type { Draft } from '@leadstream/contracts/events';
import type { Broker } from '@leadstream/eventlog/broker';
import { EventLog } from '@leadstream/eventlog/log';
import { leadFold } from '@leadstream/lead/evolve';
import { initial, type LeadState } from '@leadstream/lead/state';

const APPENDED_AT_ONCE = 64;

/** The ids of new leads, planned for tomorrow, or not planned yet. */
export async function newLeads(broker: Broker, count: number, isPlanned: boolean): Promise<string[]> {
  const log = new EventLog<LeadState>(broker, leadFold, { source: 'bench', now: () => Temporal.Now.instant() });
  const tomorrow = Temporal.Now.instant().add({ hours: 24 }).toString();
  const leadIds = Array.from({ length: count }, () => randomUUID());
  const rest = leadIds.values();
  const worker = async () => {
    for (const leadId of rest) {
      const at = { leadId, state: initial, version: 0, lastSeq: 0 };
      const { after } = await log.decide(leadId, leadId, () => triaged(leadId), at);
      if (isPlanned) await log.decide(leadId, `enrolled-${leadId}`, () => enrolled(leadId, tomorrow), after);
    }
  };
  await Promise.all(Array.from({ length: APPENDED_AT_ONCE }, worker));
  return leadIds;
}

const route = { sequence: 'one-mail', tag: 'source:bench', rank: 10 };
const triaged = (leadId: string): Draft => {
  const email = `${leadId}@example.com`;
  return {
    type: 'lead.triaged',
    data: {
      contact: { email, address: email, firstName: 'Jane' },
      changes: [],
      tags: [route.tag],
      route,
      zone: { id: 'Europe/Berlin', source: 'explicit', confidence: 'high', evidence: 'given by the form' },
      intake: { seq: 1, key: `web/${leadId}` },
      dossier: { source: 'whitepaper' },
    },
  };
};
const enrolled = (runId: string, at: string): Draft => ({
  type: 'lead.enrolled',
  data: {
    runId,
    sequence: route.sequence,
    version: 1,
    planned: {
      index: 0,
      id: 'first',
      action: 'first-mail',
      channel: 'email',
      audience: 'lead',
      at,
      delayMs: 240_000,
      latenessMaxMs: 4 * 3_600_000,
    },
  },
});
