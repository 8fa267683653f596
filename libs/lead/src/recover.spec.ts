import { describe, expect, it } from '@jest/globals';
import { parseData } from '@leadstream/contracts/envelope';
import type { Data, Recorded } from '@leadstream/contracts/events';
import {
  bounced,
  claimed,
  declined,
  deferred,
  delivered,
  enrolled,
  nextPlanned,
  paused,
  plannedStep,
  replied,
  sent,
  stepDue,
  submission,
  triaged,
  unsubscribed,
  erased,
  restarted,
  lostClaim,
  demo,
} from '@leadstream/testing/builders';
import { fold, recorded, type Past } from '@leadstream/testing/given';
import { decideGiveBack } from './claim.ts';
import { evolve } from './evolve.ts';
import { decideRecovered, decideTold } from './recover.ts';
import { initial, statusOf, type LeadState } from './state.ts';

const backup: Past[] = [triaged(), enrolled(), stepDue()];
const place = { version: 9, lastSeq: 900, lastId: 'lost' };

/** The lead after `lost` is recovered into a log that ended after `kept` and was told `since`. */
function recovered(
  kept: Past[],
  lost: Past[],
  since: Past[] = [],
): { state: LeadState; data: Recorded<'lead.recovered'>['data'] } {
  const [restored, now] = [fold(recorded(kept)), fold(recorded([...kept, ...since]))];
  const decision = decideRecovered(now, { state: fold(recorded([...kept, ...lost])), place, restored });
  if (!('type' in decision) || decision.type !== 'lead.recovered') throw new Error('nothing is decided');
  const data = parseData('lead.recovered', decision.data);
  return {
    data,
    state: evolve(now, {
      ...recorded(kept)[0]!,
      type: 'lead.recovered',
      data,
      seq: 5_000,
      at: '2026-11-24T12:00:00Z',
      id: 'recovered',
    }),
  };
}

describe('the recovery from a document of a lost log', () => {
  it('ends the step that was sent, and the run goes on from there', () => {
    const { state } = recovered(backup, [claimed('lost-send'), sent('lost-send')]);
    expect(state).toMatchObject({
      sends: { 'lost-send': { outcome: 'accepted' } },
      phase: { kind: 'settled', step: { index: 0 } },
      run: { id: 'run-1' },
    });
  });
  it('keeps the plan of the next step', () => {
    const { state } = recovered(backup, [
      claimed('lost-send'),
      sent('lost-send'),
      nextPlanned({ index: 1, id: 'second' }),
    ]);
    expect(state.phase).toMatchObject({ kind: 'planned', step: { id: 'second' } });
  });
  it('parks a run whose claim was open: the outcome of its mail is unknown', () => {
    const { state, data } = recovered(backup, [claimed('lost-send')]);
    expect(data.sends).toMatchObject({ 'lost-send': { outcome: 'unknown', channel: 'email' } });
    expect(state.phase).toMatchObject({ kind: 'parked', sendId: 'lost-send', why: 'unknown' });
  });
  it('carries the refusal after which a step was tried again, though the provider had taken the mail', () => {
    const retry = claimed('second', { attempt: 2, previous: { sendId: 'first', class: 'server-error' } });
    const { state } = recovered(backup, [claimed('first'), retry, sent('second', 2), delivered('first')]);
    expect(state.sends).toMatchObject({
      first: { outcome: 'accepted', refused: 'server-error' },
      second: { outcome: 'accepted' },
    });
    expect(recovered(backup, [claimed('first'), deferred('first')]).state.sends['first']).toMatchObject({
      refused: expect.any(String),
    });
  });
  it('makes a claim unknown that came late into the restored log, until its sender gives it back', () => {
    const { state, data } = recovered(backup, [claimed('lost-send'), sent('lost-send')], [claimed('late')]);
    expect(data.sends).toMatchObject({ late: { outcome: 'unknown' }, 'lost-send': { outcome: 'accepted' } });
    expect(state).toMatchObject({ phase: { kind: 'settled' }, sends: { late: { outcome: 'unknown' } } });
    expect(decideGiveBack(state, 'late', Temporal.Instant.from('2026-11-24T12:01:00Z'))).toMatchObject({
      type: 'lead.send-skipped',
      data: { sendId: 'late' },
    });
  });
  it.each<[string, Past, string]>([
    ['an unsubscribe', unsubscribed, 'unsubscribed'],
    ['a bounce', bounced, 'bounced'],
    ['an answer', replied(), 'responded'],
  ])('stops by %s', (_, event, status) => {
    expect(statusOf(recovered(backup, [event]).state)).toBe(status);
  });
  it('takes the stronger of two stops, whichever log has it', () => {
    expect(statusOf(recovered(backup, [bounced], [unsubscribed]).state)).toBe('bounced');
    expect(statusOf(recovered(backup, [unsubscribed], [bounced]).state)).toBe('bounced');
  });
  it('leaves a name unproven that a stranger gave since the restore', () => {
    const { contact, ...form } = submission({ trusted: false });
    const nameless = triaged({ trusted: false, contact: { email: contact.email, address: contact.address } });
    const named: Past = {
      type: 'lead.resubmitted',
      data: { ...form, contact, intake: { seq: 2, key: 'web/2' }, route: null, reason: 'came back' },
    };
    const { state } = recovered([nameless, enrolled()], [unsubscribed], [named]);
    expect(state.contact).toMatchObject({ firstName: 'Jane' });
    expect(state.fromStrangers).toEqual(['dossier', 'firstName']);
  });
  it('keeps the time of the last unsubscribe behind a restart: a consent from before it brings no texts back', () => {
    const { state, data } = recovered(backup, [unsubscribed, restarted(demo)]);
    const { textsEndedAt } = fold(recorded([...backup, unsubscribed]));
    expect(textsEndedAt).not.toBeNull();
    expect([state.stop, data.textsEndedAt, state.textsEndedAt]).toEqual([null, textsEndedAt, textsEndedAt]);
    const kept = [...backup, unsubscribed, restarted(demo)];
    expect(recovered(kept, [replied()]).state.textsEndedAt).toBe(textsEndedAt);
    expect(recovered(backup, [replied()]).data.textsEndedAt).toBeUndefined();
  });
  it('mails a notice whose post to the chat was open: it waits for no operator', () => {
    const notice: Past[] = [
      triaged(),
      enrolled({ audience: 'staff', window: undefined }),
      stepDue({ audience: 'staff' }),
    ];
    const { state, data } = recovered(notice, [claimed('lost-post', { audience: 'staff', channel: 'chat' })]);
    expect(data.sends?.['lost-post']).toMatchObject({ channel: 'chat', outcome: 'unknown' });
    expect(state.phase).toMatchObject({ kind: 'deferred', step: { audience: 'staff', channel: 'email' } });
  });
  it('restores declines, pauses and recorded keys', () => {
    const { state } = recovered(backup, [declined('sales-demo'), paused, delivered('x', 'delivered/x')]);
    expect(state).toMatchObject({
      declined: ['sales-demo'],
      paused: { by: 'olga' },
      known: expect.arrayContaining(['web/1', 'delivered/x']),
    });
  });
  it('notifies the rep of a reply, with its text', () => {
    const { state } = recovered(backup, [
      {
        type: 'lead.send-skipped',
        data: { runId: 'run-1', step: 0, stepId: 'first', audience: 'lead', channel: 'email', guard: 'stopped' },
      },
      replied('human', { text: 'Call me' }),
    ]);
    expect(state).toMatchObject({
      phase: { kind: 'enrolling', route: { sequence: 'reply-notice' } },
      answer: { text: 'Call me' },
    });
  });
  it('plans a notice of unproven replies again, unless its mail may have been sent', () => {
    const planned = [triaged(), enrolled()];
    const answer: Past = {
      ...replied('human', { matchedBy: 'address', authenticated: false, tellRep: true }),
      id: 'forged',
    };
    const run = { runId: 'forged', step: 0, stepId: 'notice', audience: 'staff' } as const;
    const begun: Past = {
      type: 'lead.enrolled',
      data: { runId: 'forged', sequence: 'unproven-answers', version: 1, planned: plannedStep({ audience: 'staff' }) },
    };
    const notice = recovered(planned, [answer, begun]).state;
    expect(notice).toMatchObject({
      phase: { kind: 'enrolling', runId: 'forged' },
      aside: { phase: { kind: 'planned' } },
      unproven: { held: true },
    });
    const due: Past = { type: 'lead.step-due', data: { ...stepDue().data, ...run } as Data<'lead.step-due'> };
    expect(recovered(planned, [answer, begun, due, claimed('notice', run)]).state).toMatchObject({
      phase: { kind: 'planned' },
      aside: null,
    });
    // A post of which nothing is known is followed by a mail, here too.
    const posted = claimed('notice', { ...run, channel: 'chat', provider: 'slack' });
    expect(recovered(planned, [answer, begun, due, posted]).state).toMatchObject({
      phase: { kind: 'enrolling', runId: 'forged' },
      aside: { phase: { kind: 'planned' } },
    });
  });
  it('tells the rep once of each reply, also of one that the restored log has yet to tell', () => {
    const reply = (id: string): Past => ({ ...replied('human', { tellRep: true, key: `mail/${id}` }), id });
    const told = (id: string): Past[] => {
      const run = { runId: id, step: 0, stepId: 'notice', audience: 'staff' } as const;
      const begun = { runId: id, sequence: 'reply-notice', version: 1, planned: plannedStep({ audience: 'staff' }) };
      return [
        { type: 'lead.enrolled', data: begun },
        { type: 'lead.step-due', data: { ...stepDue().data, ...run } as Data<'lead.step-due'> },
        claimed(`notice of ${id}`, run),
        { type: 'lead.sent', data: { ...sent(`notice of ${id}`).data, ...run } as Data<'lead.sent'> },
        { type: 'lead.sequence-completed', data: { runId: id, sequence: 'reply-notice', why: 'finished' } },
      ];
    };
    const kept = [triaged(), enrolled(), reply('first'), reply('second')];
    const lost = [...told('first'), ...told('second'), reply('third'), ...told('third')];
    expect(recovered(kept, lost, [reply('since')]).state).toMatchObject({
      phase: { kind: 'enrolling', runId: 'since' },
      untold: [],
    });
  });
  it('creates a lead that the log never had', () => {
    const restored = initial;
    const decision = decideRecovered(initial, { state: fold(recorded([triaged(), enrolled()])), place, restored });
    if (!('type' in decision) || decision.type !== 'lead.recovered') throw new Error('nothing is decided');
    const state = evolve(initial, {
      ...recorded([triaged()])[0]!,
      type: 'lead.recovered',
      data: parseData('lead.recovered', decision.data),
      id: 'recovered',
    });
    expect(state).toMatchObject({
      contact: { address: 'jane.doe@example.com' },
      dossier: { source: 'whitepaper' },
      phase: { kind: 'planned' },
      known: ['web/1'],
    });
  });
  it('does not take a run back that the lead has asked for since', () => {
    const { state, data } = recovered(backup, [claimed('lost-send'), sent('lost-send')], [restarted(demo)]);
    expect(data.phase).toBeUndefined();
    expect(state).toMatchObject({
      phase: { kind: 'enrolling', runId: 'run-2' },
      sends: { 'lost-send': { outcome: 'accepted' } },
    });
  });
  it('keeps an erased lead erased, whichever log erased it', () => {
    const { state, data } = recovered(backup, [erased]);
    expect([statusOf(state), state.contact, data.contact, data.dossier]).toEqual([
      'erased',
      { email: '', address: '' },
      undefined,
      undefined,
    ]);
    expect(recovered(backup, [replied()], [erased]).state).toMatchObject({
      contact: { email: '' },
      dossier: null,
      stop: { why: 'erased' },
    });
  });
});

describe('the recovery from a sender’s lost claim', () => {
  const after = (...past: Past[]) => fold(recorded(past));
  it('ends the claim’s step when the mail was sent', () =>
    expect(after(...backup, lostClaim('accepted')).phase).toMatchObject({ kind: 'settled', step: { index: 0 } }));
  it('parks the claim’s step when the outcome is unknown', () =>
    expect(after(...backup, lostClaim('unknown')).phase).toMatchObject({
      kind: 'parked',
      sendId: 'lost',
      why: 'unknown',
    }));
  it.each([
    ['accepted', 'settled'],
    ['unknown', 'parked'],
  ] as const)('of a mail that is %s leaves the step %s when the restored log plans it later', (outcome, kind) =>
    expect(after(triaged(), lostClaim(outcome), enrolled()).phase).toMatchObject({ kind, step: { index: 0 } }),
  );
  it('outranks a document that had the claim open, in either order', () => {
    const known = recovered(backup, [claimed('lost')]).data;
    expect(after(...backup, lostClaim('accepted'), { type: 'lead.recovered', data: known }).phase.kind).toBe('settled');
    expect(after(...backup, { type: 'lead.recovered', data: known }, lostClaim('accepted')).phase.kind).toBe('settled');
  });
  it('is kept for a lead that only a document knows', () =>
    expect(after(lostClaim('accepted'))).toMatchObject({ contact: null, sends: { lost: { outcome: 'accepted' } } }));
});

describe('the recovery from the provider or an operator', () => {
  const state = fold(recorded(backup));
  const told = { witness: 'esp', why: 'bounced', at: '2026-11-24T12:00:00Z' } as const;
  it('stops', () =>
    expect(decideTold(state, told)).toEqual({
      type: 'lead.recovered',
      data: { witness: 'esp', stop: { why: 'bounced', at: told.at } },
    }));
  it('decides nothing when the lead is unknown or already stopped as strongly', () => {
    expect(decideTold(fold(recorded([...backup, bounced])), told)).toEqual({ nothing: 'stopped', detail: 'bounced' });
    expect(decideTold(initial, told)).toEqual({ nothing: 'unknown-lead' });
  });
});
