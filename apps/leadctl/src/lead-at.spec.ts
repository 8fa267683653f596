import { expect, it } from '@jest/globals';
import { enrolled, paused, replied, triaged } from '@leadstream/testing/builders';
import { recorded } from '@leadstream/testing/given';
import { instantOf, until } from '@leadstream/lead/at';
import { changesOf, viewOf } from './lead-at.ts';

const at = (time: string) => `2026-11-23T${time}Z`;
const reply = { ...replied('human', { at: at('09:30:00') }), at: at('12:00:00') };
const events = recorded([triaged(), enrolled(), { ...paused, at: at('10:00:00') }, reply]);

it('a lead is as its log was known then, or as it had happened by then', () => {
  expect(viewOf(until(events, at('11:00:00'), 'known'))).toMatchObject({ status: 'paused', known: 'until LEADS 30' });
  expect(viewOf(until(events, at('09:45:00'), 'said'))).toMatchObject({ status: 'responded', paused: 'no' });
  expect(viewOf(until(events, at('08:00:00'), 'known'))).toMatchObject({ status: 'no lead' });
});

it('a difference names what changed', () => {
  const [before, after] = [at('09:30:00'), at('10:30:00')].map((time) => viewOf(until(events, time, 'known')));
  expect(changesOf(before ?? {}, after ?? {}).filter(({ what }) => what === 'status' || what === 'paused')).toEqual([
    { what: 'status', from: 'active', to: 'paused' },
    { what: 'paused', from: 'no', to: 'by olga' },
  ]);
});

it('a time has a zone or an offset', () => {
  expect(instantOf('2026-11-24T09:00[Europe/Berlin]')).toBe('2026-11-24T08:00:00Z');
  expect(() => instantOf('2026-11-24T09:00')).toThrow('is no time with a zone');
});
