import { isUnavailable, reachable, type Broker } from '@leadstream/eventlog/broker';
import { GAVE_UP } from '@leadstream/eventlog/quarantine';
import { overwrite } from '@leadstream/eventlog/overwrite';
import { errors } from '@nats-io/transport-node';
import { z } from 'zod';
import { redriveReply, redriveRequest, redriveSubject } from './redrive.ts';

const STREAM = 'QUARANTINE';
/** A handler may wait for a provider's timeouts and retries. */
const REDRIVE_MS = 120_000;

const entrySchema = z.object({
  consumer: z.string(),
  reason: z.string(),
  why: z.enum(GAVE_UP).optional(),
  attempts: z.number(),
  at: z.string(),
  origin: z.object({ stream: z.string(), seq: z.number(), subject: z.string(), index: z.number().optional() }),
  headers: z.record(z.string(), z.array(z.string())),
  body: z.base64().optional(),
});
/** The entry in a message of QUARANTINE; undefined: it is none. */
export const entryOf = (data: Uint8Array): Omit<Entry, 'seq'> | undefined => entrySchema.safeParse(read(data)).data;

/** A message that a consumer quarantined; `seq` is its sequence in QUARANTINE. */
export type Entry = z.infer<typeof entrySchema> & { seq: number };

/** The entry, or undefined when there is none at that sequence. Throws on a message that is no entry. */
export async function entryAt(broker: Broker, seq: number): Promise<Entry | undefined> {
  const { streams } = await broker.jsm();
  const stored = await reachable(() => streams.getMessage(STREAM, { seq }));
  if (!stored) return undefined;
  const { success, data } = entrySchema.safeParse(read(stored.data));
  if (!success) throw new Error(`${STREAM} ${seq} is not an entry of ours`);
  return { ...data, seq };
}

/**
 * All entries, or one consumer's, newest first; reads only as many as the caller takes. `onUnreadable` gets what is no
 * entry.
 */
export async function* entries(
  broker: Broker,
  onUnreadable: (error: unknown) => void,
  consumer?: string,
): AsyncGenerator<Entry> {
  const { streams } = await broker.jsm();
  const { state } = await reachable(() => streams.info(STREAM, { deleted_details: true }));
  const deleted = new Set(state.deleted);
  for (let seq = state.last_seq; seq >= state.first_seq && state.messages > 0; seq--) {
    if (deleted.has(seq)) continue;
    const entry = await entryAt(broker, seq).catch((error: unknown) => {
      if (isUnavailable(error)) throw error;
      onUnreadable(error);
    });
    if (entry && (consumer === undefined || entry.consumer === consumer)) yield entry;
  }
}

/** The message itself: the entry's copy, or the original in its stream; undefined when that is gone. */
export async function bodyOf(broker: Broker, { body, origin }: Omit<Entry, 'seq'>): Promise<Uint8Array | undefined> {
  if (body !== undefined) return Buffer.from(body, 'base64');
  const { streams } = await broker.jsm();
  return (await reachable(() => streams.getMessage(origin.stream, { seq: origin.seq })))?.data;
}

/** Parsed JSON, else text, else base64 marked as such. */
export function decoded(bytes: Uint8Array): unknown {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    try {
      return JSON.parse(text);
    } catch {
      return text;
    }
  } catch {
    return `base64: ${Buffer.from(bytes).toString('base64')}`;
  }
}

/**
 * Delivers the message to its consumer again. Resolves to the reason that it stays in quarantine, or to undefined once
 * it is handled and the entry deleted.
 */
export async function redrive(broker: Broker, entry: Entry, answerMs = REDRIVE_MS): Promise<string | undefined> {
  // A refused request is stored nowhere but in its entry.
  const { stream } = entry.origin;
  const request = redriveRequest.safeParse(stream === STREAM ? { stream, seq: entry.seq } : entry.origin);
  if (!request.success) return `its origin ${entry.origin.stream} is no stream that is consumed`;
  const problem = await ask(broker, entry.consumer, request.data, answerMs);
  if (problem !== undefined) return problem;
  const { streams } = await broker.jsm();
  await reachable(() => streams.deleteMessage(STREAM, entry.seq));
  return undefined;
}

/**
 * Keeps an entry without an end: publishes a copy without an age, and deletes the old one. Returns the copy's sequence,
 * and whether it is kept: in a stream from an older release the copy expires like any entry.
 */
export async function keep(broker: Broker, seq: number): Promise<{ seq: number; isForGood: boolean }> {
  const { streams } = await broker.jsm();
  const stored = await reachable(() => streams.getMessage(STREAM, { seq }));
  if (!stored) throw new Error(`there is no ${seq} in quarantine`);
  const isForGood = (await reachable(() => streams.info(STREAM))).config.allow_msg_ttl === true;
  // An id of its own, so that a repeated command after a crash adds no second copy.
  const options = { msgID: `kept/${seq}`, expect: { streamName: STREAM }, ...(isForGood ? { ttl: 'never' } : {}) };
  const ack = await reachable(() => broker.js().publish(stored.subject, stored.data, options));
  await overwrite(broker, STREAM, seq);
  return { seq: ack.seq, isForGood };
}

async function ask(
  broker: Broker,
  consumer: string,
  request: z.infer<typeof redriveRequest>,
  timeout: number,
): Promise<string | undefined> {
  try {
    const answer = await broker.connection().request(redriveSubject(consumer), JSON.stringify(request), { timeout });
    const reply = redriveReply.safeParse(read(answer.data));
    if (!reply.success) return `${consumer} gave an answer that can't be read; is it of another version?`;
    return 'error' in reply.data ? reply.data.error : undefined;
  } catch (error) {
    if (isNobody(error)) return `no ${consumer} is running; start it and redrive again`;
    if (error instanceof errors.TimeoutError)
      return (
        `${consumer} has not answered within ${timeout / 1_000} s; it ` +
        'may still be at work, and redriving again is safe'
      );
    throw error;
  }
}

const isNobody = (error: unknown): boolean =>
  error instanceof errors.NoRespondersError || (error instanceof errors.RequestError && error.isNoResponders());

function read(data: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(data));
  } catch {
    return undefined;
  }
}
