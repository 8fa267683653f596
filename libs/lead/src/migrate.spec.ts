import { describe, expect, it } from '@jest/globals';
import {
  bounced,
  claimed,
  declined,
  deferred,
  enrolled,
  paused,
  plannedStep,
  sent,
  skipped,
  stepDue,
  triaged,
  unknown,
} from '@leadstream/testing/builders';
import { given } from '@leadstream/testing/given';
import { decideCommand } from './command.ts';
import { targetsOf } from './migrate.ts';
import type { LeadState } from './state.ts';

const toLead = { channel: 'email', audience: 'lead' } as const;
const added = { ...toLead, id: 'added', action: 'added' };
const first = { ...toLead, id: 'first', action: 'first-again' };
const toRep = { ...first, audience: 'staff' } as const;
const run = { runId: 'run-1', sequence: 'content-nurture', from: 1, to: 2 };
const migrate =
  (steps = targetsOf({ steps: [added, first] }), over: object = {}) =>
  (state: LeadState) =>
    decideCommand(state, { kind: 'migrate', by: 'olga', ...run, steps, ...over });
const underWay = [triaged(), enrolled()];
const planned = plannedStep({ index: 1, action: 'first-again' });
const migrated = { type: 'lead.migrated' as const, data: { by: 'olga', ...run, planned }, id: 'run-2' };

describe('a run under way goes to another version of its sequence', () => {
  it('at the step of the same id, at its planned time and in its hours', () => {
    given(...underWay)
      .when(migrate())
      .then({ type: 'lead.migrated', data: migrated.data });
    const { state } = given(...underWay, migrated);
    expect(state.run).toMatchObject({ id: 'run-2', sequence: 'content-nurture', version: 2 });
    expect(state.phase).toEqual({ kind: 'planned', step: planned });
  });

  it('at a step of another id that takes its place', () => {
    const steps = targetsOf({ steps: [added, { ...first, id: 'opening' }] }, { first: 'opening' });
    given(...underWay)
      .when(migrate(steps))
      .thenEvent('lead.migrated', { planned: { ...planned, id: 'opening' } });
  });

  it('under the conditions of the new version alone', () => {
    const before = [triaged(), enrolled({ when: { tagged: ['vip'] }, exits: ['customer'] })];
    given(...before)
      .when(migrate())
      .then({ type: 'lead.migrated', data: migrated.data });
    const when = { notHappened: ['clicked' as const] };
    const steps = targetsOf({ steps: [added, { ...first, when }], stopWhen: ['partner'] });
    given(...before)
      .when(migrate(steps))
      .thenEvent('lead.migrated', { planned: { ...planned, when, exits: ['partner'] } });
  });

  it('while it is due, and becomes due again', () => {
    given(...underWay, stepDue())
      .when(migrate())
      .thenEvent('lead.migrated');
    expect(given(...underWay, stepDue(), migrated).state.phase).toEqual({ kind: 'planned', step: planned });
  });

  it('while a guard or an operator holds it, and stays held', () => {
    given(...underWay, paused)
      .when(migrate())
      .thenEvent('lead.migrated');
    const held = [...underWay, paused, stepDue(), skipped('paused')];
    given(...held)
      .when(migrate())
      .thenEvent('lead.migrated');
    expect(given(...held, migrated).state.phase).toMatchObject({ kind: 'held', guard: 'paused', step: planned });
  });

  it('when its mail could not be written, and is planned again', () => {
    const parked = [...underWay, stepDue(), skipped('unrenderable')];
    given(...parked)
      .when(migrate())
      .thenEvent('lead.migrated');
    expect(given(...parked, migrated).state.phase).toEqual({ kind: 'planned', step: planned });
  });

  it('at a step without a send only: a late report would not find it', () => {
    given(...underWay, stepDue(), claimed())
      .when(migrate())
      .thenNothing('claim-open');
    given(...underWay, stepDue(), claimed(), deferred())
      .when(migrate())
      .thenNothing('wrong-phase', 'deferred');
    given(...underWay, stepDue(), claimed(), unknown())
      .when(migrate())
      .thenNothing('step-has-send', 'unknown');
    given(...underWay, stepDue(), claimed(), skipped('stalled', 'send-1'))
      .when(migrate())
      .thenNothing('step-has-send', 'skipped');
    given(...underWay, stepDue(), claimed(), sent())
      .when(migrate())
      .thenNothing('wrong-phase', 'settled');
  });

  it('only as the run that was announced', () => {
    given(...underWay)
      .when(migrate(undefined, { runId: 'run-0' }))
      .thenNothing('another-run', 'content-nurture v1');
    given(...underWay)
      .when(migrate(undefined, { from: 3 }))
      .thenNothing('another-run', 'content-nurture v1');
    given(...underWay, migrated)
      .when(migrate())
      .thenNothing('another-run', 'content-nurture v2');
    given(triaged()).when(migrate()).thenNothing('another-run', 'none');
  });

  it('only to a step with the same recipient', () => {
    given(...underWay)
      .when(migrate(targetsOf({ steps: [added] })))
      .thenNothing('no-such-step', 'first');
    given(...underWay)
      .when(migrate(targetsOf({ steps: [toRep] })))
      .thenNothing('other-audience', 'first');
  });

  it('only while mail may follow', () => {
    given(...underWay, bounced)
      .when(migrate())
      .thenNothing('stopped', 'bounced');
    given(...underWay, paused, declined())
      .when(migrate())
      .thenNothing('wrong-phase', 'completed');
  });
});
