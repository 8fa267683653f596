import { expect, it } from '@jest/globals';
import { Hour } from './hour.ts';

const NOW = Temporal.Instant.from('2026-11-23T09:00:30Z');
const minutesAgo = (minutes: number) => NOW.subtract({ minutes }).toString();

it('the hour has 60 minutes with the numbers of their events by type', () => {
  const hour = new Hour();
  for (const [minutes, type] of [
    [0, 'lead.sent'],
    [0, 'lead.sent'],
    [0, 'lead.replied'],
    [59, 'lead.triaged'],
    [60, 'lead.triaged'],
  ] as const)
    hour.add({ at: minutesAgo(minutes), type });
  const series = hour.series(NOW);
  expect(series).toHaveLength(60);
  expect(series[0]).toEqual({ at: '2026-11-23T08:01:00.000Z', events: { 'lead.triaged': 1 } });
  expect(series[1]).toEqual({ at: '2026-11-23T08:02:00.000Z', events: {} });
  expect(series[59]).toEqual({ at: '2026-11-23T09:00:00.000Z', events: { 'lead.sent': 2, 'lead.replied': 1 } });
});

it('the hour keeps no more than two, and an event of an old time does not push a new one out', () => {
  const hour = new Hour();
  hour.add({ at: minutesAgo(0), type: 'lead.sent' });
  for (let minutes = 1; minutes <= 1_000; minutes++) hour.add({ at: minutesAgo(minutes), type: 'lead.triaged' });
  expect(hour.series(NOW)[59]?.events).toEqual({ 'lead.sent': 1 });
  hour.clear();
  expect(hour.series(NOW)[59]?.events).toEqual({});
});
