import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { addressHash, leadId } from './identity.ts';
import { mailboxHash } from './mailbox.ts';
import { signToken } from './signed-token.ts';

const UUID_V8 = /^[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/;

const LONG = 'a secret that is longer than the block of SHA-256, which is 64 bytes';
const ID = '0b9b1c1e-6d0f-8a4e-9c55-2f6a7d1e8b90';

describe('is the same for ever, because events, keys and mails out there have it:', () => {
  it.each([
    ['secret', 'jane.doe@example.com', '3212edda-b48c-848e-8a7d-0489cca5956d', '21de839bf218bfbd'],
    ['secret', 'jörg@example.com', '64c9d751-e529-8bcf-ae53-838a122f2727', '4b979f3478c75fa9'],
    [LONG, 'jane.doe@example.com', '817dab92-dc6b-869e-b855-edbbade9210d', 'd57f12dea0c87a35'],
    ['schlüssel\ud800', '\udc00@example.com', '1e0f123d-42d2-8489-92e8-e69805fa3455', '123a885658085097'],
  ])('with %j, the id and the hash of %j', (secret, address, id, hash) => {
    expect(leadId(secret, address)).toBe(id);
    expect(addressHash(secret, address)).toBe(hash);
  });

  it('the hash of a mailbox', () => {
    expect(mailboxHash('secret', 'jörg@example.com')).toBe('4186fe8ffe00f9de5a559228b2b3aaab');
    expect(mailboxHash(LONG, '😀@example.com')).toBe('a98a49ff929745be0d2128e1443c28bb');
  });

  it('a token', () => {
    expect(signToken('reply', ID, ['new', 'old'])).toBe('aefzwha6nuhyutu4kuxwu7i6roiiqoiujfsg4pax6iya');
    expect(signToken('unsubscribe', ID, [LONG])).toBe('aifzwha6nuhyutu4kuxwu7i6roing3fvhmnd3lh2sjza');
  });
});

describe('a lead id', () => {
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
