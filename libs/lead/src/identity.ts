import { hmac } from './hmac.ts';

/**
 * The permanent lead id of an address: UUIDv8 (RFC 9562 §5.8) over HMAC-SHA256 of the canonical address
 * (`canonicalAddress`). Without the secret, a dictionary attack reveals neither the address nor whether two ids share
 * one.
 */
export function leadId(secret: string, canonicalAddress: string): string {
  const bytes = hmac(secret, canonicalAddress).subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return uuidText(bytes);
}

/** 16 bytes as the text of a UUID, lower case. */
export const uuidText = (bytes: Uint8Array): string =>
  bytes.toHex().replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');

/**
 * 16 hex characters that represent an address in logs. Same secret, other domain: no address contains NUL, so the hash
 * reveals nothing about the id.
 */
export function addressHash(secret: string, canonicalAddress: string): string {
  return hmac(secret, `log\0${canonicalAddress}`).subarray(0, 8).toHex();
}
