import { open } from 'node:fs/promises';
import { Option, type Command as Program } from 'commander';
import { present } from '@leadstream/lead/dossier';
import { STATUSES } from '@leadstream/lead/state';
import { tagsLeftOut } from '@leadstream/lead/canary';
import { LeadLists } from '@leadstream/projection/lists';
import { SequenceStore } from '@leadstream/service/sequence-store';
import { placesOf } from '@leadstream/service/targets';
import { openedDb, withBroker } from './session.ts';
import { terminal } from './terminal.ts';

/** The leads of a command for many: a filter of at least one condition, or a list. */
export interface Chosen {
  status?: string;
  sequence?: string;
  step?: string;
  tag?: string;
  source?: string;
  /** A file's path, or `-` for standard input. */
  ids?: string;
}

export const choosing = (program: Program): Program =>
  listing(program)
    .addOption(new Option('--status <status>', 'leads of this status').choices(STATUSES))
    .option('--sequence <id>', 'leads whose run is of this sequence')
    .option('--step <step>', 'with --sequence: leads at this step, by its id or its place from 0')
    .option('--tag <tag>', 'leads with this tag, e.g. source:whitepaper')
    .option('--source <source>', 'leads whose first submission names this source');

export const listing = (program: Program): Program =>
  program.option('--ids <file>', 'a list of leads: one id or address a line; - reads standard input');

/** Throws for no condition, for a step of no sequence, and for a filter beside a list. */
export function chosenOf({ ids, status, sequence, step, tag, source }: Chosen): Chosen {
  const filter: Chosen = present({ status, sequence, step, tag, source });
  const names = Object.keys(filter)
    .map((name) => `--${name}`)
    .join(', ');
  if (Object.values(filter).includes('')) throw new Error(`${names}: an empty condition fits no lead`);
  if (ids !== undefined && names) throw new Error(`--ids and ${names} exclude each other`);
  if (ids === undefined && !names)
    throw new Error('name the leads: by --ids <file>, or by a filter of --status, --sequence, --step, --tag, --source');
  if (step !== undefined && sequence === undefined)
    throw new Error('--step: a step is of a sequence; give --sequence, too');
  return ids === undefined ? filter : { ids };
}

/** The ids of the leads, each once, as a stream. Throws for a line of a list that names no lead. */
export async function* idsOf({ ids, step, ...filter }: Chosen, idOf: (whom: string) => string): AsyncGenerator<string> {
  if (ids !== undefined) {
    yield* listed(ids, idOf);
    return;
  }
  const steps =
    step === undefined
      ? {}
      : {
          steps: await withBroker(async (broker, replicas) =>
            placesOf(await new SequenceStore(broker, replicas).read(), filter.sequence ?? '', step),
          ),
        };
  await using opened = new AsyncDisposableStack();
  yield* new LeadLists(await openedDb(opened), tagsLeftOut('lists')).ids({ ...filter, ...steps });
}

async function* listed(path: string, idOf: (whom: string) => string): AsyncGenerator<string> {
  const seen = new Set<string>();
  let place = 0;
  for await (const line of path === '-' ? typedLines() : fileLines(path)) {
    place++;
    const whom = line.replace(/^\ufeff/, '').trim();
    if (whom === '') continue;
    const leadId = idAt(place, () => idOf(whom));
    if (seen.has(leadId)) continue;
    seen.add(leadId);
    yield leadId;
  }
}

/** The line is not quoted: it may hold an address. */
function idAt(place: number, read: () => string): string {
  try {
    return read();
  } catch (error) {
    throw new Error(`--ids: line ${place}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

async function* typedLines(): AsyncGenerator<string> {
  yield* (await terminal().input()).toString('utf8').split('\n');
}

async function* fileLines(path: string): AsyncGenerator<string> {
  await using file = await open(path);
  yield* file.readLines();
}
