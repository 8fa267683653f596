import { expect, it } from '@jest/globals';
import type { Recorded } from '@leadstream/contracts/events';
import {
  claimed,
  clicked,
  deferred,
  delivered,
  enrolled,
  replied,
  sent,
  stepDue,
  triaged,
  unsubscribed,
} from '@leadstream/testing/builders';
import { recorded, type Past } from '@leadstream/testing/given';
import { Results } from './results.ts';

const mails: Past[] = [triaged(), enrolled(), stepDue(), claimed('a', { action: 'short' }), sent('a')];
const none = { delivered: 0, clicked: 0, replied: 0, unsubscribed: 0 };
/** The events of several leads, one after the other. */
const resultsOf = (leads: Past[][], id = 'content-nurture') => {
  const results = new Results(id);
  leads.forEach((past, index) =>
    recorded(past).forEach((event) => {
      const text = JSON.stringify({ ...event, leadId: `lead-${index}` });
      results.add(JSON.parse(text.replaceAll('run-1', `run-${index}`).replaceAll('"a"', `"${index}"`)) as Recorded);
    }),
  );
  return results.rows;
};
const short = { version: 1, step: 'first', variant: 'short' };

it('counts each mail of a variant once in each column', () => {
  const all = [...mails, delivered('a'), delivered('a', 'again'), clicked('a'), clicked('a'), replied()];
  expect(resultsOf([all, mails])).toEqual([
    { ...short, sent: 2, delivered: 1, clicked: 1, replied: 1, unsubscribed: 0 },
  ]);
});

it('keeps variants apart, and counts no mail of another sequence', () => {
  const long: Past[] = [triaged(), enrolled(), stepDue(), claimed('a', { action: 'long' }), sent('a'), unsubscribed];
  expect(resultsOf([mails, long])).toEqual([
    { ...short, ...none, sent: 1 },
    { ...short, ...none, variant: 'long', sent: 1, unsubscribed: 1 },
  ]);
  expect(resultsOf([mails], 'sales-demo')).toEqual([]);
});

it('counts a mail that was tried twice once, and one that only the provider’s event proves', () => {
  const twice = [
    ...mails.slice(0, 4),
    deferred('a'),
    stepDue(),
    claimed('b', { action: 'short', attempt: 2 }),
    sent('b', 2),
  ];
  expect(resultsOf([twice])).toEqual([{ ...short, ...none, sent: 1 }]);
  expect(resultsOf([[...mails.slice(0, 4), delivered('a')]])).toEqual([{ ...short, ...none, sent: 1, delivered: 1 }]);
});

it('counts an answer that names no mail for the lead’s latest one, and no unproven or automatic answer', () => {
  const other = { runId: 'run-9', sequence: 'sales-demo' };
  const later: Past[] = [
    { type: 'lead.enrolled', data: { ...enrolled({}, 'run-9').data, ...other } } as Past,
    claimed('z', { runId: 'run-9' }),
    { ...sent('z'), data: { ...sent('z').data, runId: 'run-9' } } as Past,
    replied(),
  ];
  expect(resultsOf([[...mails, ...later]])).toEqual([{ ...short, ...none, sent: 1 }]);
  const quiet = [replied('auto'), replied('human', { authenticated: false })];
  expect(resultsOf([[...mails, ...quiet]])).toEqual([{ ...short, ...none, sent: 1 }]);
  expect(resultsOf([[...mails, replied('unsubscribe')]])).toEqual([{ ...short, ...none, sent: 1, unsubscribed: 1 }]);
});
