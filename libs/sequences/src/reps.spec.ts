import { describe, expect, it } from '@jest/globals';
import type { Zone } from '@leadstream/contracts/events';
import { enrolled, triaged } from '@leadstream/testing/builders';
import { given, LEAD_ID, MONDAY, type Past } from '@leadstream/testing/given';
import { BUSINESS_HOURS } from '@leadstream/lead/weeks';
import fc from 'fast-check';
import { parseFolder } from './folder.ts';
import { lint } from './lint.ts';
import { decidePlan, type Planning } from './plan.ts';
import { assignmentOf, repsSchema, type AssignRule, type Rep } from './reps.ts';
import { exampleSequence } from './testing/example-sequence.ts';

const rep = (id: string, countries?: string[]): Rep => ({
  id,
  name: id,
  email: `${id}@acme.example`,
  ...(countries ? { countries } : {}),
});
const REPS = [rep('ana', ['DE', 'AT']), rep('ben', ['US']), rep('cem')];
const berlin: Zone = { id: 'Europe/Berlin', source: 'ip', confidence: 'high', evidence: '' };
const repOf = (rule: AssignRule, reps: readonly Rep[], lead: object = {}): string | undefined => {
  const event = assignmentOf({ leadId: LEAD_ID, rep: null, zone: berlin, ...lead }, rule, reps);
  return event?.type === 'lead.assigned' ? event.data.rep : undefined;
};
const assigned = (to: string, by?: string): Past => ({
  type: 'lead.assigned',
  data: { rep: to, ...(by ? { by } : { rule: 'round-robin' as const }) },
});

describe('a lead gets a rep', () => {
  it('always the same one, and another only when the list has a new one', () => {
    fc.assert(
      fc.property(fc.uuid(), (leadId) => {
        const before = repOf('round-robin', REPS, { leadId });
        expect(repOf('round-robin', REPS.toReversed(), { leadId })).toBe(before);
        expect([before, 'dan']).toContain(repOf('round-robin', [...REPS, rep('dan')], { leadId }));
      }),
    );
  });

  it('in about equal shares', () => {
    const leads = Array.from({ length: 3_000 }, (_, index) => repOf('round-robin', REPS, { leadId: `lead-${index}` }));
    for (const { id } of REPS) {
      const share = leads.filter((one) => one === id).length;
      expect(share).toBeGreaterThan(900);
      expect(share).toBeLessThan(1_100);
    }
  });

  it('of its country, else one without countries', () => {
    expect(repOf('by-country', REPS)).toBe('ana');
    expect(repOf('by-country', REPS, { zone: { ...berlin, id: 'Asia/Tokyo' } })).toBe('cem');
    expect(repOf('by-country', REPS, { zone: { ...berlin, source: 'default' } })).toBe('cem');
    expect(repOf('by-country', REPS.slice(0, 2), { zone: null })).toBeUndefined();
  });

  it('once: the owner stays, unless that rep has left the list', () => {
    expect(repOf('round-robin', REPS, { rep: 'ben' })).toBeUndefined();
    expect(repOf('by-country', REPS, { rep: 'zoe' })).toBe('ana');
    expect(repOf('owner', REPS)).toBeUndefined();
  });
});

describe('the run of a sequence with a rule', () => {
  const definition = exampleSequence({
    assign: 'round-robin',
    steps: [{ id: 'first', action: 'mail', channel: 'email', audience: 'lead', window: 'none' }],
  });
  const planning: Planning = {
    now: Temporal.Instant.from(MONDAY),
    draw: () => 0,
    delayScale: 1,
    hours: BUSINESS_HOURS,
    sequence: () => definition,
    reps: REPS,
  };
  const plan = (state: Parameters<typeof decidePlan>[0]) => decidePlan(state, planning);

  it('begins after its lead has got a rep', () => {
    const { decision } = given(triaged()).when(plan);
    expect(decision).toMatchObject({ type: 'lead.assigned', data: { rule: 'round-robin' } });
    if (!('type' in decision)) throw new Error('nothing was decided');
    given(triaged(), decision).when(plan).thenEvent('lead.enrolled');
  });

  it('leaves the rep that an operator chose', () => {
    const { state } = given(triaged(), assigned('ben', 'olga'), enrolled());
    expect(state.rep).toBe('ben');
    given(triaged(), assigned('ben', 'olga')).when(plan).thenEvent('lead.enrolled');
  });

  it('begins without a rep while no reps are deployed', () => {
    given(triaged())
      .when((state) => decidePlan(state, { ...planning, reps: [] }))
      .thenEvent('lead.enrolled');
  });
});

describe('reps.yaml', () => {
  const YAML = 'version: 1\nreps:\n  - { id: ana, name: Ana, email: ana@acme.example }\n';
  const problems = (text: string) =>
    lint(parseFolder({ 'reps.yaml': text }))
      .filter(({ file }) => file === 'reps.yaml')
      .map(({ line, rule }) => `${line} ${rule}`);

  it.each([
    [YAML, []],
    [`${YAML}  - { id: ana, name: Ana, email: a@acme.example }\n`, ['4 rep-twice']],
    [YAML.replace('name: Ana', 'name: "Ana <ana@acme.example>"'), ['3 schema']],
    [`${YAML}    countries: [Germany]\n`, ['4 yaml']],
    [YAML.replace(' }', ', countries: [Germany] }'), ['3 schema']],
  ])('is refused by file and line: %j', (text, expected) => expect(problems(text).slice(0, 1)).toEqual(expected));

  it('is read as a definition with the id reps', () => {
    expect(parseFolder({ 'reps.yaml': YAML }).reps).toEqual(
      repsSchema.parse({ version: 1, reps: [rep('ana')].map((one) => ({ ...one, name: 'Ana' })) }),
    );
  });
});
