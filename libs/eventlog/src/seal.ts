import { createCipheriv, createDecipheriv, hash, hkdfSync, randomBytes } from 'node:crypto';

/** AES-256-GCM with nonces of 96 random bits (NIST SP 800-38D §8.2.2): safe for 2^32 texts under one key. */
const CIPHER = 'aes-256-gcm';
export const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const ID_BYTES = 4;

function encrypt(key: Uint8Array, text: Uint8Array, about: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce).setAAD(Buffer.from(about));
  return Buffer.concat([nonce, cipher.update(text), cipher.final(), cipher.getAuthTag()]);
}

/** Throws when it was made with another key, for another subject, or changed since. */
function decrypt(key: Uint8Array, sealed: Uint8Array, about: string): Buffer {
  const end = sealed.length - TAG_BYTES;
  const decipher = createDecipheriv(CIPHER, key, sealed.subarray(0, NONCE_BYTES))
    .setAAD(Buffer.from(about))
    .setAuthTag(sealed.subarray(end));
  return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, end)), decipher.final()]);
}

/** The event a sealed text is bound to: moved to another lead or event, the text does not open. */
export interface Sealable {
  leadId: string;
  type: string;
  id: string;
}
const about = ({ leadId, type, id }: Sealable): string => `leadstream/event\0${leadId}\0${type}\0${id}`;

/** The text in base64, readable only with `key`. */
export const seal = (key: Uint8Array, text: string, event: Sealable): string =>
  encrypt(key, Buffer.from(text), about(event)).toString('base64');

/** The opened text. Throws when it was not sealed for this event. */
export const unseal = (key: Uint8Array, sealed: string, event: Sealable): string =>
  decrypt(key, Buffer.from(sealed, 'base64'), about(event)).toString();

/** A key that wraps leads' keys, from a secret of the environment. */
export interface WrappingKey {
  id: string;
  key: Buffer;
}

export function wrappingKey(secret: string): WrappingKey {
  const key = Buffer.from(hkdfSync('sha256', secret, 'leadstream', 'data key', KEY_BYTES));
  return { id: hash('sha256', Buffer.concat([Buffer.from('id\0'), key]), 'hex').slice(0, 2 * ID_BYTES), key };
}

const ofLead = (leadId: string): string => `leadstream/key\0${leadId}`;

export const wrap = ({ id, key }: WrappingKey, leadKey: Uint8Array, leadId: string): Buffer =>
  Buffer.concat([Buffer.from(id, 'hex'), encrypt(key, leadKey, ofLead(leadId))]);

/** The id of the key that wrapped it. */
export const wrappedBy = (wrapped: Uint8Array): string => Buffer.from(wrapped.subarray(0, ID_BYTES)).toString('hex');

/** The lead's key; undefined when none of these wrapped it for this lead. */
export function unwrap(keys: readonly WrappingKey[], wrapped: Uint8Array, leadId: string): Buffer | undefined {
  const wrapping = keys.find(({ id }) => id === wrappedBy(wrapped));
  if (!wrapping) return undefined;
  try {
    return decrypt(wrapping.key, wrapped.subarray(ID_BYTES), ofLead(leadId));
  } catch {
    return undefined;
  }
}
