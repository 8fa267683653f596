import { describe, expect, it } from '@jest/globals';
import type { Data, Draft } from '@leadstream/contracts/events';
import {
  claimed,
  completed,
  demo,
  enrolled,
  limits,
  nurture,
  paused,
  replied,
  returning,
  sent,
  skipped,
  stepDue,
  submission,
  triaged,
  unknown,
  unsubscribed,
  restarted,
  resubmitted,
} from '@leadstream/testing/builders';
import { given, MONDAY, type Past } from '@leadstream/testing/given';
import { decideClaim } from './claim.ts';
import type { LeadState } from './state.ts';
import { decideTriage, type Submission } from './triage.ts';

const { tags: _, ...whitepaper } = submission();
const contactForm = { ...demo, tag: 'source:contact_form' };
const came =
  (over: Partial<Submission> = {}, after?: string) =>
  (state: LeadState) =>
    decideTriage(
      state,
      { ...whitepaper, returning, intake: { seq: 2, key: 'web/2' }, trusted: false, ...over },
      limits(after),
    );
const made = (over: Partial<Data<'lead.triaged'>> = {}): Past => triaged({ trusted: false, ...over });
const again = (route: Data<'lead.resubmitted'>['route'], over: Partial<Data<'lead.resubmitted'>> = {}): Draft =>
  resubmitted(route, { trusted: false, ...over });
const over = [made(), enrolled(), completed];

describe('a stranger’s submission', () => {
  it('starts no second run of a sequence soon after the first has ended', () => {
    given(...over)
      .when(came())
      .thenEvent('lead.resubmitted', {
        route: null,
        trusted: false,
        reason: expect.stringContaining('content-nurture ran until'),
      });
    given(...over)
      .when(came({}, 'P6D'))
      .thenEvent('lead.resubmitted', { route: null });
  });

  it('starts one again when the time is over', () => {
    given(...over)
      .when(came({}, 'P8D'))
      .thenEvent('lead.resubmitted', { route: nurture });
  });

  it('is counted by the end of the run, and by its start where that is all there is', () => {
    const late: Past = { ...completed, at: '2026-11-29T09:00:00Z' };
    given(made(), enrolled(), late).when(came({}, 'P8D')).thenEvent('lead.resubmitted', { route: null });
    expect(given(made()).state.runs).toEqual({ 'content-nurture': { at: MONDAY, tag: nurture.tag } });
  });

  it('that ranks higher starts a run of its own, also while another one is under way', () => {
    given(...over)
      .when(came({ route: demo }))
      .thenEvent('lead.resubmitted', { route: demo });
    given(made(), enrolled())
      .when(came({ route: demo }))
      .thenEvent('lead.resubmitted', { route: demo });
  });

  it('that ranks higher is not held back while the rep is notified of another one', () => {
    const telling = given(...over, again({ ...returning, rank: 10 })).when(
      came({ route: demo, intake: { seq: 5, key: 'web/5' } }),
    );
    telling.thenEvent('lead.resubmitted', { route: demo });
  });

  it('notifies the rep once for each kind', () => {
    given(...over)
      .when(came({ route: { ...nurture, tag: 'source:webinar' } }))
      .thenEvent('lead.resubmitted', { route: { ...returning, rank: 5 } });
    const told = [
      ...over,
      again(returning, { tags: ['source:webinar'] }),
      {
        type: 'lead.sequence-completed',
        data: { runId: 'event-4', sequence: returning.sequence, why: 'finished' },
      } as Draft,
    ];
    given(...told)
      .when(came({ route: { ...nurture, tag: 'source:webinar' } }))
      .thenEvent('lead.resubmitted', { route: null });
    given(...told)
      .when(came())
      .thenEvent('lead.resubmitted', { route: null });
  });

  it('with changed details notifies the rep on another day, and no sooner', () => {
    const dossier = { source: 'contact_form', fields: { message: 'One more question' } };
    const demoOver: Past[] = [
      made({ route: contactForm, tags: [contactForm.tag] }),
      { ...enrolled(), data: { ...enrolled().data, sequence: 'sales-demo' } as never },
      completed,
    ];
    given(...demoOver)
      .when(came({ route: contactForm, dossier }, 'PT5H'))
      .thenEvent('lead.resubmitted', { route: null });
    given(...demoOver)
      .when(came({ route: contactForm, dossier }, 'PT25H'))
      .thenEvent('lead.resubmitted', { route: returning });
    given(...demoOver)
      .when(came({ route: contactForm }, 'PT25H'))
      .thenEvent('lead.resubmitted', { route: null });
  });

  it.each([
    ['has answered', replied('human', { tellRep: false })],
    ['has unsubscribed', unsubscribed],
  ])('of a lead that %s is told to the rep once', (_case, stop) => {
    given(...over, stop)
      .when(came())
      .thenEvent('lead.resubmitted', { route: returning });
    const told: Past[] = [
      ...over,
      stop,
      { ...again(returning), id: 'telling' },
      { type: 'lead.sequence-completed', data: { runId: 'telling', sequence: returning.sequence, why: 'finished' } },
    ];
    given(...told)
      .when(came())
      .thenEvent('lead.resubmitted', { route: null });
    given(...told)
      .when(came({}, 'P8D'))
      .thenEvent('lead.resubmitted', { route: returning });
    given(...told)
      .when(came({ trusted: true }))
      .thenEvent('lead.resubmitted', { route: returning });
  });

  it('is held back after a run that an operator or a trusted caller asked for, too', () => {
    given(triaged(), enrolled(), completed).when(came()).thenEvent('lead.resubmitted', { route: null });
    given(made(), restarted(demo))
      .when(came({ route: demo }))
      .thenEvent('lead.resubmitted', { route: null });
  });

  it('of a trusted caller starts a run as soon as none is under way', () => {
    given(...over)
      .when(came({ trusted: true }))
      .thenEvent('lead.resubmitted', { route: nurture, trusted: true });
  });

  it('leaves a lead with the latest fifty sequences only', () => {
    const runs = Array.from({ length: 60 }, (_each, index) =>
      restarted({ ...nurture, sequence: `s-${index}` }, `run-${index}`),
    );
    expect(Object.keys(given(made(), ...runs).state.runs)).toHaveLength(50);
  });
});

describe('the data of a stranger’s submission for a known lead', () => {
  const away = replied('out-of-office', { until: '2026-12-01T00:00:00Z' });
  const foreign = submission({
    contact: {
      email: 'JANE.DOE@example.com',
      address: 'jane.doe@example.com',
      firstName: 'Mallory',
      lastName: 'Evil',
      phone: '+15550000000',
    },
    zone: { id: 'Pacific/Kiritimati', source: 'explicit', confidence: 'high', evidence: 'given by the form' },
  });
  const known = {
    email: 'Jane.Doe@example.com',
    address: 'jane.doe@example.com',
    firstName: 'Jane',
    phone: '+49301234567',
  };
  const past = [triaged({ contact: known }), enrolled(), away];

  it('fills gaps, and overwrites nothing', () => {
    const { state } = given(...past, again(null, foreign));
    expect(state).toMatchObject({
      contact: { ...known, lastName: 'Evil' },
      zone: { id: 'Europe/Berlin' },
      awayUntil: '2026-12-01T00:00:00Z',
      fromStrangers: ['lastName'],
    });
  });

  it('gives a zone to a lead without one', () => {
    const zone = { id: 'UTC', source: 'default', confidence: 'low', evidence: 'none' } as const;
    expect(given(triaged({ zone }), again(null, foreign)).state.zone?.id).toBe('Pacific/Kiritimati');
    expect(given(triaged(), again(null, { zone })).state.zone?.id).toBe('Europe/Berlin');
  });

  it('replaces known values when a trusted caller sends it, or in a log older than callers', () => {
    for (const trusted of [true, undefined]) {
      const { state } = given(...past, again(null, { ...foreign, trusted }));
      expect(state).toMatchObject({
        contact: { firstName: 'Mallory', lastName: 'Evil', phone: '+15550000000' },
        zone: { id: 'Pacific/Kiritimati' },
        awayUntil: null,
        fromStrangers: [],
      });
    }
  });

  it('is proven once a trusted caller sends it as well', () => {
    expect(given(made(), again(null, { trusted: true })).state.fromStrangers).toEqual(['dossier']);
    expect(given(made(), again(demo, { trusted: true })).state.fromStrangers).toEqual([]);
  });

  it('lifts neither a pause nor a stop', () => {
    expect(given(...past, paused, unsubscribed, again(null, foreign)).state).toMatchObject({
      paused: { by: 'olga' },
      stop: { why: 'unsubscribed' },
    });
  });
});

describe('the mails of one day', () => {
  const now = Temporal.Instant.from('2026-11-23T15:00:00Z');
  const claimant = { now, sendId: 'send-9', deadlineMs: 90_000 };
  /** `mails` runs of the lead requested by strangers, one an hour from 10:00 UTC on. */
  const had = (mails: number, outcome: (sendId: string) => Draft = sent): Past[] =>
    Array.from({ length: mails }, (_each, index): Past[] => {
      const of = (draft: Draft): Past => ({ ...draft, data: { ...draft.data, runId: `old-${index}` } }) as Past;
      return [
        { ...again(nurture), id: `old-${index}` },
        of(enrolled()),
        of(stepDue()),
        { ...of(claimed(`old-${index}`)), at: `2026-11-23T1${index}:00:00Z` },
        of(outcome(`old-${index}`)),
      ];
    }).flat();
  const due = (trusted: boolean, ...past: Past[]) =>
    given(made(), ...past, { ...again(demo, { trusted }), id: 'run-1' }, enrolled({ at: now.toString() }), stepDue());
  const claim = (state: LeadState) => decideClaim(state, claimant, { runId: 'run-1', step: 0 });

  it('are three per lead in strangers’ runs; the next one waits until a day after the first', () => {
    due(false, ...had(2))
      .when(claim)
      .thenEvent('lead.send-started');
    due(false, ...had(3))
      .when(claim)
      .thenEvent('lead.send-skipped', { guard: 'window', until: '2026-11-24T10:00:00Z' });
    due(false, ...had(4))
      .when(claim)
      .thenEvent('lead.send-skipped', { until: '2026-11-24T11:00:00Z' });
    due(false, ...had(3, unknown))
      .when(claim)
      .thenEvent('lead.send-skipped', { guard: 'window' });
  });

  it('are not limited in a trusted caller’s runs', () => {
    due(true, ...had(3))
      .when(claim)
      .thenEvent('lead.send-started');
  });

  it('do not count a mail that was certainly not sent', () => {
    due(false, ...had(4, (sendId) => skipped('stalled', sendId)))
      .when(claim)
      .thenEvent('lead.send-started');
  });

  it('are used up by mails to other addresses of the mailbox', () => {
    const until = Temporal.Instant.from('2026-11-24T08:00:00Z');
    due(false)
      .when((state) => decideClaim(state, { ...claimant, mailboxUntil: until }, { runId: 'run-1', step: 0 }))
      .thenEvent('lead.send-skipped', { guard: 'window', until: until.toString() });
  });
});
