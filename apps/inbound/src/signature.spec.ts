import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { parseKeys, verifySignature } from './signature.ts';

const vectors = z.array(z.object({
  name: z.string(), public_key: z.string(), signature: z.string(), timestamp: z.string(), payload_base64: z.string(), valid: z.boolean(),
})).parse(JSON.parse(readFileSync(new URL('./fixtures/sendgrid-events/signed-vectors.json', import.meta.url), 'utf8')));
const good = vectors.find(({ valid }) => valid)!;
const payload = Buffer.from(good.payload_base64, 'base64');
const strangersKey = vectors.find(({ public_key }) => public_key !== good.public_key)!.public_key;

describe('a webhook’s signature', () => {
  it.each(vectors)('$name: $valid', ({ public_key, signature, timestamp, payload_base64, valid }) => {
    expect(verifySignature(parseKeys([public_key]), { signature, timestamp }, Buffer.from(payload_base64, 'base64'))).toBe(valid);
  });

  it('is good when any key of the list made it, so that a key can be rotated', () => {
    expect(verifySignature(parseKeys([strangersKey, good.public_key]), good, payload)).toBe(true);
  });

  it.each([
    ['no key is known', [], good],
    ['the signature is missing', [good.public_key], { signature: undefined, timestamp: good.timestamp }],
    ['the timestamp is missing', [good.public_key], { signature: good.signature, timestamp: undefined }],
    ['both numbers of it are zero', [good.public_key], { signature: Buffer.from('3006020100020100', 'hex').toString('base64'), timestamp: good.timestamp }],
  ])('is bad when %s', (_, keys, headers) => {
    expect(verifySignature(parseKeys(keys), headers, payload)).toBe(false);
  });
});

describe('a list of public keys', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'der', type: 'spki' }).toString('base64');

  it.each([['garbage', 'bm90IGEga2V5'], ['nothing', ''], ['a key of another kind', rsa]])('is refused for %s, and says where it stands', (_, bad) => {
    expect(() => parseKeys([good.public_key, bad])).toThrow('public key 2 of 2');
  });

  it('never shows up in the refusal', () => {
    expect(() => parseKeys(['c2VjcmV0'])).not.toThrow('c2VjcmV0');
  });
});
