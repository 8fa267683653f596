import type { Recorded } from '@leadstream/contracts/events';
import { claimOf, type Claim } from './claims.ts';
import type { Finding } from './finding.ts';

/**
 * Facts reported about an address that the mail did not go to: neither the lead's own nor, for a mail to the rep, the
 * rep's. Facts of older builds have no recipient, so nothing is proven of them.
 */
export const copyFaults = (events: readonly Recorded[], claims: readonly Claim[]): Finding[] =>
  events.flatMap((event): Finding[] => {
    const { leadId, seq, data } = event;
    const recipient = 'recipient' in data ? data.recipient : undefined;
    if (recipient === undefined || recipient === leadId) return [];
    const claim = claimOf(claims, event);
    if (claim?.audience === 'staff') return [];
    const says = `event ${seq} is reported about another address than the lead’s`;
    return [{ rule: 'copy', leadId, seqs: [...(claim ? [claim.seq] : []), seq], says }];
  });
