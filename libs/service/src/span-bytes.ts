import type { Attributes, Link } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';

/** Wire types of protobuf. */
const [VARINT, I64, LEN, I32] = [0, 1, 2, 5];
/** Flags of OTLP. */
const HAS_IS_REMOTE = 0x100;
const IS_REMOTE = 0x200;
/** The bytes of a tag and a number at most. */
const FIELD_BYTES_MAX = 16;
const TWO_32 = 2 ** 32;

/** Written from its beginning for each message that is asked for. */
let bytes = Buffer.allocUnsafeSlow(16_384);
let at = 0;

function makeRoom(size: number): void {
  if (at + size <= bytes.length) return;
  const larger = Buffer.allocUnsafeSlow(2 * (at + size));
  bytes.copy(larger, 0, 0, at);
  bytes = larger;
}

/** Of at most 32 bits. */
function varint(value: number): void {
  let rest = value;
  while (rest > 127) {
    bytes[at++] = (rest & 127) | 128;
    rest >>>= 7;
  }
  bytes[at++] = rest;
}

function tag(field: number, type: number): void {
  makeRoom(FIELD_BYTES_MAX);
  varint((field << 3) | type);
}

function number(field: number, value: number): void {
  tag(field, VARINT);
  varint(value);
}

/** Begins a message with one byte for its length; `end` shifts a message that needs more. */
function begin(field: number): number {
  tag(field, LEN);
  return ++at;
}

function end(start: number): void {
  const length = at - start;
  if (length > 127) {
    makeRoom(FIELD_BYTES_MAX);
    const more = length < 2 ** 14 ? 1 : length < 2 ** 21 ? 2 : 3;
    bytes.copyWithin(start + more, start, at);
    at = start - 1;
    varint(length);
    at += length;
  } else bytes[start - 1] = length;
}

function text(field: number, value: string): void {
  const { length } = value;
  const start = begin(field);
  makeRoom(3 * length);
  // A loop, because a native call costs more than so short a text.
  for (let i = 0; i < length; i++) {
    const code = value.charCodeAt(i);
    if (code > 127) {
      at = start + bytes.write(value, start);
      break;
    }
    bytes[at++] = code;
  }
  end(start);
}

function id(field: number, hex: string): void {
  const start = begin(field);
  makeRoom(hex.length);
  at += bytes.write(hex, at, 'hex');
  end(start);
}

/** The product is exact: of the factor 10⁹ only 5⁹ takes digits of a double. */
function time(field: number, [seconds, nanoseconds]: ReadableSpan['startTime']): void {
  tag(field, I64);
  const whole = seconds * 1e9;
  const high = Math.floor(whole / TWO_32);
  const low = whole - high * TWO_32 + nanoseconds;
  at = bytes.writeUInt32LE(low % TWO_32, at);
  at = bytes.writeUInt32LE(low < TWO_32 ? high : high + 1, at);
}

function flags(field: number, traceFlags: number, isRemote: boolean | undefined): void {
  tag(field, I32);
  at = bytes.writeUInt32LE((traceFlags & 255) | HAS_IS_REMOTE | (isRemote ? IS_REMOTE : 0), at);
}

type Simple = string | boolean | number;
const isSimple = (value: unknown): value is Simple =>
  typeof value === 'string' || typeof value === 'boolean' || (typeof value === 'number' && value >>> 0 === value);

function attribute(field: number, key: string, value: Simple): void {
  const start = begin(field);
  text(1, key);
  const inner = begin(2);
  if (typeof value === 'string') text(1, value);
  else if (typeof value === 'boolean') number(2, value ? 1 : 0);
  else number(3, value);
  end(inner);
  end(start);
}

/** False when one has another value. */
function attributes(field: number, all: Attributes): boolean {
  for (const key in all) {
    const value = all[key];
    if (!isSimple(value)) return false;
    attribute(field, key, value);
  }
  return true;
}

function link({ context, attributes: its = {}, droppedAttributesCount = 0 }: Link): boolean {
  const start = begin(13);
  id(1, context.traceId);
  id(2, context.spanId);
  const state = context.traceState?.serialize();
  if (state) text(3, state);
  const areSimple = attributes(4, its);
  number(5, droppedAttributesCount);
  flags(6, context.traceFlags, context.isRemote);
  end(start);
  return areSimple;
}

function status({ code, message }: ReadableSpan['status']): void {
  const start = begin(15);
  if (message) text(2, message);
  number(3, code);
  end(start);
}

/**
 * A span as a field of `ScopeSpans`, the same bytes as the library's; undefined if it has an event, or an attribute
 * that is no text, boolean or number of 32 bits.
 */
export function spanBytes(span: ReadableSpan): Buffer | undefined {
  if (span.events.length > 0) return undefined;
  at = 0;
  const start = begin(2);
  const { traceId, spanId, traceFlags, traceState } = span.spanContext();
  id(1, traceId);
  id(2, spanId);
  const state = traceState?.serialize();
  if (state) text(3, state);
  if (span.parentSpanContext?.spanId) id(4, span.parentSpanContext.spanId);
  text(5, span.name);
  number(6, span.kind + 1);
  time(7, span.startTime);
  time(8, span.endTime);
  const areSimple = attributes(9, span.attributes);
  number(10, span.droppedAttributesCount);
  number(12, span.droppedEventsCount);
  if (!span.links.every(link) || !areSimple) return undefined;
  number(14, span.droppedLinksCount);
  status(span.status);
  flags(16, traceFlags, span.parentSpanContext?.isRemote);
  end(start);
  return written();
}

export function resourceBytes(all: Attributes): Buffer {
  at = 0;
  const start = begin(1);
  attributes(1, all);
  number(2, 0);
  end(start);
  return written();
}

export function scopeBytes({ name, version }: ReadableSpan['instrumentationScope']): Buffer {
  at = 0;
  const start = begin(1);
  text(1, name);
  if (version) text(2, version);
  end(start);
  return written();
}

/** A message of parts that are written. */
export function message(field: number, parts: readonly Buffer[]): Buffer[] {
  at = 0;
  tag(field, LEN);
  varint(parts.reduce((sum, { length }) => sum + length, 0));
  return [written(), ...parts];
}

const written = (): Buffer => Buffer.from(bytes.subarray(0, at));
