import { createHash } from 'node:crypto';
import type { InboundMail } from '@leadstream/contracts/feedback';
import type { Feedback } from '@leadstream/lead/feedback';
import { leadId } from '@leadstream/lead/identity';
import { headersOf, messageKey } from '../mail/addresses.ts';
import type { Config } from '../config.ts';
import { readReport } from './dsn.ts';
import type { Failure } from './status.ts';
import { proofOf } from '../matching.ts';

/** The classification of facts that a delivery status notification told. */
export const DSN = 'dsn';

/** `isLeads`: it is the lead's address that failed. Else it is another's, to whom a mail of this lead's run went: the rep, or whoever it was sent on to. */
export interface ReportFact { leadId: string; isLeads: boolean; feedback: Feedback }

/**
 * What a delivery status notification tells of leads. Anybody can write one, so its word counts for a lead only when it
 * bears a token of that lead's, as whoever has our mail can show, and names the lead's own address as the one that failed.
 *
 * The natural key is of what failed and how, not of the report: two servers may tell it, one server at two addresses of
 * ours. The provider's own event of the same bounce has another key; told twice, a stop is one stop.
 */
export function factsOfReport(mail: InboundMail, { LEAD_ID_SECRET, TOKEN_SECRET }: Pick<Config, 'LEAD_ID_SECRET' | 'TOKEN_SECRET'>, at: string): ReportFact[] {
  const { failures, returned } = readReport(mail);
  const { leadIds, sent } = proofOf(mail, returned, TOKEN_SECRET);
  const messageId = returned.get('message-id')?.[0] ?? headersOf(mail).get('message-id')?.[0];
  return failures.flatMap((failure) => {
    const failed = leadId(LEAD_ID_SECRET, failure.address);
    const isLeads = leadIds.has(failed);
    const sendId = !isLeads || sent?.leadId === failed ? sent?.sendId : undefined;
    if (!isLeads && (!sent || !sendId)) return [];
    const key = [failure.kind, sendId ?? messageId ?? messageKey(mail)];
    return [{ leadId: isLeads || !sent ? failed : sent.leadId, isLeads, feedback: feedbackOf(failure, key, at, sendId) }];
  });
}

const feedbackOf = ({ kind, status, reason }: Failure, key: readonly string[], at: string, sendId: string | undefined): Feedback => ({
  kind, key: `dsn/${createHash('sha256').update(JSON.stringify(key)).digest('hex')}`, provider: 'sendgrid', at,
  ...(sendId ? { sendId } : {}), ...(status ? { status } : {}), ...(reason ? { reason } : {}), classification: DSN,
});
