import { createPublicKey, createVerify, type KeyObject } from 'node:crypto';

/**
 * SendGrid's public keys as its console shows them: base64 of a DER SubjectPublicKeyInfo on P-256, without PEM armour.
 * Throws an Error that names the bad one by its position (from 1), and never quotes it.
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

export interface SignatureHeaders {
  signature: string | undefined;
  timestamp: string | undefined;
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
/** A number of P-256 is 33 bytes at most; shorter ones than this do not occur. */
const NUMBER_BYTES = { min: 26, max: 33 };

/** The length of the DER INTEGER that begins at `at`, its two leading bytes included; undefined if there is none. */
function integerBytes(der: Buffer, at: number): number | undefined {
  const bytes = der[at + 1] ?? 0;
  return der[at] === 0x02 && bytes >= NUMBER_BYTES.min && bytes <= NUMBER_BYTES.max ? bytes + 2 : undefined;
}

/**
 * Whether the headers could be SendGrid's: a time in seconds, and base64 of a DER ECDSA signature on P-256 (RFC 3279,
 * 2.2.3).
 */
export function hasSignatureShape({ signature, timestamp }: SignatureHeaders): boolean {
  if (!signature || !timestamp || signature.length > 100 || !/^\d{1,16}$/.test(timestamp) || !BASE64.test(signature))
    return false;
  const der = Buffer.from(signature, 'base64');
  const first = integerBytes(der, 2);
  const second = first && integerBytes(der, 2 + first);
  return (
    der[0] === 0x30 && der[1] === der.length - 2 && second !== undefined && 2 + (first ?? 0) + second === der.length
  );
}

/**
 * Whether any of `keys` signed this webhook: ECDSA with SHA-256 over the timestamp header followed by the body's bytes,
 * in as many parts as they came in, exactly as received (a re-serialised body does not verify). Several keys, because
 * each webhook has its own and a rotation overlaps. The timestamp's age is not checked: SendGrid retries for 24 hours,
 * and a repeated event changes nothing.
 */
export function verifySignature(
  keys: readonly KeyObject[],
  { signature, timestamp }: SignatureHeaders,
  raw: readonly Buffer[],
): boolean {
  if (!signature || !timestamp) return false;
  const der = Buffer.from(signature, 'base64');
  return keys.some((key) => {
    const verifier = createVerify('sha256').update(timestamp);
    for (const part of raw) verifier.update(part);
    return verifier.verify({ key, dsaEncoding: 'der' }, der);
  });
}
