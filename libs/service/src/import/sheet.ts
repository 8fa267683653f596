import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Known } from '@leadstream/lead/intake/names';
import type { Choice, Problem, Taken } from './rows.ts';

export const SHEET_BYTES_MAX = 10 * 1024 * 1024;
/** 400,000 addresses need all of it, and the process 350 MB more than before: the console has 768 Mi in Kubernetes. */
const HEAP_MAX = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 32 };
const READ_MS_MAX = 60_000;

export interface SheetOptions {
  /** For each column by its place; undefined: its name decides. */
  choices: (Choice | undefined)[];
  /** Of rows that name none. */
  source?: string | undefined;
  defaultRegion: string;
}

export interface Preview {
  rows: number;
  columns: { name: string; field: Known | null; guess: Known | null; isChosen: boolean; examples: string[] }[];
  /** Not empty: no row is judged. */
  missing: ('email' | 'source')[];
  counts: { leads: number; repeated: number; refused: number };
  shown: (
    | { row: number; outcome: 'refused'; problems: Problem[] }
    | { row: number; outcome: 'lead' | 'repeated'; first: number; lead: PreviewedLead }
  )[];
  /** The first ones. */
  refused: { row: number; problems: Problem[] }[];
  /** Those of the most rows. */
  sources: { name: string; rows: number }[];
}
interface PreviewedLead {
  email: string;
  name: string | null;
  phone: string | null;
  source: string;
  /** Names of what is kept beside the known fields. */
  fields: string[];
}

export type Question = { kind: 'preview' } | { kind: 'refused' } | { kind: 'begin'; after: number } | { kind: 'next' };
export interface Answer {
  preview: Preview;
  refused: string;
  begin: { hash: string; missing: Preview['missing']; rows: number; refused: number };
  next: Taken[];
}

/** The file cannot be read; the message tells a person why. */
export class SheetFault extends Error {
  readonly code = 'SHEET';
}

/**
 * A CSV file, read and judged in a thread of its own: a process that answers others is not held up by a large file, and
 * its memory is bounded whatever the file is.
 */
export class Sheet implements AsyncDisposable {
  readonly #worker: Worker;
  readonly #closed = new AbortController();

  private constructor(worker: Worker) {
    this.#worker = worker;
  }

  /** Takes the bytes. Throws SheetFault. */
  static async open(bytes: Uint8Array<ArrayBuffer>, options: SheetOptions): Promise<Sheet> {
    const isSource = import.meta.url.endsWith('.ts');
    const file = new URL(`./sheet-worker.${isSource ? 'ts' : 'js'}`, import.meta.url);
    const worker = new Worker(file, {
      workerData: { bytes, ...options },
      transferList: [bytes.buffer],
      execArgv: isSource ? ['--conditions=@leadstream/source'] : [],
      env: {},
      resourceLimits: HEAP_MAX,
      stdout: true,
      stderr: true,
    });
    const sheet = new Sheet(worker);
    // Also between two questions: the next one has it as its answer.
    worker.once('error', (error) => sheet.#closed.abort(error));
    try {
      await sheet.#answer();
      return sheet;
    } catch (error) {
      await sheet[Symbol.asyncDispose]();
      throw error;
    }
  }

  ask<Kind extends Question['kind']>(question: Extract<Question, { kind: Kind }>): Promise<Answer[Kind]> {
    const answer = this.#answer();
    this.#worker.postMessage(question);
    return answer as Promise<Answer[Kind]>;
  }

  /** The rows from `begin` on, in batches. */
  async *batches(): AsyncGenerator<Taken[]> {
    for (let batch = await this.ask({ kind: 'next' }); batch.length > 0; batch = await this.ask({ kind: 'next' }))
      yield batch;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort();
    await this.#worker.terminate();
  }

  async #answer(): Promise<unknown> {
    const late = AbortSignal.timeout(READ_MS_MAX);
    try {
      const [answer] = (await once(this.#worker, 'message', {
        signal: AbortSignal.any([late, this.#closed.signal]),
      })) as unknown[];
      return answer;
    } catch (cause) {
      const { aborted, reason } = this.#closed.signal as { aborted: boolean; reason: unknown };
      const why = aborted ? reasonOf(reason) : `the file is not read within ${READ_MS_MAX / 1_000} s`;
      throw new SheetFault(why, { cause });
    }
  }
}

/** An error of a thread is not `instanceof` this realm's Error. */
function reasonOf(cause: unknown): string {
  const { code, message = 'the file cannot be read' } = Object(cause) as { code?: string; message?: string };
  return code === 'ERR_WORKER_OUT_OF_MEMORY'
    ? 'the file has too many cells: split it, or import it by leadctl'
    : message;
}
