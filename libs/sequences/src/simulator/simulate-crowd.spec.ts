import { beforeEach, describe, expect, it } from '@jest/globals';
import { leadCreated } from '@leadstream/contracts/lead-created';
import { clean } from '@leadstream/lead/hygiene';
import { statusOf, type LeadState } from '@leadstream/lead/state';
import { BUSINESS_HOURS } from '@leadstream/lead/weeks';
import { readFolder } from '@leadstream/service/sequence-store';
import { parseFolder } from '../folder.ts';
import type { Routes } from '../definition.ts';
import { routed } from '../submission.ts';
import type { Mail } from './mail.ts';
import { simulateCrowd, type Arrival, type CrowdSetting } from './simulate-crowd.ts';
import { simulateLead } from './simulate-lead.ts';

const { sequences, routes } = parseFolder(await readFolder('sequences'));
const MONDAY_MS = Date.parse('2026-12-07T09:00:00Z');
const DAY_MS = 86_400_000;
const setting: CrowdSetting = {
  untilMs: MONDAY_MS + 14 * DAY_MS,
  planning: {
    delayScale: 1,
    hours: BUSINESS_HOURS,
    sequence: (id) => sequences.find((one) => one.id === id),
    isActive: (id) => sequences.some((one) => one.id === id),
  },
  reenrolAfterMs: 7 * DAY_MS,
  mails: { fromName: 'Sam', names: 'always', bookingUrl: 'https://example.com/book' },
};

function arrival(n: number, atMs: number, source = 'whitepaper', timeZone = 'Europe/Berlin'): Arrival {
  const lead = clean(leadCreated.parse({ email: `ada${n}@example.com`, timeZone, leadData: { source } }), {
    defaultRegion: 'US',
  });
  if ('refused' in lead) throw new Error(lead.refused.reason);
  const at = Temporal.Instant.fromEpochMilliseconds(atMs);
  const submission = {
    ...routed(lead, { routes: routes as Routes, sequences, defaultTimeZone: 'UTC', at }),
    intake: { seq: 1, key: `form/${n}/${atMs}`, source: 'form' },
    trusted: true,
  };
  return { leadId: `lead-${n}`, atMs, submission, again: false };
}

let mails: Map<string, Mail[]>;
let states: Map<string, LeadState>;
let inMemory: number[];
beforeEach(() => {
  mails = new Map();
  states = new Map();
  inMemory = [];
});
const simulated = (arrivals: Arrival[], changed: Partial<CrowdSetting> = {}) =>
  simulateCrowd(
    arrivals,
    { ...setting, ...changed },
    {
      mailed: (mail, leadId) => void mails.set(leadId, [...(mails.get(leadId) ?? []), mail]),
      ended: (leadId, state) => void states.set(leadId, state),
      arrived: (_, leads) => void inMemory.push(leads),
    },
  );

describe('a simulated crowd', () => {
  it('mails each lead as if it were alone, while the quota has calls left', async () => {
    const zones = ['Europe/Berlin', 'America/New_York', 'Asia/Tokyo'];
    const arrivals = Array.from({ length: 60 }, (_, n) =>
      arrival(n, MONDAY_MS + n * 3_600_000, n % 3 === 0 ? 'demo_request' : 'whitepaper', zones[n % 2] as string),
    );
    await simulated(arrivals, { quota: { perDay: 10_000, perHour: 1_000 } });
    for (const { leadId, atMs, submission } of arrivals) {
      const alone = simulateLead(leadId, [{ atMs, submission }], setting.untilMs, setting);
      expect(mails.get(leadId)).toEqual(alone.mails);
      expect(states.get(leadId)).toEqual(alone.state);
    }
  });

  it('draws another wait for each lead, and the same in each simulation', async () => {
    const arrivals = [1, 2, 3].map((n) => arrival(n, MONDAY_MS));
    await simulated(arrivals);
    const times = [...mails.values()].map(([first]) => first?.at);
    expect(new Set(times).size).toBe(3);
    mails = new Map();
    await simulated(arrivals);
    expect([...mails.values()].map(([first]) => first?.at)).toEqual(times);
  });

  it('sends no more than the quota a day, in business hours, each lead in its turn', async () => {
    await simulated(
      Array.from({ length: 7 }, (_, n) => arrival(n, MONDAY_MS + n)),
      { quota: { perDay: 2 } },
    );
    const firsts = [...mails.values()].flatMap(([first]) => first ?? []);
    expect(firsts).toHaveLength(7);
    const all = [...mails.values()].flat();
    const days = Map.groupBy(all, ({ at }) => at.slice(0, 10));
    expect(Math.max(...[...days.values()].map((day) => day.length))).toBe(2);
    const hours = all.map(({ at }) => Temporal.Instant.from(at).toZonedDateTimeISO('Europe/Berlin').hour);
    expect(hours.every((hour) => hour >= 9 && hour <= 17)).toBe(true);
    expect(all.filter(({ waitedMs }) => waitedMs === 0).length).toBeGreaterThanOrEqual(2);
    expect(Math.max(...firsts.map(({ waitedMs }) => waitedMs))).toBeGreaterThan(2 * DAY_MS);
  });

  it('stops a lead that answers while its mail waits for the quota', async () => {
    await simulated(
      Array.from({ length: 3 }, (_, n) => arrival(n, MONDAY_MS + n)),
      {
        quota: { perDay: 3 },
        react: ({ step }) =>
          step === 'first'
            ? [{ afterMs: 3 * DAY_MS, act: { fact: { kind: 'replied', class: 'human', matchedBy: 'token' } } }]
            : [],
      },
    );
    expect([...states.values()].map(statusOf)).toEqual(['responded', 'responded', 'responded']);
  });

  it('parks a lead whose mail cannot be written, and mails the others', async () => {
    const broken = sequences.map((one) => (one.id === 'sales-demo' ? { ...one, templates: {} } : one));
    const planning = { ...setting.planning, sequence: (id: string) => broken.find((one) => one.id === id) };
    await simulated([arrival(1, MONDAY_MS, 'demo_request'), arrival(2, MONDAY_MS)], { planning });
    expect(states.get('lead-1')?.phase).toMatchObject({ kind: 'parked', why: 'unrenderable' });
    expect(mails.get('lead-2')).toHaveLength(2);
  });

  it('keeps in memory only the leads to which something can still happen', async () => {
    const arrivals = Array.from({ length: 120 }, (_, n) => arrival(n, MONDAY_MS + n * 7_200_000));
    await simulated(arrivals);
    expect(states.size).toBe(120);
    // 12 leads a day; a run takes four days at most.
    expect(Math.max(...inMemory)).toBeLessThan(70);
  });
});
