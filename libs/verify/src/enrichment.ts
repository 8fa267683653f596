import type { Recorded } from '@leadstream/contracts/events';
import type { Finding } from './finding.ts';

const HOUR_MS = 3_600_000;

type Answer = Pick<Recorded<'lead.enriched'>['data'], 'outcome' | 'attempt' | 'retryAt'>;

/**
 * Attempts of enrichers out of order, after an answer or an erasure, or promised for later than an hour after the last
 * submission; and a promised one that is long overdue at `now`: sequence A is over within an hour. The attempt after
 * one of a restored log, which ends at `restoredSeq`, may be lost with its events, and its delivery is acknowledged.
 */
export function enrichmentFaults(
  events: readonly Recorded[],
  now: Temporal.Instant,
  overdueMs: number,
  restoredSeq = 0,
): Finding[] {
  const last = new Map<string, Answer & { seq: number; isRestored: boolean }>();
  const findings: Finding[] = [];
  let submittedMs = -Infinity;
  let isErased = false;
  for (const { type, data, at, seq, leadId } of events) {
    const found = (says: string) =>
      findings.push({ rule: 'enrichment', leadId, seqs: [seq], says: `event ${seq} ${says}` });
    if (type === 'lead.triaged' || type === 'lead.resubmitted') submittedMs = Math.max(submittedMs, Date.parse(at));
    if (type === 'lead.erased') isErased = true;
    if (type === 'lead.recovered')
      for (const [enricher, answer] of Object.entries(data.enrichment ?? {}))
        if (!last.has(enricher)) last.set(enricher, { ...answer, seq, isRestored: true });
    if (type !== 'lead.enriched') continue;
    const wrong = isErased ? 'is of a lead that was erased' : faultOf(last.get(data.enricher), data, submittedMs);
    if (wrong) found(wrong);
    last.set(data.enricher, { ...data, seq, isRestored: seq <= restoredSeq });
  }
  const leadId = events[0]?.leadId ?? '';
  const overdue = [...last].filter(
    ([, { retryAt, isRestored }]) =>
      !isErased && !isRestored && retryAt && now.epochMilliseconds - Date.parse(retryAt) > overdueMs,
  );
  return [
    ...findings,
    ...overdue.map(([enricher, { seq, retryAt }]): Finding => {
      const says = `the enricher ${enricher} was to be asked again at ${retryAt}, as event ${seq} says, and was not`;
      return { rule: 'stuck', leadId, seqs: [seq], says };
    }),
  ];
}

function faultOf(
  before: Answer | undefined,
  { attempt, outcome, retryAt }: Answer,
  submittedMs: number,
): string | undefined {
  if (before && before.outcome !== 'unavailable') return `asks an enricher again that has answered ${before.outcome}`;
  const wanted = before?.retryAt ? before.attempt + 1 : 1;
  if (attempt !== wanted) return `is attempt ${attempt} of an enricher, and ${wanted} was its next`;
  if (retryAt && outcome !== 'unavailable') return `asks again after ${outcome}`;
  return retryAt && Date.parse(retryAt) > submittedMs + HOUR_MS
    ? 'asks again later than an hour after the submission'
    : undefined;
}
