/**
 * Why a message was not handled, as far as that decides what becomes of it. Anything else thrown is a counted failure.
 */

/** A dependency can't be reached. Never the message's fault: delivered again, never counted. */
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
 * An event that the chain refers to is not in the log. What is missing may be a stop, and an append would still
 * succeed, so nothing is folded or decided without it.
 */
export class HoleInChain extends Error {
  override readonly name = 'HoleInChain';
  readonly code = 'HOLE_IN_CHAIN';
  constructor(leadId: string, seq: number, why: string) {
    super(`${leadId}: LEADS ${seq} ${why}`);
  }
}

/**
 * Personal data can't be read here although nobody erased its lead. Delivered again and never counted: what is missing
 * (the
 * bucket `keys`, DATA_KEYS) is for an operator to bring back, and without it nothing is decided, and no mail written.
 */
export class KeyLost extends Unavailable {
  constructor(leadId: string, why: string) {
    super(`${leadId}: the key of its personal data ${why}`);
  }
}

/** Only from where a word begins: from each of its letters, a long one would take the square of its length. */
const ADDRESS = /(?<![^\s<>"'@/])[^\s<>"'@/]+@[^\s<>"'@]+/g;
const NO_JSON = ' is not valid JSON';
const TEXT_MAX = 500;

/**
 * An error's text without what it quotes of people: addresses, and the piece of a text that JSON.parse could not read.
 */
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

/**
 * What a log line or a quarantine may say of an error: drivers, parsers and providers quote what they were given, so
 * that is cut out.
 */
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

/** Where an error was thrown, without its text. */
export const framesOf = (error: unknown): string[] =>
  error instanceof Error
    ? (error.stack ?? '')
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line.startsWith('at '))
    : [];
