import { open } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { ContractError, describeIssues, parseData } from '@leadstream/contracts/envelope';
import { isEventType, type Recorded } from '@leadstream/contracts/events';
import { z } from 'zod';
import { timed } from './log.ts';

const place = z.int().min(0);
const exported = z.object({
  type: z.string().refine(isEventType, 'not in the catalogue'),
  data: z.unknown(),
  id: z.string(),
  leadId: z.string().min(1),
  seq: place.min(1),
  version: place.min(1),
  prevSeq: place,
  at: z.string(),
  source: z.string(),
  prevId: z.string().optional(),
  prevAtMs: z.number().optional(),
  prevOutcome: z.string().optional(),
  traceparent: z.string().optional(),
  span: z.string().optional(),
  sealed: z.string().optional(),
});

/**
 * Events as JSON, one a line, in any order; `-` reads standard input. Throws with the line's number at an invalid line,
 * and when there is no event at all: a broken pipe proves nothing.
 */
export async function* readExport(path: string): AsyncGenerator<Recorded> {
  await using opened = new AsyncDisposableStack();
  let number = 0;
  let events = 0;
  for await (const line of path === '-'
    ? createInterface({ input: process.stdin })
    : opened.use(await open(path)).readLines({ autoClose: false })) {
    number++;
    if (line.trim() === '') continue;
    yield parseLine(line, number);
    events++;
  }
  if (events === 0) throw new Error(`${path}: there is no event in it`);
}

function parseLine(line: string, number: number): Recorded {
  try {
    const { success, data, error } = exported.safeParse(JSON.parse(line));
    if (!success) throw new ContractError(describeIssues(error));
    return timed({ ...data, data: parseData(data.type, data.data) } as Recorded);
  } catch (error) {
    if (error instanceof SyntaxError) throw new Error(`line ${number} is not JSON`, { cause: error });
    if (error instanceof ContractError)
      throw new Error(`line ${number} is no event: ${error.message}`, { cause: error });
    throw error;
  }
}
