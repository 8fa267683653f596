import type { Data, Decision, Enricher, Facts } from '@leadstream/contracts/events';
import { companyOf } from './company.ts';
import type { Enrichment, LeadState } from './state.ts';

/** Sequence A lasts an hour at most: later than this after its submission, a lead is asked about no more. */
export const ENRICH_MS = 3_600_000;
/** The wait after the first attempt; it doubles with each. */
const RETRY_MS = 60_000;

export type Found =
  | { outcome: 'enriched'; facts: Facts }
  | { outcome: 'nothing' }
  | { outcome: 'unavailable'; why: NonNullable<Data<'lead.enriched'>['why']> };

/** `now`: the attempt to make. `late`: its time has passed, and it is given up. */
export type Due = { kind: 'now' | 'late'; attempt: number } | { kind: 'later'; ms: number };

/**
 * The attempt that an enricher has yet to make for a submission; undefined: none. `asked` is the time of the
 * submission's event.
 */
export function dueAttempt(
  state: LeadState,
  enricher: Enricher,
  asked: string,
  now: Temporal.Instant,
): Due | undefined {
  if (!state.contact || state.stop?.why === 'erased') return undefined;
  const known = state.enrichment[enricher];
  const attempt = nextAttempt(known, asked);
  if (attempt === undefined) return undefined;
  if (isOver(asked, now.epochMilliseconds))
    // An attempt after that hour is a later submission's, which has time left.
    return known?.retryAt && !isOver(asked, Date.parse(known.at)) ? { kind: 'late', attempt } : undefined;
  const ms = attempt > 1 ? Date.parse(known?.retryAt ?? '') - now.epochMilliseconds : 0;
  return ms > 0 ? { kind: 'later', ms } : { kind: 'now', attempt };
}

const isOver = (asked: string, atMs: number): boolean => atMs - Date.parse(asked) > ENRICH_MS;

/** A later submission begins again what was given up. */
function nextAttempt(known: Enrichment | undefined, asked: string): number | undefined {
  if (!known) return 1;
  if (known.outcome !== 'unavailable') return undefined;
  if (known.retryAt) return known.attempt + 1;
  return Date.parse(asked) > Date.parse(known.at) ? 1 : undefined;
}

export interface Attempted {
  enricher: Enricher;
  attempt: number;
  asked: string;
  found: Found;
  now: Temporal.Instant;
}

/** Records an attempt once, whoever else made it; an unavailable enricher is asked again within the hour. */
export function decideEnriched(state: LeadState, { enricher, attempt, asked, found, now }: Attempted): Decision {
  if (!state.contact) return { nothing: 'unknown-lead' };
  if (state.stop?.why === 'erased') return { nothing: 'erased' };
  if (nextAttempt(state.enrichment[enricher], asked) !== attempt) return { nothing: 'known-already' };
  const retryMs = now.epochMilliseconds + RETRY_MS * 2 ** (attempt - 1);
  const isTriedAgain = found.outcome === 'unavailable' && retryMs <= Date.parse(asked) + ENRICH_MS;
  const retryAt = isTriedAgain ? { retryAt: Temporal.Instant.fromEpochMilliseconds(retryMs).toString() } : {};
  return { type: 'lead.enriched', data: { enricher, attempt, ...found, ...retryAt } };
}

/** The enricher that needs no other system. */
export function foundByDomain({ contact }: LeadState): Found {
  const facts = contact ? companyOf(contact.address) : undefined;
  return facts ? { outcome: 'enriched', facts: { ...facts } } : { outcome: 'nothing' };
}
