import type { ClosedLookup } from '../port.ts';

/**
 * A server's refusal that closes an address has said its reason: there is no such mailbox. It is asked nothing more.
 */
export const smtpClosed: ClosedLookup = () =>
  Promise.resolve({ why: 'bounced', at: Temporal.Now.instant().toString({ smallestUnit: 'millisecond' }) });
