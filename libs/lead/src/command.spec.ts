import { describe, expect, it } from '@jest/globals';
import { bounced, claimed, demo, enrolled, paused, replied, stepDue, triaged, unknown } from '@leadstream/testing/builders';
import { given } from '@leadstream/testing/given';
import { decideCommand, type Command } from './command.ts';
import { statusOf, type LeadState } from './state.ts';

type Wanted = Command extends infer Each ? Each extends Command ? Omit<Each, 'by'> : never : never;
const command = (wanted: Wanted) => (state: LeadState) => decideCommand(state, { by: 'olga', ...wanted });
const underWay = [triaged(), enrolled()];

describe('an operator', () => {
  it('can treat only a lead that is there', () => {
    given().when(command({ kind: 'pause' })).thenNothing('no such lead');
  });

  it('pauses once and resumes once', () => {
    given(...underWay).when(command({ kind: 'pause' })).then({ type: 'lead.paused', data: { by: 'olga' } });
    given(...underWay, paused).when(command({ kind: 'pause' })).thenNothing('paused already');
    given(...underWay, paused).when(command({ kind: 'resume' })).then({ type: 'lead.resumed', data: { by: 'olga' } });
    given(...underWay).when(command({ kind: 'resume' })).thenNothing('not paused');
  });

  it('moves and restarts no lead with an open claim (trace 13)', () => {
    given(...underWay, stepDue(), claimed()).when(command({ kind: 'move', route: demo, step: 1 })).thenNothing('a claim is open');
    given(...underWay, stepDue(), claimed()).when(command({ kind: 'restart', route: demo })).thenNothing('a claim is open');
  });

  it('lifts an answer by a restart, but not a bounce', () => {
    given(...underWay, replied()).when(command({ kind: 'restart', route: demo })).thenEvent('lead.restarted');
    expect(statusOf(given(...underWay, replied(), { type: 'lead.restarted', data: { by: 'olga', route: demo } }).state)).toBe('active');
    given(...underWay, bounced).when(command({ kind: 'restart', route: demo })).thenNothing('the lead is bounced');
  });

  it('says what became of a send that nobody knows of', () => {
    const parked = [...underWay, stepDue(), claimed(), unknown()];
    given(...parked).when(command({ kind: 'resolve', sendId: 'send-1', as: 'sent' })).thenEvent('lead.sent', { evidence: 'operator', by: 'olga' });
    given(...parked).when(command({ kind: 'resolve', sendId: 'send-1', as: 'skipped' })).thenEvent('lead.send-skipped', { guard: 'operator' });
    given(...underWay).when(command({ kind: 'resolve', sendId: 'send-1', as: 'sent' })).thenNothing('this send is not parked');
  });
});
