import { hash, randomUUID } from 'node:crypto';

/** The stream position of the message that caused a decision; `index` when one message has several causes. */
export interface Cause {
  stream: string;
  seq: number;
  index?: number;
}

/** Fixed for ever: with another namespace, a redelivered message would create a second event. */
const NAMESPACE = Buffer.from('6f1d1a52c0f54f0e9a4b3f2f6b7a9d18', 'hex');

/** The id of the event `name` caused by `cause`, the same on every redelivery. */
export function eventId(cause: Cause, name: string): string {
  const place = cause.index === undefined ? `${cause.seq}` : `${cause.seq}/${cause.index}`;
  return nameId(`${cause.stream}/${place}/${name}`);
}

/** The id of an event created by a command under a caller's key: one per lead and key, whatever the command. */
export const commandId = (leadId: string, key: string): string => nameId(`command/${leadId}/${key}`);

/** UUIDv5 (RFC 9562 §5.5). */
function nameId(name: string): string {
  const hex = hash('sha1', Buffer.concat([NAMESPACE, Buffer.from(name)]), 'hex');
  const variant = ((parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return (
    `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-` +
    `${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
  );
}

/**
 * The id of a claim, known to its claimant alone: if it were derived from the cause, two deliveries would both hold the
 * claim.
 */
export const claimId = (): string => randomUUID();
