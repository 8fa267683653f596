import { createHash, randomUUID } from 'node:crypto';

/** Where in a stream the message lies that made somebody decide; `index` when one message holds several causes. */
export interface Cause {
  stream: string;
  seq: number;
  index?: number;
}

/** Fixed for ever: with another one, a redelivered message would make a second event. */
const NAMESPACE = Buffer.from('6f1d1a52c0f54f0e9a4b3f2f6b7a9d18', 'hex');

/** The id of the event `name` that `cause` makes, the same on every redelivery: UUIDv5 (RFC 9562 §5.5). */
export function eventId(cause: Cause, name: string): string {
  const place = cause.index === undefined ? `${cause.seq}` : `${cause.seq}/${cause.index}`;
  const digest = createHash('sha1').update(NAMESPACE).update(`${cause.stream}/${place}/${name}`).digest();
  digest.writeUInt8((digest.readUInt8(6) & 0x0f) | 0x50, 6);
  digest.writeUInt8((digest.readUInt8(8) & 0x3f) | 0x80, 8);
  return digest.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** The id of a claim, known to its claimant alone: derived from its cause, two deliveries would both hold it. */
export const claimId = (): string => randomUUID();
