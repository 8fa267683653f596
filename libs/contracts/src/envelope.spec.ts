import { describe, expect, it } from '@jest/globals';
import { ContractError, parseIncoming } from './envelope.ts';

const bytes = (value: unknown) => new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));
const head = (values: Record<string, string>) => ({ get: (name: string) => values[name] ?? '' });

describe('a CloudEvent from outside', () => {
  it('is read in binary mode', () => {
    const event = parseIncoming(head({ 'ce-id': '1', 'ce-type': 'lead.created', 'ce-source': 'crm' }), bytes({ email: 'a@b.c' }));
    expect(event).toEqual({ id: '1', type: 'lead.created', source: 'crm', data: { email: 'a@b.c' } });
  });

  it('is read in structured mode', () => {
    const event = parseIncoming(undefined, bytes({ specversion: '1.0', id: '1', type: 'lead.created', source: 'crm', data: { email: 'a@b.c' } }));
    expect(event).toEqual({ id: '1', type: 'lead.created', source: 'crm', data: { email: 'a@b.c' } });
  });

  it.each([['not JSON', '{'], ['neither mode', { email: 'a@b.c' }]])('is refused when it is %s', (_, body) => {
    expect(() => parseIncoming(undefined, bytes(body))).toThrow(ContractError);
  });
});
