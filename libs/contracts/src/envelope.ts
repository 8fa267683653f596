import { z } from 'zod';
import { catalogue, isEventType, type EventType, type Recorded } from './events.ts';
import { join, type Personal } from './personal.ts';

/** CloudEvents 1.0 over NATS, binary mode: attributes in `ce-*` headers, the data as JSON body. */
export const CE = {
  id: 'ce-id',
  type: 'ce-type',
  source: 'ce-source',
  time: 'ce-time',
  subject: 'ce-subject',
  specversion: 'ce-specversion',
  dataVersion: 'ce-dataversion',
} as const;
export const LEAD_VERSION = 'lead-version';
export const LEAD_PREV_SEQ = 'lead-prev-seq';
/**
 * The `ce-id` of the event at `lead-prev-seq`: after a restore, another event can have that sequence. Absent in a
 * lead's first event.
 */
export const LEAD_PREV_ID = 'lead-prev-id';
/**
 * The time of the event at `lead-prev-seq`, in ms since the epoch: an event that is made again after a restore has the
 * id of the lost one, and another time. Absent as above.
 */
export const LEAD_PREV_TIME = 'lead-prev-time';
/**
 * The lead's last event before this one that has an outcome in PUBLIC, by `idAndTime`, or NO_OUTCOME: its reader need
 * not walk the chain. On events whose type may have one.
 */
export const LEAD_PREV_OUTCOME = 'lead-prev-outcome';
export const NO_OUTCOME = 'none';
/** Names one event: one that is made again after a restore has the id of the lost one, and another time. */
export const idAndTime = (id: string, atMs: number): string => `${id}/${atMs}`;
/** The first span of the event's trace: the parent of its readers' spans. */
export const TRACEPARENT = 'traceparent';
/** Id of the span, in the trace of `traceparent`, that appended the event: readers' spans link it as their cause. */
export const LEAD_SPAN = 'lead-span';
/** Of a message that `leadctl replay` publishes: the sequence in LEADS. No reader takes it for an event of the log. */
export const REPLAY = 'leadstream-replay';

/** Reads a header; returns '' when absent, as every NATS client's headers do. */
export type HeaderReader = { get(name: string): string } | undefined;

/** A message that violates the contract. Its text names the violation and never quotes personal data. */
export class ContractError extends Error {
  override readonly name: string = 'ContractError';
  readonly code: string = 'CONTRACT';
}

/**
 * A message that a newer build wrote: its type is unknown here, or its data version is higher than this build reads. It
 * is valid, so a consumer hands it back until a newer build takes it.
 */
export class NewerEvent extends ContractError {
  override readonly name = 'NewerEvent';
  override readonly code = 'NEWER_EVENT';
  readonly type: string;
  constructor(type: string, version: number, known: number) {
    const limit = known > 0 ? `this one reads up to ${known}` : 'this one does not handle the type';
    super(`${type} in data version ${version} is of a newer build: ${limit}`);
    this.type = type;
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

const json = (data: Uint8Array): unknown => {
  try {
    return JSON.parse(utf8.decode(data));
  } catch (cause) {
    throw new ContractError('body is not JSON', { cause });
  }
};

const issues = (error: z.ZodError): string =>
  error.issues
    .slice(0, 5)
    // A key that is too long is the sender's own text, and may be personal data.
    .map(
      ({ code, path, message }) =>
        `${path.slice(0, code === 'invalid_key' ? -1 : undefined).join('.') || 'body'}: ${message}`,
    )
    .join('; ');

/** Parses `data` as event `type`; throws ContractError that names the fields. Used on publish as well as on receipt. */
export function parseData<T extends EventType>(type: T, data: unknown): Recorded<T>['data'] {
  const parsed = catalogue[type].data.safeParse(data);
  if (!parsed.success) throw new ContractError(`${type}: ${issues(parsed.error)}`);
  return parsed.data as Recorded<T>['data'];
}

const DATA_VERSION = /^[1-9]\d{0,5}$/;

/** `ce-dataversion` as a number; 1 when absent or in a foreign notation, because the first version had none. */
export const dataVersionOf = (headers: HeaderReader): number => dataVersionIn(headers?.get(CE.dataVersion) ?? '');

const dataVersionIn = (given: string): number => (DATA_VERSION.test(given) ? Number(given) : 1);

/** Throws NewerEvent when `type` was written in a higher data version than `known`. */
export function mustBeReadable(type: string, version: number, known: number): void {
  if (version > known) throw new NewerEvent(type, version, known);
}

/** The body of an event whose personal fields are sealed; `sealed` is '' when they are unreadable for ever. */
export const bodyOf = (clear: object, sealed: string): string => JSON.stringify({ ...clear, sealed });

/** Data as recorded in the log: sealed fields are removed or replaced as the table in `personal.ts` defines. */
function parseBody<T extends EventType>(type: T, body: unknown): { data: Recorded<T>['data']; sealed?: string } {
  if (typeof body !== 'object' || body === null || !('sealed' in body) || typeof body.sealed !== 'string')
    return { data: parseData(type, body) };
  const { sealed, ...clear } = body;
  return { data: parseData(type, join(type, clear, undefined)), sealed };
}

/** The event with its sealed fields restored from `json` and without `sealed`. Throws ContractError. */
export function opened(event: Recorded, json: string): Recorded {
  const { sealed: _, ...rest } = event;
  return {
    ...rest,
    data: parseData(event.type, join(event.type, event.data, JSON.parse(json) as Personal)),
  } as Recorded;
}

/**
 * A message of LEADS as the event it holds. Throws NewerEvent for an event of a newer build, ContractError when the
 * message is not an event. Sealed personal fields stay in `sealed`, and `data` holds the values for a reader without
 * the lead's key.
 */
export function parseRecorded(message: {
  subject: string;
  seq: number;
  headers: HeaderReader;
  data: Uint8Array;
}): Recorded {
  const { headers } = message;
  const [, leadId = '', token] = message.subject.split('.');
  const type = headers?.get(CE.type) ?? '';
  if (headers?.get(REPLAY)) throw new ContractError(`${type || 'a message'} was replayed, and is no event of the log`);
  if (!token || type !== `lead.${token}`)
    throw new ContractError(`unknown event ${type || '(none)'} on token ${token}`);
  const version = Number(headers?.get(LEAD_VERSION));
  const prevSeq = headers?.get(LEAD_PREV_SEQ);
  if (!Number.isSafeInteger(version) || version < 1 || !prevSeq || !/^\d+$/.test(prevSeq))
    throw new ContractError(`${type}: no lead-version or lead-prev-seq`);
  if (!isEventType(type)) throw new NewerEvent(type, dataVersionOf(headers), 0);
  mustBeReadable(type, dataVersionOf(headers), catalogue[type].version);
  const traceparent = headers?.get(TRACEPARENT);
  const span = headers?.get(LEAD_SPAN);
  const prevId = headers?.get(LEAD_PREV_ID);
  const prevTime = headers?.get(LEAD_PREV_TIME);
  const prevOutcome = headers?.get(LEAD_PREV_OUTCOME);
  return {
    type,
    ...parseBody(type, json(message.data)),
    id: headers?.get(CE.id) ?? '',
    leadId,
    seq: message.seq,
    version,
    prevSeq: Number(prevSeq),
    at: headers?.get(CE.time) ?? '',
    source: headers?.get(CE.source) ?? '',
    ...(prevId ? { prevId } : {}),
    ...(prevTime ? { prevAtMs: Number(prevTime) } : {}),
    ...(prevOutcome ? { prevOutcome } : {}),
    ...(traceparent ? { traceparent } : {}),
    ...(span ? { span } : {}),
  } as Recorded;
}

/** A CloudEvent from outside, binary or structured, as one shape. `data` is not validated yet. */
export interface Incoming {
  id: string;
  type: string;
  source: string;
  time?: string;
  traceparent?: string;
  /** 1 when the publisher names none. */
  dataVersion: number;
  data: unknown;
}

const structured = z.looseObject({
  specversion: z.literal('1.0'),
  id: z.string().min(1).max(500),
  type: z.string().min(1),
  source: z.string().min(1).max(500),
  time: z.string().optional(),
  traceparent: z.string().optional(),
  dataversion: z.unknown().optional(),
  data: z.unknown(),
});

/**
 * Reads a CloudEvent in binary mode (`ce-*` headers) or structured mode (JSON with `specversion`).
 * Throws ContractError when it is neither.
 */
export function parseIncoming(headers: HeaderReader, body: Uint8Array): Incoming {
  const parsed = json(body);
  const type = headers?.get(CE.type);
  if (type) {
    const id = headers?.get(CE.id);
    const source = headers?.get(CE.source);
    if (!id || !source) throw new ContractError(`${id ? CE.source : CE.id} header is missing`);
    const time = headers?.get(CE.time);
    const traceparent = headers?.get(TRACEPARENT);
    return {
      id,
      type,
      source,
      dataVersion: dataVersionOf(headers),
      data: parsed,
      ...(time ? { time } : {}),
      ...(traceparent ? { traceparent } : {}),
    };
  }
  const event = structured.safeParse(parsed);
  if (!event.success)
    throw new ContractError(`neither ce-type header nor structured CloudEvent: ${issues(event.error)}`);
  const traceparent = headers?.get(TRACEPARENT) || event.data.traceparent;
  const { id, source, time, dataversion, data } = event.data;
  const dataVersion = dataVersionIn(String(dataversion));
  return {
    id,
    type: event.data.type,
    source,
    dataVersion,
    data,
    ...(time ? { time } : {}),
    ...(traceparent ? { traceparent } : {}),
  };
}

/**
 * The natural key of a submission, `<source>/<id>`. A slash in the id is percent-encoded: both parts may have slashes,
 * and `shop` with `eu/1` must not be the same submission as `shop/eu` with `1`.
 */
export const submissionKey = (source: string, id: string): string =>
  `${source}/${id.replace(/[%/]/g, encodeURIComponent)}`;

/** The id in a key of `submissionKey`. */
export const submissionIdIn = (key: string, source: string): string =>
  key.slice(source.length + 1).replace(/%2F|%25/g, decodeURIComponent);

/** zod's issues as one line: `field: problem; field: problem`. */
export const describeIssues = issues;
