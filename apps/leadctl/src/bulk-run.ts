import { open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { formatOf, Tally, type Reported } from './bulk-report.ts';

const headerSchema = z.object({ run: z.string(), asked: z.unknown() });
export type Header = z.infer<typeof headerSchema>;

const TAIL_BYTES = 64 * 1024;
const LINE_FEED = 0x0a;
/** No one else's: a report has the ids of leads, and the snapshot what was asked, a note's text for example. */
const MODE = 0o600;

/**
 * The files of a run. `<report>.ids` has what was asked and then the leads, one a line; it is complete before the first
 * command, so that a filter's result may change meanwhile. The report has one line a lead in the same order: its length
 * is the place to go on from.
 */
export class BulkRun {
  readonly #report: string;
  readonly header: Header;
  readonly total: number;
  /** The outcomes in the report. */
  readonly tally: Tally;

  private constructor(report: string, header: Header, total: number, tally: Tally) {
    [this.#report, this.header, this.total, this.tally] = [report, header, total, tally];
  }

  /** Writes the snapshot; one that was not complete is written anew. Throws when the report is another file. */
  static async begin(report: string, header: Header, ids: AsyncIterable<string>): Promise<BulkRun> {
    if (await isThere(report)) throw new Error(`${report} is there already, and is no report that can go on`);
    const part = `${snapshotOf(report)}.part`;
    let total = 0;
    {
      await using file = await open(part, 'w', MODE);
      await file.write(`${JSON.stringify(header)}\n`);
      for await (const batch of batches(ids)) {
        total += batch.length;
        await file.write(batch.map((id) => `${id}\n`).join(''));
      }
      await file.sync();
    }
    await rename(part, snapshotOf(report));
    return new BulkRun(report, header, total, new Tally());
  }

  /** The run whose files are there, after any end; undefined: there is none. Throws when the report does not fit. */
  static async open(report: string): Promise<BulkRun | undefined> {
    if (!(await isThere(snapshotOf(report)))) return undefined;
    const snapshot = lines(snapshotOf(report));
    const header = headerSchema.parse(JSON.parse((await snapshot.next()).value ?? '{}'));
    const { head, read } = formatOf(report);
    const [done, tally] = [(await isThere(report)) ? wholeLines(report) : none(), new Tally()];
    if (head) await done.next();
    let total = 0;
    for await (const leadId of snapshot) {
      total++;
      const { value: line } = await done.next();
      if (line === undefined) continue;
      const one = readable(() => read(line));
      if (one?.leadId !== leadId)
        throw new Error(
          `${report} is not as it was written, at lead ${total}; without it the same command begins with the first ` +
            'lead, and gives none a command twice',
        );
      tally.add(one);
    }
    return new BulkRun(report, header, total, tally);
  }

  /** Throws when the run is of another command. */
  mustBeOf(header: Header): void {
    const { run, asked } = this.header;
    if (run !== header.run) throw new Error(`${this.#report} is of the run ${run}`);
    if (!isDeepStrictEqual(asked, JSON.parse(JSON.stringify(header.asked))))
      throw new Error(`the run ${run} is another command: ${JSON.stringify(asked)}; choose another --run`);
  }

  /** The leads without a line in the report. */
  async *left(): AsyncGenerator<string> {
    const done = this.tally.leads;
    let place = -1;
    for await (const leadId of lines(snapshotOf(this.#report))) if (++place > done) yield leadId;
  }

  async writer(): Promise<AsyncDisposable & { add: (outcome: Reported) => Promise<void> }> {
    const { head, line } = formatOf(this.#report);
    const file = await open(this.#report, 'a', MODE);
    if ((await file.stat()).size === 0) await file.write(head);
    return {
      add: async (outcome) => {
        await file.write(`${line(outcome)}\n`);
        this.tally.add(outcome);
      },
      [Symbol.asyncDispose]: () => file.close(),
    };
  }

  /** Of a run that has not begun. */
  discard(): Promise<void> {
    return rm(snapshotOf(this.#report));
  }
}

const snapshotOf = (report: string): string => `${report}.ids`;

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

const BATCH = 1_000;
async function* batches(ids: AsyncIterable<string>): AsyncGenerator<string[]> {
  let batch: string[] = [];
  for await (const id of ids) {
    batch.push(id);
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  yield batch;
}

function readable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

async function* none(): Lines {}

type Lines = AsyncGenerator<string, undefined>;

async function* lines(path: string): Lines {
  await using file = await open(path);
  yield* file.readLines();
}

/** A process that was killed may have left half a line at the end: it is cut off. */
async function* wholeLines(path: string): Lines {
  {
    await using file = await open(path, 'r+');
    await file.truncate(await endOfLines(file));
  }
  yield* lines(path);
}

async function endOfLines(file: FileHandle): Promise<number> {
  const { size } = await file.stat();
  const from = Math.max(0, size - TAIL_BYTES);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(TAIL_BYTES), 0, TAIL_BYTES, from);
  return from + buffer.subarray(0, bytesRead).lastIndexOf(LINE_FEED) + 1;
}
