import { mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Recorded } from '@leadstream/contracts/events';

/** So much text is kept in memory; a log beyond it goes through temporary files. */
const HELD_BYTES_MAX = 64 * 1024 * 1024;
/** Ids are keyed hashes: two hex digits of them make 256 shelves of about the same size. */
const PREFIX_LENGTH = 2;

/** The leads whose ids lie in [from, to); undefined: no bound. All shelves together leave no id out. */
export interface Shelf {
  from: string | undefined;
  to: string | undefined;
  /** Each lead's events, by sequence. */
  leads: Map<string, Recorded[]>;
}

/**
 * Sorts a log by lead in bounded memory: what comes in the order of the log goes out lead by lead, one shelf of leads at a
 * time. Its files have no name from the moment they exist, so that nothing is left behind however the process ends.
 */
export class Shelves implements AsyncDisposable {
  readonly #held = new Map<string, string[]>();
  readonly #files = new Map<string, FileHandle>();
  readonly #heldMax: number;
  #heldBytes = 0;

  constructor(heldBytesMax = HELD_BYTES_MAX) {
    this.#heldMax = heldBytesMax;
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

  /** Once everything is put. */
  async *all(): AsyncGenerator<Shelf> {
    const prefixes = [...new Set([...this.#held.keys(), ...this.#files.keys()])].sort();
    if (prefixes.length === 0) yield { from: undefined, to: undefined, leads: new Map() };
    for (const [index, prefix] of prefixes.entries()) {
      const events: Recorded[] = [];
      // Our own text of a moment ago: an event that was parsed before it was put.
      for await (const text of this.#texts(prefix)) events.push(JSON.parse(text) as Recorded);
      yield { from: index === 0 ? undefined : prefix, to: prefixes[index + 1], leads: Map.groupBy(events.sort((a, b) => a.seq - b.seq), ({ leadId }) => leadId) };
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
    for (const [prefix, texts] of this.#held) {
      const file = this.#files.get(prefix) ?? await nameless();
      this.#files.set(prefix, file);
      await file.appendFile(`${texts.join('\n')}\n`);
    }
    this.#held.clear();
    this.#heldBytes = 0;
  }
}

async function nameless(): Promise<FileHandle> {
  const dir = await mkdtemp(join(tmpdir(), 'leadstream-verify-'));
  try {
    return await open(join(dir, 'shelf'), 'ax+', 0o600);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
