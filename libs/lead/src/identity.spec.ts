import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { addressHash, leadId } from './identity.ts';

const UUID_V8 = /^[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/;

describe('a lead id', () => {
  it('is the same for ever: another derivation would split every lead in two', () => {
    expect(leadId('secret', 'jane.doe@example.com')).toBe('3212edda-b48c-848e-8a7d-0489cca5956d');
  });

  it('is a valid UUIDv8 and depends on the address and the secret', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.emailAddress(), fc.emailAddress(), (secret, one, other) => {
        const id = leadId(secret, one);
        expect(id).toMatch(UUID_V8);
        expect(leadId(secret, one)).toBe(id);
        expect(leadId(`${secret}x`, one)).not.toBe(id);
        if (one !== other) expect(leadId(secret, other)).not.toBe(id);
      }),
    );
  });

  it('can’t be derived from the hash of the address in a log line', () => {
    const hash = addressHash('secret', 'jane.doe@example.com');
    expect(hash).toMatch(/^[\da-f]{16}$/);
    expect(leadId('secret', 'jane.doe@example.com').replaceAll('-', '').slice(0, 12)).not.toBe(hash.slice(0, 12));
    expect(hash).not.toBe(addressHash('another', 'jane.doe@example.com'));
  });
});
