import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { seal, unseal, unwrap, wrap, wrappedBy, wrappingKey } from './seal.ts';

const event = { leadId: 'lead-1', type: 'lead.triaged', id: 'event-1' };
const key = randomBytes(32);

describe('a sealed text', () => {
  it('opens with its key, for its event', () => {
    expect(unseal(key, seal(key, 'Jane Döe', event), event)).toBe('Jane Döe');
    expect(seal(key, 'Jane', event)).not.toBe(seal(key, 'Jane', event));
  });

  it.each([
    ['lead', { ...event, leadId: 'lead-2' }],
    ['event', { ...event, id: 'event-2' }],
    ['type', { ...event, type: 'lead.replied' }],
  ])('does not open for another %s', (_, other) => {
    expect(() => unseal(key, seal(key, 'Jane', event), other)).toThrow();
  });

  it('does not open with another key, or changed by one bit', () => {
    const sealed = Buffer.from(seal(key, 'Jane', event), 'base64');
    expect(() => unseal(randomBytes(32), sealed.toString('base64'), event)).toThrow();
    for (let at = 0; at < sealed.length; at++) {
      const changed = Buffer.from(sealed);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(() => unseal(key, changed.toString('base64'), event)).toThrow();
    }
  });
});

describe('a lead’s key', () => {
  const [old, fresh] = ['an old secret', 'a fresh one'].map(wrappingKey);
  if (!old || !fresh) throw new Error('two of them');

  it('is unwrapped by the secret that wrapped it, among others', () => {
    const wrapped = wrap(old, key, 'lead-1');
    expect(wrappedBy(wrapped)).toBe(old.id);
    expect(unwrap([fresh, old], wrapped, 'lead-1')).toEqual(key);
    expect(unwrap([fresh], wrapped, 'lead-1')).toBeUndefined();
  });

  it('does not unwrap for another lead', () => {
    expect(unwrap([old], wrap(old, key, 'lead-1'), 'lead-2')).toBeUndefined();
  });
});
