import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { reachable, type Broker } from '@leadstream/eventlog/broker';
import { Unavailable } from '@leadstream/eventlog/errors';
import { Empty, RequestError, type Msg, type Subscription } from '@nats-io/transport-node';
import { z } from 'zod';

/**
 * JetStream's snapshot API, which the client does not offer: `$JS.API.STREAM.SNAPSHOT.<stream>` and `RESTORE`, the ones
 * behind `nats stream backup`. A snapshot is the server's own tar, consumers and their acknowledgements included.
 */

const CHUNK_BYTES = 128 * 1024;
/** The server's send window ahead of our acknowledgements, which bounds our memory. */
const WINDOW_BYTES = 4 * 1024 * 1024;
/** The first response comes after the server has checked the whole stream's checksums. */
const FIRST_ANSWER_MS = 30 * 60_000;
/** The limit between two chunks. The server gives up after 5 s. */
const SILENCE_MS = 30_000;
/** The server's patience with a restore whose next chunk does not come. */
const PATIENCE_MS = 5_000;
const AGAIN_MS = 50;
/** The last response can take longer than a request may: the server builds its indexes. */
const LAST_ANSWER_MS = 30 * 60_000;

const refusal = z.looseObject({ error: z.looseObject({ description: z.string(), err_code: z.number().optional() }) });
/** A stream's configuration and state in the server's own JSON. Unknown fields are returned unchanged. */
export const described = z.object({
  config: z.looseObject({ name: z.string(), num_replicas: z.number() }),
  state: z.looseObject({ messages: z.number(), bytes: z.number(), first_seq: z.number(), last_seq: z.number() }),
});
export type Described = z.infer<typeof described>;
interface Snapshot extends Described {
  bytes: number;
  sha256: string;
}

/** A snapshot that ended before the stream did. The server gives one up after 5 s without our acknowledgement. */
class CutOff extends Error {
  constructor(stream: string, why: string) {
    super(`${stream}: the snapshot was cut off: ${why}`);
  }
}

const TRIES = 3;

/**
 * Writes a snapshot of the stream to the new file `path`, and syncs it. Each chunk is acknowledged once it is written,
 * so that memory stays flat. A snapshot that is cut off is taken again from its beginning, three times in all, because
 * the server sends a chunk once. Throws when the last one is cut off or the server refuses, and leaves an incomplete
 * file. `onBytes` is told the bytes of each chunk, and takes back those of a snapshot that was cut off.
 */
export async function takeSnapshot(
  broker: Broker,
  stream: string,
  path: string,
  onBytes: (bytes: number) => void = () => undefined,
): Promise<Snapshot> {
  for (let left = TRIES - 1; ; left--) {
    let written = 0;
    const count = (bytes: number) => {
      written += bytes;
      onBytes(bytes);
    };
    try {
      return await takenOnce(broker, stream, path, count);
    } catch (error) {
      if (!(error instanceof CutOff) || left === 0) throw error;
      onBytes(-written);
      await rm(path, { force: true });
    }
  }
}

async function takenOnce(
  broker: Broker,
  stream: string,
  path: string,
  onBytes: (bytes: number) => void,
): Promise<Snapshot> {
  const nc = broker.connection();
  const deliverTo = broker.inbox();
  const chunks = nc.subscribe(deliverTo);
  const watch = watched(broker, chunks);
  try {
    // A bucket's consumers are watches of currently running processes.
    const request = {
      deliver_subject: deliverTo,
      chunk_size: CHUNK_BYTES,
      window_size: WINDOW_BYTES,
      jsck: true,
      no_consumers: stream.startsWith('KV_'),
    };
    const about = described.parse(await ask(broker, `$JS.API.STREAM.SNAPSHOT.${stream}`, request, FIRST_ANSWER_MS));
    watch.heard();
    await using file = await open(path, 'wx', 0o600);
    const hash = createHash('sha256');
    let bytes = 0;
    let count = 0;
    for await (const chunk of chunks) {
      watch.heard();
      if (chunk.data.length === 0) {
        ended(stream, chunk);
        await file.sync();
        return { ...about, bytes, sha256: hash.digest('hex') };
      }
      count++;
      inOrder(stream, chunk, count);
      await file.writeFile(chunk.data);
      hash.update(chunk.data);
      bytes += chunk.data.length;
      onBytes(chunk.data.length);
      chunk.respond();
    }
    throw new CutOff(stream, watch.ended ?? 'the subscription ended');
  } finally {
    watch.stop();
    chunks.unsubscribe();
  }
}

/** Ends the subscription after 30 s without a chunk, or after a reconnection. */
function watched(broker: Broker, chunks: Subscription) {
  const watch = { ended: undefined as string | undefined, heard: () => {}, stop: () => {} };
  const end = (why: string) => {
    watch.ended ??= why;
    chunks.unsubscribe();
  };
  let timer: NodeJS.Timeout | undefined;
  const unlisten = broker.onReady(() => end('the connection was lost'));
  watch.heard = () => {
    clearTimeout(timer);
    timer = setTimeout(() => end(`nothing was heard for ${SILENCE_MS / 1_000} s`), SILENCE_MS);
  };
  watch.stop = () => {
    clearTimeout(timer);
    unlisten();
  };
  return watch;
}

/** The server ends a snapshot by an empty message; its status reports an error. */
function ended(stream: string, { headers }: Msg): void {
  if (headers?.hasError) throw new CutOff(stream, `${headers.code} ${headers.description}`);
}

/** The reply subject of a chunk ends in its number. The last chunk needs no acknowledgement. */
function inOrder(stream: string, { reply }: Msg, count: number): void {
  const number = reply === undefined || reply === '' ? count : Number(reply.slice(reply.lastIndexOf('.') + 1));
  if (number !== count) throw new CutOff(stream, `chunk ${count} was lost`);
}

/**
 * Recreates the stream and its consumers from a file of `takeSnapshot`. The stream must not exist. It is created whole
 * or not at all, also after a crash. Throws when it ends before the snapshot did.
 */
export async function restoreSnapshot(broker: Broker, { config, state }: Described, path: string): Promise<void> {
  const { name } = config;
  const answer = await ask(broker, `$JS.API.STREAM.RESTORE.${name}`, { config, state }, SILENCE_MS);
  const { deliver_subject: deliverTo } = z.looseObject({ deliver_subject: z.string() }).parse(answer);
  const chunks: AsyncIterable<Buffer> = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  for await (const chunk of chunks) await taken(() => send(broker, name, deliverTo, chunk, SILENCE_MS));
  const last = await taken(() => send(broker, name, deliverTo, Empty, LAST_ANSWER_MS));
  const restored = described.parse(last).state;
  if (restored.last_seq < state.last_seq)
    throw new Error(`${name} ends at ${restored.last_seq} after it was restored, not at ${state.last_seq}`);
}

/**
 * Sends a chunk again that has no subscriber: in a cluster the answer to the request can be here before the other
 * server's subscription is. Nobody has taken such a chunk, so none is taken twice.
 */
async function taken(chunk: () => Promise<unknown>): Promise<unknown> {
  for (const untilMs = performance.now() + PATIENCE_MS; ; await delay(AGAIN_MS)) {
    try {
      return await chunk();
    } catch (error) {
      if (!hasNoSubscriber(error) || performance.now() > untilMs) throw error;
    }
  }
}

const hasNoSubscriber = (error: unknown): boolean =>
  error instanceof Unavailable && error.cause instanceof RequestError && error.cause.isNoResponders();

async function ask(broker: Broker, subject: string, request: object, timeout: number): Promise<unknown> {
  return send(
    broker,
    subject.slice(subject.lastIndexOf('.') + 1),
    subject,
    new TextEncoder().encode(JSON.stringify(request)),
    timeout,
  );
}

/** The response as JSON, undefined when it is empty; throws the server's error. */
async function send(
  broker: Broker,
  stream: string,
  subject: string,
  data: Uint8Array,
  timeout: number,
): Promise<unknown> {
  const answer = await reachable(() => broker.connection().request(subject, data, { timeout }));
  if (answer.data.length === 0) return undefined;
  const json: unknown = answer.json();
  const refused = refusal.safeParse(json);
  if (refused.success) throw new Error(`${stream}: ${refused.data.error.description}`);
  return json;
}
