import { describe, expect, it } from '@jest/globals';
import { triaged } from '@leadstream/testing/builders';
import { given, MONDAY, type Past } from '@leadstream/testing/given';
import { decideEnriched, dueAttempt, foundByDomain, type Found } from './enrich.ts';

const AWAY: Found = { outcome: 'unavailable', why: 'timeout' };
const COMPANY: Found = { outcome: 'enriched', facts: { company: 'Acme' } };
const after = (minutes: number): Temporal.Instant => Temporal.Instant.from(MONDAY).add({ seconds: minutes * 60 });
const at = (minutes: number): string => after(minutes).toString();
const decide = (past: Past[], attempt: number, minutes: number, found: Found = AWAY) =>
  decideEnriched(given(...past).state, { enricher: 'http', attempt, asked: MONDAY, found, now: after(minutes) });
const due = (past: Past[], minutes: number, asked = MONDAY) =>
  dueAttempt(given(...past).state, 'http', asked, after(minutes));
const away = (attempt: number, retryMinutes?: number): Past => ({
  type: 'lead.enriched',
  data: {
    enricher: 'http',
    outcome: 'unavailable',
    attempt,
    why: 'timeout',
    ...(retryMinutes === undefined ? {} : { retryAt: at(retryMinutes) }),
  },
});
const answered: Past = { type: 'lead.enriched', data: { enricher: 'http', attempt: 1, ...COMPANY } };

describe('an enricher that is unavailable', () => {
  it('is asked again after 1, 3, 7, 15 and 31 minutes, and then given up', () => {
    const past: Past[] = [triaged()];
    const minutes = [0, 1, 3, 7, 15, 31];
    for (const [index, minute] of minutes.entries()) {
      const attempt = index + 1;
      expect(due(past, minute)).toEqual({ kind: 'now', attempt });
      const decision = decide(past, attempt, minute);
      const next = minutes[index + 1];
      expect(decision).toEqual({
        type: 'lead.enriched',
        data: {
          enricher: 'http',
          attempt,
          ...AWAY,
          ...(next === undefined ? {} : { retryAt: at(next) }),
        },
      });
      past.push(decision as Past);
      if (next !== undefined) expect(due(past, next - 0.5)).toEqual({ kind: 'later', ms: 30_000 });
    }
    expect(due(past, 59)).toBeUndefined();
  });

  it('is given up without a call when nothing asked it within the hour', () => {
    expect(due([triaged(), away(1, 1)], 61)).toEqual({ kind: 'late', attempt: 2 });
    expect(decide([triaged(), away(1, 1)], 2, 61, { outcome: 'unavailable', why: 'too-late' })).toEqual({
      type: 'lead.enriched',
      data: { enricher: 'http', attempt: 2, outcome: 'unavailable', why: 'too-late' },
    });
    expect(due([triaged()], 61)).toBeUndefined();
  });

  it('is not given up by a late delivery of an earlier submission', () =>
    expect(due([triaged(), away(1, 1)], 0.5, at(-120))).toBeUndefined());

  it('is asked anew by a later submission', () => {
    const past = [triaged(), away(1)];
    expect(due(past, 5, MONDAY)).toBeUndefined();
    expect(due(past, 5, at(2 * 24 * 60))).toEqual({ kind: 'now', attempt: 1 });
  });

  it('keeps the facts of its earlier answer', () => {
    const later = given(triaged(), answered, away(1)).state.enrichment.http;
    expect(later).toMatchObject({ outcome: 'unavailable', facts: { company: 'Acme' } });
  });
});

describe('an answer', () => {
  it('is recorded once, whoever made the attempt', () => {
    expect(decide([triaged()], 1, 0, COMPANY)).toEqual({
      type: 'lead.enriched',
      data: { enricher: 'http', attempt: 1, ...COMPANY },
    });
    expect(decide([triaged(), answered], 1, 0, COMPANY)).toEqual({ nothing: 'known-already' });
    expect(decide([triaged(), away(1, 1)], 1, 0, COMPANY)).toEqual({ nothing: 'known-already' });
    expect(due([triaged(), answered], 0)).toBeUndefined();
  });

  it('is dropped when the lead is erased meanwhile', () => {
    const erased: Past = { type: 'lead.erased', data: { by: 'olga' } };
    expect(due([triaged(), erased], 0)).toBeUndefined();
    expect(decide([triaged(), erased], 1, 0, COMPANY)).toEqual({ nothing: 'erased' });
    expect(given(triaged(), answered, erased).state.enrichment).toEqual({});
    expect(given(triaged(), erased, answered).state.enrichment).toEqual({});
  });

  it('stands beside what the person said', () => {
    const dossier = { source: 'fair', fields: { company: 'Jane’s own' } };
    const { state } = given(triaged({ dossier }), answered);
    expect(state.dossier).toEqual(dossier);
    expect(state.enrichment.http?.facts).toEqual({ company: 'Acme' });
  });
});

describe('the domain’s enricher', () => {
  it('finds the company, or nothing', () => {
    const { state } = given(triaged());
    const of = (address: string) =>
      foundByDomain({ ...state, contact: { ...(state.contact ?? { email: '' }), address } });
    expect(of('jane@acme.com')).toEqual({
      outcome: 'enriched',
      facts: { companyDomain: 'acme.com', company: 'Acme' },
    });
    expect(of('jane@gmail.com')).toEqual({ outcome: 'nothing' });
  });
});
