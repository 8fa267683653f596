import { generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { hasSignatureShape, parseKeys, verifySignature } from './signature.ts';

const vectors = z
  .array(
    z.object({
      name: z.string(),
      public_key: z.string(),
      signature: z.string(),
      timestamp: z.string(),
      payload_base64: z.string(),
      valid: z.boolean(),
    }),
  )
  .parse(JSON.parse(readFileSync(new URL('./fixtures/events/signed-vectors.json', import.meta.url), 'utf8')));
const good = vectors.find(({ valid }) => valid)!;
const payload = [Buffer.from(good.payload_base64, 'base64')];
const strangersKey = vectors.find(({ public_key }) => public_key !== good.public_key)!.public_key;

describe('a webhook’s signature', () => {
  it.each(vectors)('$name: $valid', ({ public_key, signature, timestamp, payload_base64, valid }) => {
    expect(
      verifySignature(parseKeys([public_key]), { signature, timestamp }, [Buffer.from(payload_base64, 'base64')]),
    ).toBe(valid);
  });

  it('is good when any key of the list made it, so that a key can be rotated', () => {
    expect(verifySignature(parseKeys([strangersKey, good.public_key]), good, payload)).toBe(true);
  });

  it.each([
    ['no key is known', [], good],
    ['the signature is missing', [good.public_key], { signature: undefined, timestamp: good.timestamp }],
    ['the timestamp is missing', [good.public_key], { signature: good.signature, timestamp: undefined }],
    [
      'both numbers of it are zero',
      [good.public_key],
      { signature: Buffer.from('3006020100020100', 'hex').toString('base64'), timestamp: good.timestamp },
    ],
  ])('is bad when %s', (_, keys, headers) => {
    expect(verifySignature(parseKeys(keys), headers, payload)).toBe(false);
  });
});

describe('the shape of a webhook’s signature, checked before its body', () => {
  const der = (hex: string) => ({ signature: Buffer.from(hex, 'hex').toString('base64'), timestamp: '1700000000' });
  const r = `0220${'11'.repeat(32)}`;

  it.each(vectors.filter(({ valid }) => valid))('is that of a genuine one: $name', ({ signature, timestamp }) => {
    expect(hasSignatureShape({ signature, timestamp })).toBe(true);
  });

  it('is that of every signature by a key of the curve', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    for (let i = 0; i < 300; i++)
      expect(
        hasSignatureShape({
          signature: sign('sha256', Buffer.from(String(i)), { key: privateKey, dsaEncoding: 'der' }).toString('base64'),
          timestamp: '1',
        }),
      ).toBe(true);
  });

  it('may have numbers that are shorter by some bytes', () => {
    expect(hasSignatureShape(der(`303d021b${'11'.repeat(27)}021e${'22'.repeat(30)}`))).toBe(true);
  });

  it.each<[string, { signature: string | undefined; timestamp: string | undefined }]>([
    ['no signature', { signature: undefined, timestamp: '1' }],
    ['no time', { ...good, timestamp: undefined }],
    ['a time that is none', { ...good, timestamp: '1e9' }],
    ['an endless time', { ...good, timestamp: '1'.repeat(17) }],
    ['two signatures', { ...good, signature: `${good.signature}, ${good.signature}` }],
    [
      'another alphabet',
      { ...good, signature: good.signature.replaceAll('+', '-').replaceAll('/', '_').replace(/=*$/, '-') },
    ],
    ['no DER', { ...good, signature: Buffer.alloc(70, 1).toString('base64') }],
    ['one number', der(`3022${r}`)],
    ['three numbers', der(`3066${r}${r}${r}`)],
    ['a length of its own', der(`3045${r}${r}`)],
    ['bytes behind it', der(`3044${r}${r}00`)],
    ['numbers of another curve', der(`3066${`0231${'11'.repeat(49)}`.repeat(2)}`)],
    ['next to nothing', der('3006020101020101')],
  ])('is missing with %s', (_, headers) => {
    expect(hasSignatureShape(headers)).toBe(false);
  });
});

describe('a list of public keys', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
    .publicKey.export({ format: 'der', type: 'spki' })
    .toString('base64');

  it.each([
    ['garbage', 'bm90IGEga2V5'],
    ['nothing', ''],
    ['a key of another kind', rsa],
  ])('is refused for %s, by its position', (_, bad) => {
    expect(() => parseKeys([good.public_key, bad])).toThrow('public key 2 of 2');
  });

  it('is never quoted in the refusal', () => {
    expect(() => parseKeys(['c2VjcmV0'])).not.toThrow('c2VjcmV0');
  });
});
