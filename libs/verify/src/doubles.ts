import { acceptanceOf, wasRefused, wasUnknown, type Claim } from './claims.ts';
import type { Finding } from './finding.ts';

/**
 * Steps that were accepted more than once. Unavoidable: the provider refused every one but the last first, and showed
 * it as accepted only after the retry.
 */
export function doubles(leadId: string, claims: readonly Claim[]): Finding[] {
  const steps = Map.groupBy(
    claims,
    ({ runId, step, audience }) => `step ${step} of run ${runId} to the ${audience === 'lead' ? 'lead' : 'rep'}`,
  );
  return [...steps].flatMap(([step, attempts]): Finding[] => {
    const accepted = attempts.filter(
      (claim, index) => acceptanceOf(claim) && !isUnknownPost(claim, attempts[index + 1]),
    );
    if (accepted.length < 2) return [];
    const rule = accepted.slice(0, -1).every((claim) => isTakenBack(claim, attempts[attempts.indexOf(claim) + 1]))
      ? 'unavoidable double'
      : 'double';
    const seqs = [...new Set(accepted.flatMap((claim) => [claim.seq, acceptanceOf(claim)?.seq ?? claim.seq]))].sort(
      (a, b) => a - b,
    );
    const says =
      `${step} was accepted ${accepted.length} times: claims ` + `${accepted.map(({ seq }) => seq).join(' and ')}`;
    return [
      {
        rule,
        leadId,
        seqs,
        says:
          rule === 'double'
            ? says
            : `${says}; the provider had refused ${accepted
                .slice(0, -1)
                .map(({ seq }) => seq)
                .join(' and ')}, and took it all the same`,
      },
    ];
  });
}

/** After a chat's post of which nothing is known the rep's mail goes, too, and the answer may come later (ADR 37). */
const isUnknownPost = (claim: Claim, next: Claim | undefined): boolean =>
  claim.channel === 'chat' && next !== undefined && next.channel !== 'chat' && wasUnknown(claim, next.seq);

/** Of a retry that is lost the event that recovers it says what became of both. */
function isTakenBack(claim: Claim, next: Claim | undefined): boolean {
  const acceptedSeq = acceptanceOf(claim)?.seq ?? 0;
  return (
    next !== undefined &&
    wasRefused(claim, next.seq) &&
    (acceptedSeq > next.seq || (next.recovered === true && acceptedSeq === next.seq))
  );
}
