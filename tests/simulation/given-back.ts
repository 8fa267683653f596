import { outcomeOf, type Claim } from '@leadstream/verify/claims';
import type { LateClaim } from './broker.ts';
import type { Call } from './esp.ts';

/** Claims that stay unknown although their sender is alive, and has learned after the sweep that it made no call. */
export const notGivenBack = (late: readonly LateClaim[], claims: readonly Claim[], calls: readonly Call[]): string[] =>
  late
    .filter(({ seq, incarnation }) => {
      const claim = claims.find((one) => one.seq === seq);
      // By a fast scheduler's clock the sweep comes early: the sender finds its claim young, and calls.
      const isCalled = calls.some(({ sendId }) => sendId === claim?.sendId);
      return claim && !incarnation.ended && !isCalled && outcomeOf(claim) === 'unknown';
    })
    .map(({ seq, sender }) => `claim ${seq} stays unknown, and ${sender} knows that it made no call`);
