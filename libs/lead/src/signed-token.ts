import { hmac } from './hmac.ts';
import { uuidText } from './identity.ts';

const PURPOSES = { reply: 1, unsubscribe: 2 } as const;
export type Purpose = keyof typeof PURPOSES;

const ID_BYTES = 16;
/** 80 bits: out of reach over a webhook, and `r+<token>` stays within the 64 octets of a local part (RFC 5321). */
const MAC_BYTES = 10;
const TOKEN_LENGTH = Math.ceil(((1 + ID_BYTES + MAC_BYTES) * 8) / 5);

/**
 * A token that names a lead and its purpose: 44 characters of base32 (RFC 4648, lower case, no padding), because mail
 * systems change the case of addresses. The first secret signs; throws when there is none.
 */
export function signToken(purpose: Purpose, leadId: string, secrets: readonly string[]): string {
  const [secret] = secrets;
  if (!secret) throw new TypeError('no secret to sign with');
  const id = Uint8Array.fromHex(leadId.replaceAll('-', ''));
  if (id.length !== ID_BYTES) throw new TypeError('lead id is not a UUID');
  const token = new Uint8Array(1 + ID_BYTES + MAC_BYTES);
  token[0] = PURPOSES[purpose];
  token.set(id, 1);
  token.set(mac(secret, token.subarray(0, 1 + ID_BYTES)), 1 + ID_BYTES);
  return encode(token);
}

/** The lead id of a token that any of the secrets signed for this purpose, in any case; else undefined. */
export function readToken(purpose: Purpose, token: string, secrets: readonly string[]): string | undefined {
  const bytes = token.length === TOKEN_LENGTH ? decode(token.toLowerCase()) : undefined;
  if (bytes?.[0] !== PURPOSES[purpose]) return undefined;
  const body = bytes.subarray(0, 1 + ID_BYTES);
  const signature = bytes.subarray(1 + ID_BYTES);
  if (!secrets.some((secret) => secret && equal(mac(secret, body), signature))) return undefined;
  return uuidText(body.subarray(1).toHex());
}

export const replyAddress = (token: string, domain: string): string => `r+${token}@${domain}`;

/** The token in a bare reply address, not verified. `r-` too: some mail systems do not deliver a plus. */
export function tokenFromAddress(address: string): string | undefined {
  return /^r[+-]([a-z2-7]{44})@/i.exec(address.trim())?.[1]?.toLowerCase();
}

const mac = (secret: string, body: Uint8Array): Uint8Array =>
  Uint8Array.fromHex(hmac(secret, body).slice(0, 2 * MAC_BYTES));

/** Compares in constant time: the response time must not reveal how much of a guess was right. */
function equal(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length;
  for (const [index, byte] of a.entries()) difference |= byte ^ (b[index] ?? 0);
  return difference === 0;
}

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

/** Regroups numbers of `from` bits as numbers of `to` bits; the last one is filled up with zeros. */
function regrouped(numbers: Iterable<number>, from: number, to: number): number[] {
  const groups: number[] = [];
  let [rest, bits] = [0, 0];
  for (const number of numbers) {
    rest = (rest << from) | number;
    for (bits += from; bits >= to; bits -= to) groups.push((rest >> (bits - to)) & ((1 << to) - 1));
    rest &= (1 << bits) - 1;
  }
  if (bits > 0) groups.push(rest << (to - bits));
  return groups;
}

const encode = (bytes: Uint8Array): string =>
  regrouped(bytes, 8, 5)
    .map((group) => ALPHABET.charAt(group))
    .join('');

/** Undefined for a foreign character and for set padding bits, so that a token has exactly one spelling. */
function decode(text: string): Uint8Array | undefined {
  const values = Array.from(text, (character) => ALPHABET.indexOf(character));
  if (values.includes(-1)) return undefined;
  const bytes = regrouped(values, 5, 8);
  const isPadded = (text.length * 5) % 8 > 0;
  return isPadded && bytes.pop() !== 0 ? undefined : Uint8Array.from(bytes);
}
