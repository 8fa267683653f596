import { eventBatch } from '@leadstream/contracts/feedback';
import type { StreamName } from '@leadstream/contracts/streams';
import { reachable, type Broker } from '@leadstream/eventlog/broker';
import { messagesTo } from '@leadstream/eventlog/read';
import { originStream } from '@leadstream/service/redrive';
import { DeliverPolicy } from '@nats-io/jetstream';
import { z } from 'zod';
import type { Person } from './mentions.ts';

/** The streams that keep raw input; QUARANTINE first, because its entries may need messages of the others. */
const RAW_STREAMS = ['QUARANTINE', 'INTAKE', 'FEEDBACK'] as const satisfies readonly StreamName[];
export type RawStream = (typeof RAW_STREAMS)[number];
export type MessagePosition = `${RawStream}/${number}`;

/** A message that names a person, or that caused one of the person's own events. */
export interface Held {
  stream: RawStream;
  seq: number;
  at: string;
  subject: string;
  /** Parsed if it is JSON; of a batch, only the events about this person. */
  says: unknown;
  /** Contains unhandled data of others: it cannot be deleted before that is redriven. */
  isWanted: boolean;
}

export type Ends = Readonly<Record<RawStream, number>>;

/** The last sequence of each stream; of QUARANTINE first, whose later entries may need later messages of the others. */
export async function endsOf(broker: Broker): Promise<Ends> {
  const { streams } = await broker.jsm();
  const ends = { QUARANTINE: 0, INTAKE: 0, FEEDBACK: 0 };
  for (const stream of RAW_STREAMS) ends[stream] = (await reachable(() => streams.info(stream))).state.last_seq;
  return ends;
}

/**
 * The person's messages in the streams: those that name the person, and those at `named` places. Reads each stream
 * once, from its first message or from after these ends.
 */
export async function* heldOf(
  broker: Broker,
  person: Person,
  named: ReadonlySet<MessagePosition>,
  after: Ends = { QUARANTINE: 0, INTAKE: 0, FEEDBACK: 0 },
): AsyncGenerator<Held> {
  /** The places that other people's entries are redriven from. */
  const wanted = new Set<string>();
  for (const stream of RAW_STREAMS) {
    const only = { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: after[stream] + 1 };
    for await (const message of messagesTo(broker.js(), stream, { only })) {
      const { seq, subject, data, headers } = message;
      const heads = (headers?.keys() ?? []).flatMap((name) => headers?.values(name) ?? []);
      const says = read(data);
      const origin = stream === 'QUARANTINE' ? originOf(says) : undefined;
      const isNamed =
        named.has(`${stream}/${seq}`) ||
        (origin?.isWhole && named.has(origin.place)) ||
        person.isNamed(says) ||
        person.isNamed(heads);
      if (!isNamed) {
        if (origin) wanted.add(origin.place);
        continue;
      }
      const { own, isShared } = ownOf(person, says);
      if (origin && isShared) wanted.add(origin.place);
      yield {
        stream,
        seq,
        subject,
        at: message.time.toISOString(),
        says: own,
        isWanted: isShared && (stream === 'QUARANTINE' || wanted.has(`${stream}/${seq}`)),
      };
    }
  }
}

/** The origin of an entry of QUARANTINE. A part of a batch may concern another lead than the rest. */
function originOf(says: unknown): { place: MessagePosition; isWhole: boolean } | undefined {
  const { success, data } = entrySchema.safeParse(says);
  return success
    ? { place: `${data.origin.stream}/${data.origin.seq}` as MessagePosition, isWhole: data.origin.index === undefined }
    : undefined;
}

const entrySchema = z.looseObject({
  origin: z.object({
    stream: originStream,
    seq: z.number(),
    index: z.number().optional(),
  }),
  body: z.string().optional(),
});

/**
 * The part of a message about the person, its copy in quarantine decoded; and whether the message is a batch of events
 * that concerns others too.
 */
function ownOf(person: Person, says: unknown): { own: unknown; isShared: boolean } {
  const entry = entrySchema.safeParse(says);
  if (entry.success && entry.data.body !== undefined) {
    const { own, isShared } = ownOf(person, read(Buffer.from(entry.data.body, 'base64')));
    return { own: { ...entry.data, body: own }, isShared };
  }
  const batch = eventBatch.strict().safeParse(says);
  const events = batch.success ? read(Buffer.from(batch.data.body)) : undefined;
  if (!Array.isArray(events)) return { own: says, isShared: false };
  const own: unknown[] = events.filter((event) => person.isNamed(event));
  return { own: { body: own }, isShared: own.length < events.length };
}

function read(data: Uint8Array): unknown {
  const text = new TextDecoder().decode(data);
  try {
    const json: unknown = JSON.parse(text);
    return json;
  } catch {
    return text;
  }
}
