import { hmac } from './hmac.ts';

/**
 * The permanent lead id of an address: UUIDv8 (RFC 9562 §5.8) over HMAC-SHA256 of the canonical address
 * (`canonicalAddress`). Without the secret, a dictionary attack reveals neither the address nor whether two ids share
 * one.
 */
export function leadId(secret: string, canonicalAddress: string): string {
  const digits = hmac(secret, canonicalAddress);
  const variant = (Number.parseInt(digits.charAt(16), 16) & 0x3) | 0x8;
  return uuidText(`${digits.slice(0, 12)}8${digits.slice(13, 16)}${variant.toString(16)}${digits.slice(17)}`);
}

/** The first 32 hexadecimal digits as the text of a UUID. */
export const uuidText = (digits: string): string =>
  [digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16), digits.slice(16, 20), digits.slice(20, 32)].join('-');

/**
 * 16 hex characters that represent an address in logs. Same secret, other domain: no address contains NUL, so the hash
 * reveals nothing about the id.
 */
export function addressHash(secret: string, canonicalAddress: string): string {
  return hmac(secret, `log\0${canonicalAddress}`).slice(0, 16);
}
