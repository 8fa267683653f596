import parser, { type Token } from 'stream-json/parser.js';

/** No provider posts deeper values, of which the parser would hold each level. */
const DEPTH_MAX = 16;
const KEY_LENGTH_MAX = 100;

/** Takes a string value in pieces. */
export type Sink = (piece: string) => void;

/** Tracks the keys and indexes above each token, and hands the pieces of each string value to its sink. */
class Walk {
  readonly #open: (path: string) => Sink | undefined;
  readonly #path: (string | number)[] = [];
  #key: string | undefined;
  #sink: Sink | undefined;

  constructor(open: (path: string) => Sink | undefined) {
    this.#open = open;
  }

  token(token: Token): void {
    switch (token.name) {
      case 'startKey':
        this.#key = '';
        return;
      case 'endKey':
        this.#path.splice(-1, 1, this.#key ?? '');
        this.#key = undefined;
        return;
      case 'stringChunk':
        if (this.#key === undefined) this.#sink?.(token.value);
        else if (this.#key.length < KEY_LENGTH_MAX) this.#key += token.value;
        return;
      case 'startString':
        this.#next();
        this.#sink = this.#open(this.#path.join('.'));
        return;
      case 'endString':
        this.#sink = undefined;
        return;
      case 'startObject':
      case 'startArray':
        this.#next();
        if (this.#path.length >= DEPTH_MAX) throw new Error(`nested deeper than ${DEPTH_MAX}`);
        this.#path.push(token.name === 'startArray' ? -1 : '');
        return;
      case 'endObject':
      case 'endArray':
        this.#path.pop();
        return;
      case 'startNumber':
      case 'nullValue':
      case 'trueValue':
      case 'falseValue':
        return this.#next();
      case 'numberChunk':
      case 'endNumber':
      case 'whitespace':
      // Of packed values, which are off: they would be held whole.
      case 'keyValue':
      case 'stringValue':
      case 'numberValue':
        return;
    }
  }

  /** Within an array each value has the next index. */
  #next(): void {
    const last = this.#path.at(-1);
    if (typeof last === 'number') this.#path.splice(-1, 1, last + 1);
  }
}

/**
 * Reads a JSON document in pieces: `open` gets the path of each string value (`Headers.0.Name`) and returns its sink,
 * or undefined to skip it. `write` resolves when more may be written, `end` with the document's problem; neither ever
 * rejects.
 */
export function stringsOfJson(open: (path: string) => Sink | undefined): {
  write(chunk: Uint8Array): Promise<void>;
  end(): Promise<string | undefined>;
} {
  const walk = new Walk(open);
  const stream = parser.asStream({ packKeys: false, packStrings: false, packNumbers: false });
  const { promise: done, resolve } = Promise.withResolvers<string | undefined>();
  let isOver = false;
  const settle = (problem?: string): void => {
    isOver = true;
    resolve(problem?.slice(0, 200));
  };
  stream
    .on('data', (token: Token) => {
      try {
        if (!isOver) walk.token(token);
      } catch (error) {
        settle(String(error));
        stream.destroy();
      }
    })
    .on('end', () => settle())
    .on('error', (error: Error) => settle(error.message));
  const over = done.then(() => undefined);
  return {
    write: async (chunk) => {
      if (isOver || stream.write(chunk)) return;
      await Promise.race([new Promise<void>((drained) => void stream.once('drain', drained)), over]);
    },
    end: () => {
      if (!isOver) stream.end();
      return done;
    },
  };
}
