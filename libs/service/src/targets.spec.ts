import { describe, expect, it } from '@jest/globals';
import { fileURLToPath } from 'node:url';
import { parseFolder } from '@leadstream/sequences/folder';
import type { Rep } from '@leadstream/sequences/reps';
import { readFolder } from './sequence-store.ts';
import { NoSuchTarget, repOf, routesOf, targetOf } from './targets.ts';

const { sequences } = parseFolder(await readFolder(fileURLToPath(new URL('../../../sequences', import.meta.url))));
const deployed = (reps: readonly Rep[] = []) => ({ current: () => sequences, reps });

describe('the target of a command', () => {
  it('is a step of a deployed sequence, by its id or its place', () => {
    const byId = targetOf(deployed(), 'content-nurture', 'second');
    expect(byId).toMatchObject({ step: 1, route: { sequence: 'content-nurture' } });
    expect(targetOf(deployed(), 'content-nurture', '1')).toEqual(byId);
    expect(routesOf(deployed())).toContainEqual(byId.route);
  });

  it.each([
    ['content-nurture', '9', 'has no step 9'],
    ['content-nurture', '-1', 'has no step -1'],
    ['content-nurture', 'third', 'it has first, second'],
    ['nowhere', '0', 'sequence nowhere is not deployed'],
  ])('is refused when it does not exist: %s %s', (sequence, step, says) => {
    expect(() => targetOf(deployed(), sequence, step)).toThrow(NoSuchTarget);
    expect(() => targetOf(deployed(), sequence, step)).toThrow(says);
  });

  it('that does not exist is answered with those that an operator can name', () =>
    expect(() => targetOf(deployed(), 'nowhere', '0')).toThrow(
      'deployed; booked-meeting, canary, content-nurture, re-engagement, returning-lead, sales-demo are',
    ));

  it('is a rep of the deployed list, and any possible id while there is none', () => {
    const ana: Rep = { id: 'ana', name: 'Ana', email: 'ana@acme.example' };
    expect(repOf(deployed([ana]), 'ana')).toBe('ana');
    expect(() => repOf(deployed([ana]), 'ben')).toThrow('it has ana');
    expect(repOf(deployed(), 'ben')).toBe('ben');
    for (const id of ['', 'ben\nbcc', '../ben', 'x'.repeat(61)])
      expect(() => repOf(deployed(), id)).toThrow('the id of a rep');
  });
});
