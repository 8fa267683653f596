import { mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Recorded } from '@leadstream/contracts/events';

/** Bytes of text kept in memory; a larger log goes through temporary files. */
const HELD_BYTES_MAX = 64 * 1024 * 1024;
/** Ids are keyed hashes: their first two hex digits make 256 partitions of about the same size. */
const PREFIX_LENGTH = 2;

/** The temporary folder can't hold what does not fit into memory. */
class NoScratch extends Error {
  override readonly name = 'NoScratch';
  readonly code = 'NO_SCRATCH';
  constructor(folder: string, keptBytes: number, cause: unknown) {
    const why = typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : String(cause);
    super(
      `this log does not fit into memory, and the temporary folder ${folder} can't ` +
        `hold it (${why}, ${Math.floor(keptBytes / 1024 / 1024)} MiB kept): ` +
        'let TMPDIR name a folder that can be written and has about as much room as LEADS',
      { cause },
    );
  }
}

/** The leads whose ids lie in [from, to); undefined: no bound. All partitions together include every id. */
export interface Partition {
  from: string | undefined;
  to: string | undefined;
  /** Each lead's events, by sequence. */
  leads: Map<string, Recorded[]>;
}

/**
 * Sorts a log by lead in bounded memory: events are put in the log's order and returned by lead, one partition of leads
 * at a time. Its files have no name from the moment they exist, so that none is left behind however the process ends.
 */
export class Partitions implements AsyncDisposable {
  readonly #held = new Map<string, string[]>();
  readonly #files = new Map<string, FileHandle>();
  readonly #heldMax: number;
  readonly #folder: string;
  #heldBytes = 0;
  #keptBytes = 0;

  constructor(heldBytesMax = HELD_BYTES_MAX, folder = tmpdir()) {
    this.#heldMax = heldBytesMax;
    this.#folder = folder;
  }

  async put(event: Recorded): Promise<void> {
    const text = JSON.stringify(event);
    const prefix = event.leadId.slice(0, PREFIX_LENGTH);
    const held = this.#held.get(prefix);
    if (held) held.push(text);
    else this.#held.set(prefix, [text]);
    this.#heldBytes += text.length;
    if (this.#heldBytes > this.#heldMax) await this.#spill();
  }

  /** Call after all events are put. */
  async *all(): AsyncGenerator<Partition> {
    const prefixes = [...new Set([...this.#held.keys(), ...this.#files.keys()])].sort();
    if (prefixes.length === 0) yield { from: undefined, to: undefined, leads: new Map() };
    for (const [index, prefix] of prefixes.entries()) {
      const events: Recorded[] = [];
      // Written by this process: an event that was parsed before it was put.
      for await (const text of this.#texts(prefix)) events.push(JSON.parse(text) as Recorded);
      yield {
        from: index === 0 ? undefined : prefix,
        to: prefixes[index + 1],
        leads: Map.groupBy(
          events.sort((a, b) => a.seq - b.seq),
          ({ leadId }) => leadId,
        ),
      };
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#files.values()].map((file) => file.close()));
  }

  async *#texts(prefix: string): AsyncGenerator<string> {
    const file = this.#files.get(prefix);
    if (file) yield* file.readLines({ start: 0, autoClose: false });
    yield* this.#held.get(prefix) ?? [];
  }

  async #spill(): Promise<void> {
    try {
      await this.#write();
    } catch (error) {
      throw new NoScratch(this.#folder, this.#keptBytes, error);
    }
    this.#held.clear();
    this.#heldBytes = 0;
  }

  async #write(): Promise<void> {
    for (const [prefix, texts] of this.#held) {
      const file = this.#files.get(prefix) ?? (await nameless(this.#folder));
      this.#files.set(prefix, file);
      const text = `${texts.join('\n')}\n`;
      await file.appendFile(text);
      this.#keptBytes += text.length;
    }
  }
}

async function nameless(folder: string): Promise<FileHandle> {
  const dir = await mkdtemp(join(folder, 'leadstream-verify-'));
  try {
    return await open(join(dir, 'partition'), 'ax+', 0o600);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
