import { createPublicKey, verify, type KeyObject } from 'node:crypto';

/**
 * SendGrid's public keys as its console shows them: base64 of a DER SubjectPublicKeyInfo on P-256, without PEM armour.
 * Throws an Error that says which one of the list (1-based) is bad, and never quotes it.
 */
export function parseKeys(list: readonly string[]): KeyObject[] {
  return list.map((text, index) => {
    const bad = `public key ${index + 1} of ${list.length} is not base64 SPKI of a P-256 key`;
    let key: KeyObject;
    try {
      key = createPublicKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'spki' });
    } catch (cause) {
      throw new Error(bad, { cause });
    }
    if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') throw new Error(bad);
    return key;
  });
}

/**
 * Whether any of `keys` signed this webhook: ECDSA with SHA-256 over the timestamp header followed by the body's bytes
 * exactly as received (a re-serialised body does not verify). Several keys, because each webhook has its own and a
 * rotation overlaps. The timestamp's age is not judged: SendGrid retries for 24 hours, and a replay is a known fact.
 */
export function verifySignature(
  keys: readonly KeyObject[], headers: { signature: string | undefined; timestamp: string | undefined }, raw: Buffer,
): boolean {
  if (!headers.signature || !headers.timestamp) return false;
  const signed = Buffer.concat([Buffer.from(headers.timestamp), raw]);
  const signature = Buffer.from(headers.signature, 'base64');
  return keys.some((key) => verify('sha256', signed, { key, dsaEncoding: 'der' }, signature));
}
