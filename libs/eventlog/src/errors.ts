/** The classes of failure that decide the fate of a message. Any other error is a counted failure. */

/** A dependency is unreachable. Never the message's fault: delivered again, never counted. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
  readonly code = 'UNAVAILABLE';
}

/** No delivery of this message can ever succeed: quarantined with the error's text as reason, then terminated. */
export class Poison extends Error {
  override readonly name = 'Poison';
  readonly code = 'POISON';
}

/** Not now: delivered again after `delayMs`, not counted as a failure. */
export class Retry extends Error {
  override readonly name = 'Retry';
  readonly code = 'RETRY';
  readonly delayMs: number;
  constructor(message: string, delayMs: number, options?: ErrorOptions) {
    super(message, options);
    this.delayMs = delayMs;
  }
}

/**
 * An event that the chain refers to is missing in the log. It may have been a stop, and an append would still succeed,
 * so without it nothing is folded or decided.
 */
export class HoleInChain extends Error {
  override readonly name = 'HoleInChain';
  readonly code = 'HOLE_IN_CHAIN';
  constructor(leadId: string, stream: string, seq: number, why: string) {
    super(`${leadId}: ${stream} ${seq} ${why}`);
  }
}

/** The process began with another log: its reads and its ids are of streams that this one lacks. It has to end. */
export class OtherPartitions extends Error {
  override readonly name = 'OtherPartitions';
  readonly code = 'OTHER_PARTITIONS';
  constructor(began: number, found: number) {
    super(`partitions: the log has ${found}, and this process began with ${began}; start it again`);
  }
}

/**
 * Personal data is unreadable here although its lead is not erased. Delivered again and never counted: an operator has
 * to restore the missing bucket `keys` or DATA_KEYS; until then nothing is decided and no mail composed.
 */
export class KeyLost extends Unavailable {
  constructor(leadId: string, why: string) {
    super(`${leadId}: the key of its personal data ${why}`);
  }
}

/** Matches only from the beginning of a word: from each of its letters, a long word would take quadratic time. */
const ADDRESS = /(?<![^\s<>"'@/])[^\s<>"'@/]+@[^\s<>"'@]+/g;
const NO_JSON = ' is not valid JSON';
const TEXT_MAX = 500;

/** An error's text without quoted personal data: addresses, and the piece of a text that JSON.parse could not read. */
export function withoutQuotes(text: string): string {
  const quote = text.indexOf('"');
  const end = text.lastIndexOf(NO_JSON);
  return (quote < 0 || end < quote ? text : `${text.slice(0, quote)}<text>${text.slice(end)}`).replace(
    ADDRESS,
    '<address>',
  );
}

export interface Described {
  name: string;
  code?: string;
  message: string;
  cause?: Described;
}

/** The loggable part of an error: drivers, parsers and providers quote their input, so that is removed. */
export const describeError = (error: unknown): Described => {
  if (!(error instanceof Error)) return { name: typeof error, message: 'not an Error was thrown' };
  const code =
    'code' in error && (typeof error.code === 'string' || typeof error.code === 'number')
      ? String(error.code)
      : undefined;
  return {
    name: error.name,
    ...(code ? { code } : {}),
    message: withoutQuotes(error.message).slice(0, TEXT_MAX),
    ...(error.cause instanceof Error ? { cause: describeError(error.cause) } : {}),
  };
};

/** The source position of an error, without its text. */
export const framesOf = (error: unknown): string[] =>
  error instanceof Error
    ? (error.stack ?? '')
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line.startsWith('at '))
    : [];
