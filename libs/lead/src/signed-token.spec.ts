import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createHmac } from 'node:crypto';
import { readToken, replyAddress, signToken, tokenFromAddress } from './signed-token.ts';

const id = '0b9b1c1e-6d0f-8a4e-9c55-2f6a7d1e8b90';
const secrets = ['new', 'old'];
const token = signToken('reply', id, secrets);
const uuids = fc.uuid({ version: 8 });

/** A token that can be forged without a secret: base32 through big integers, independent of the code under test. */
function forgedWithEmptySecret(): string {
  const body = Buffer.from(`01${id.replaceAll('-', '')}`, 'hex');
  const bytes = Buffer.concat([body, createHmac('sha256', '').update(body).digest().subarray(0, 10)]);
  const digits = (BigInt(`0x${bytes.toString('hex')}`) << 4n).toString(32).padStart(44, '0');
  return digits.replace(/./g, (digit) => 'abcdefghijklmnopqrstuvwxyz234567'.charAt(parseInt(digit, 32)));
}

const purposes = fc.constantFrom('reply' as const, 'unsubscribe' as const);

describe('a token', () => {
  it('names its lead to a reader with a secret', () => {
    fc.assert(
      fc.property(uuids, purposes, (lead, purpose) => {
        expect(readToken(purpose, signToken(purpose, lead, secrets), secrets)).toBe(lead);
      }),
    );
  });

  it('is read in any case, because mail systems change it', () => {
    expect(readToken('reply', token.toUpperCase(), secrets)).toBe(id);
  });

  it('stays valid while the secret that signed it is in the list', () => {
    const signedBefore = signToken('reply', id, ['old']);
    expect(readToken('reply', signedBefore, secrets)).toBe(id);
    expect(readToken('reply', signedBefore, ['new'])).toBeUndefined();
  });

  it('to reply does not unsubscribe', () => {
    expect(readToken('unsubscribe', token, secrets)).toBeUndefined();
  });

  it('with any character changed is invalid', () => {
    fc.assert(
      fc.property(fc.nat(token.length - 1), fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz234567'), (index, letter) => {
        fc.pre(token[index] !== letter);
        expect(readToken('reply', token.slice(0, index) + letter + token.slice(index + 1), secrets)).toBeUndefined();
      }),
      { numRuns: 1_000 },
    );
  });

  it('has one spelling: no foreign letter stands for another', () => {
    const ofZeros = signToken('reply', '00000000-0000-0000-0000-000000000000', secrets);
    for (const index of ofZeros.split('').keys()) {
      for (const letter of '0189-=')
        expect(
          readToken('reply', ofZeros.slice(0, index) + letter + ofZeros.slice(index + 1), secrets),
        ).toBeUndefined();
    }
  });

  it.each(['', 'a', `${token}a`, token.slice(1), '1'.repeat(44), 'a'.repeat(100_000), '\u212a'.repeat(44)])(
    'is not %.20s',
    (text) => {
      expect(readToken('reply', text, secrets)).toBeUndefined();
    },
  );

  it('is never signed or verified with an empty secret', () => {
    expect(() => signToken('reply', id, [''])).toThrow(TypeError);
    expect(readToken('reply', forgedWithEmptySecret(), [''])).toBeUndefined();
  });

  it('is only signed for a lead id', () => {
    expect(() => signToken('reply', 'abcd', secrets)).toThrow(TypeError);
  });
});

describe('a reply address', () => {
  it('carries the token there and back in a local part of at most 64 octets', () => {
    const address = replyAddress(token, 'reply.example.com');
    expect(address.indexOf('@')).toBeLessThanOrEqual(64);
    expect(tokenFromAddress(address)).toBe(token);
  });

  it.each([
    ['upper case', (address: string) => address.toUpperCase()],
    ['a minus for the plus', (address: string) => address.replace('+', '-')],
  ])('is read in %s', (_, change) => {
    expect(tokenFromAddress(change(replyAddress(token, 'reply.example.com')))).toBe(token);
  });

  it.each([
    'sales@example.com',
    `u+${token}@reply.example.com`,
    `r+${token}`,
    `x.r+${token}@reply.example.com`,
    `r+${token}x@reply.example.com`,
  ])('is not %s', (address) => {
    expect(tokenFromAddress(address)).toBeUndefined();
  });
});
