import { createHash } from 'node:crypto';
import type { Feedback } from '@leadstream/lead/feedback';
import { leadId } from '@leadstream/lead/identity';
import type { Arrival, Mail } from '../mail/mail.ts';
import { proofOf, type Secrets } from '../matching.ts';
import { readReport } from './dsn.ts';
import type { Failure } from './status.ts';

/** The classification of facts from a delivery status notification. */
export const DSN = 'dsn';

/**
 * A failed delivery. `isLeads`: the lead's own address failed. Otherwise another recipient's of this lead's run did:
 * the
 * rep's, or the address that the mail was forwarded to.
 */
export interface ReportFact {
  leadId: string;
  isLeads: boolean;
  feedback: Feedback;
}

/**
 * The facts about leads in a delivery status notification. Any sender can write one, so it counts for a lead only if it
 * bears a token of that lead, which proves possession of our mail, and names the lead's own address as the failed one.
 *
 * The natural key is of the failed mail and the kind of failure, not of the report: two servers may report it, or one
 * server to two addresses of ours. The provider's own event of the same bounce has another key; a second stop changes
 * nothing.
 */
export function factsOfReport(mail: Mail, { LEAD_ID_SECRET, TOKEN_SECRET }: Secrets, arrival: Arrival): ReportFact[] {
  const { failures, returned } = readReport(mail);
  const { leadIds, sent } = proofOf(mail, returned, TOKEN_SECRET);
  const messageId = returned.get('message-id')?.[0] ?? mail.headers.get('message-id')?.[0];
  return failures.flatMap((failure) => {
    const failed = leadId(LEAD_ID_SECRET, failure.address);
    const isLeads = leadIds.has(failed);
    const sendId = !isLeads || sent?.leadId === failed ? sent?.sendId : undefined;
    if (!isLeads && (!sent || !sendId)) return [];
    const key = [failure.kind, sendId ?? messageId ?? mail.key];
    const feedback = { ...feedbackOf(failure, key, arrival, sendId), recipient: failed };
    return [{ leadId: isLeads || !sent ? failed : sent.leadId, isLeads, feedback }];
  });
}

const feedbackOf = (
  { kind, status, reason }: Failure,
  key: readonly string[],
  { provider, at }: Arrival,
  sendId: string | undefined,
): Feedback => ({
  kind,
  key: `dsn/${createHash('sha256').update(JSON.stringify(key)).digest('hex')}`,
  provider,
  at,
  ...(sendId ? { sendId } : {}),
  ...(status ? { status } : {}),
  ...(reason ? { reason } : {}),
  classification: DSN,
});
