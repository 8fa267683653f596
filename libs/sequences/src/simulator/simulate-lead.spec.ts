import { leadCreated } from '@leadstream/contracts/lead-created';
import { clean } from '@leadstream/lead/hygiene';
import { describe, expect, it } from '@jest/globals';
import { evolve } from '@leadstream/lead/evolve';
import { initial } from '@leadstream/lead/state';
import { BUSINESS_HOURS } from '@leadstream/lead/weeks';
import { readFolder } from '@leadstream/service/sequence-store';
import type { Routes } from '../definition.ts';
import { parseFolder } from '../folder.ts';
import { routed } from '../submission.ts';
import { simulateLead, type Given } from './simulate-lead.ts';
import type { Setting } from './world.ts';

const { sequences, routes } = parseFolder(await readFolder('sequences'));
const MONDAY_MS = Date.parse('2026-12-07T09:00:00Z');
const DAY_MS = 86_400_000;
const setting: Setting = {
  planning: {
    delayScale: 1,
    hours: BUSINESS_HOURS,
    sequence: (id) => sequences.find((one) => one.id === id),
    isActive: (id) => sequences.some((one) => one.id === id),
  },
  reenrolAfterMs: 7 * DAY_MS,
  draw: () => 0,
  mails: { fromName: 'Sam', names: 'always' },
};

function submitted(source: string, atMs = MONDAY_MS): Given {
  const created = leadCreated.parse({ email: 'ada@example.com', timeZone: 'Europe/Berlin', leadData: { source } });
  const lead = clean(created, { defaultRegion: 'US' });
  if ('refused' in lead) throw new Error(lead.refused.reason);
  const routing = { routes: routes as Routes, sequences, defaultTimeZone: 'UTC', at: at(atMs) };
  return {
    atMs,
    submission: { ...routed(lead, routing), intake: { seq: 1, key: `form/${atMs}`, source: 'form' }, trusted: true },
  };
}
const at = (ms: number) => Temporal.Instant.fromEpochMilliseconds(ms);
const simulated = (given: Given[], days: number, changed: Partial<Setting> = {}) =>
  simulateLead('lead-1', given, MONDAY_MS + days * DAY_MS, { ...setting, ...changed });

describe('a simulated lead', () => {
  it.each([
    [0, '2026-12-07T09:03:00Z'],
    [0.5, '2026-12-07T09:05:00Z'],
  ])('gets its first mail after the wait of the draw %d', (draw, time) => {
    const { mails } = simulated([submitted('whitepaper')], 1, { draw: () => draw });
    expect(mails).toEqual([
      expect.objectContaining({
        at: time,
        timeZone: 'Europe/Berlin',
        sequence: 'content-nurture',
        step: 'first',
        template: 'first-mail',
        audience: 'lead',
        subject: 'About our guide',
      }),
    ]);
  });

  it('has a log whose fold is its state, with each mail sent once', () => {
    const { events, state, mails } = simulated([submitted('whitepaper')], 400);
    expect(events.reduce(evolve, initial)).toEqual(state);
    expect(events.map(({ version }) => version)).toEqual(events.map((_, index) => index + 1));
    expect(mails.map(({ sequence, step }) => `${sequence}/${step}`)).toEqual([
      'content-nurture/first',
      'content-nurture/second',
      're-engagement/check-in',
    ]);
    expect(events.filter(({ type }) => type === 'lead.sent')).toHaveLength(mails.length);
  });

  it('comes to an end where nothing re-engages it', () => {
    const planning = { ...setting.planning, isActive: () => false };
    const { mails, state } = simulated([submitted('whitepaper')], 400, { planning });
    expect(mails).toHaveLength(2);
    expect(state.phase.kind).toBe('completed');
  });

  it('comes to an end where its sequence is not deployed', () => {
    const planning = { ...setting.planning, sequence: () => undefined };
    expect(simulated([submitted('whitepaper')], 400, { planning }).events.map(({ type }) => type)).toEqual([
      'lead.triaged',
    ]);
  });

  it('is mailed in the first whole millisecond after a return with nanoseconds', () => {
    const until = '2026-12-10T10:00:00.000000001Z';
    const { mails } = simulated([submitted('whitepaper')], 30, {
      react: ({ step }) =>
        step === 'first'
          ? [
              {
                afterMs: 60_000,
                act: { fact: { kind: 'replied', class: 'out-of-office', matchedBy: 'token', until } },
              },
            ]
          : [],
    });
    expect(mails.map((mail) => mail.at)).toEqual(['2026-12-07T09:03:00Z', '2026-12-10T10:00:00.001Z']);
  });

  it('moves to the sequence of a later submission, which outranks its own', () => {
    const { mails } = simulated([submitted('whitepaper'), submitted('demo_request', MONDAY_MS + DAY_MS)], 30);
    expect(mails.map(({ sequence, audience }) => `${sequence} ${audience}`)).toEqual([
      'content-nurture lead',
      'sales-demo staff',
      'sales-demo lead',
    ]);
  });

  it('is mailed by the version of the sequence that its run began with', () => {
    const changed = sequences.map((one) => ({ ...one, version: one.version + 1, steps: one.steps.slice(0, 1) }));
    let isChanged = false;
    const planning: Setting['planning'] = {
      ...setting.planning,
      sequence: (id, version) =>
        [...(isChanged ? changed : []), ...sequences].find(
          (one) => one.id === id && (version === undefined || one.version === version),
        ),
    };
    const { mails } = simulated([submitted('whitepaper')], 30, {
      planning,
      react: () => {
        isChanged = true;
        return [];
      },
    });
    expect(mails.map(({ step, version }) => `${step} v${version}`)).toEqual(['first v1', 'second v1']);
  });
});
