import { describe, expect, it } from '@jest/globals';
import { judged } from './contract-judged.ts';

const of = (payload: unknown) =>
  judged(typeof payload === 'string' ? Buffer.from(payload) : Buffer.from(JSON.stringify(payload)), {
    defaultRegion: 'US',
  });
const lead = { email: 'jane@example.com', leadData: { source: 'demo_request' } };
const event = { specversion: '1.0', type: 'lead.created', source: 'shop', id: 'order-1', data: lead };

describe('a payload', () => {
  it('that keeps to the contract is accepted, with what hygiene changes', () => {
    expect(of({ ...lead, firstName: ' jane ', phone: 'none of yours' })).toMatchObject({
      verdict: 'accepted',
      source: 'demo_request',
      changes: expect.arrayContaining([{ field: 'phone', rule: 'not-a-phone-number' }]),
    });
  });

  it('is also a structured CloudEvent, with its id', () => {
    expect(of(event)).toMatchObject({ verdict: 'accepted', event: { id: 'order-1', source: 'shop' } });
  });

  it('with several faults is refused for each field, without a value', () => {
    const answer = of({ email: 7, leadData: { utm: 'secret words' } });
    expect(answer).toMatchObject({
      verdict: 'refused',
      problems: [{ field: 'email' }, { field: 'leadData.source' }],
    });
    expect(JSON.stringify(answer)).not.toContain('secret words');
  });

  it.each<[string, unknown, { field: string; problem: string }]>([
    ['an address that no mail can reach', { ...lead, email: 'jane at home' }, { field: 'email', problem: '' }],
    ['no JSON', 'jane@example.com', { field: 'body', problem: 'is not JSON in UTF-8' }],
    ['another type', { ...event, type: 'order.placed' }, { field: 'type', problem: 'is not lead.created' }],
    ['a newer version', { ...event, dataversion: '2' }, { field: 'dataversion', problem: '2 is newer than 1' }],
    ['no id', { ...event, id: '' }, { field: 'body', problem: 'id' }],
    ['a large body', { ...lead, other: 'x'.repeat(262_144) }, { field: 'body', problem: 'are more than 262144' }],
  ])('is refused for %s', (_, payload, { field, problem }) => {
    expect(of(payload)).toEqual({
      verdict: 'refused',
      problems: [{ field, problem: expect.stringContaining(problem) }],
    });
    expect(JSON.stringify(of(payload))).not.toContain('jane');
  });
});
