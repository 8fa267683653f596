import { Option, type Command } from 'commander';
import { present } from '@leadstream/lead/dossier';
import { STATUSES, type Status } from '@leadstream/lead/state';
import { STATUS_MEANS } from '@leadstream/lead/words';
import type { By } from '@leadstream/lead/at';
import { ending } from './help.ts';
import { stoodAt } from './export/as-of.ts';
import { timeOf } from './export/range.ts';
import { withExport } from './export/queried.ts';
import { tagsLeftOut } from '@leadstream/lead/canary';
import { LeadLists, type ListedLead, type Wanted } from '@leadstream/projection/lists';
import { importCommand } from './leads-import.ts';
import { note, print, wholeNumber, withDb } from './session.ts';

interface ListOptions extends Wanted {
  status?: Status;
  asOf?: string;
  by?: By;
  from?: string;
  limit: string;
  after?: string;
  json?: boolean;
}

const NONE = 'leadctl: no lead matches';

export function listCommand(program: Command): Command {
  const leads = program.command('leads').description('leads of the read model, the newest first');
  importCommand(leads);
  return leads
    .addOption(
      new Option(
        '--status <status>',
        `only leads of this status: ${Object.entries(STATUS_MEANS)
          .map(([status, means]) => `${status} (${means})`)
          .join(', ')}`,
      ).choices(STATUSES),
    )
    .option('--sequence <id>', 'only leads whose last run is of this sequence')
    .option('--tag <tag>', 'e.g. source:whitepaper')
    .option(
      '--search <text>',
      'the beginning of an address, its domain, a name or a phone number, in any case; ' +
        'the first 1,000 that match are looked at',
    )
    .option('--limit <n>', 'how many', '50')
    .option('--after <id>', 'the next page: the id of the last lead of this one')
    .option(
      '--as-of <time>',
      'as they stood at a time with its zone or offset, or so long ago (P7D): folded from the log, or read from an ' +
        'export; leads that were erased since are not there',
    )
    .addOption(
      new Option('--by <clock>', 'with --as-of: by what was known then, or by what had happened then').choices([
        'known',
        'said',
      ]),
    )
    .option('--from <folder>', 'with --as-of: of an export')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      ending([
        'leadctl leads --status paused --sequence sales-demo',
        "leadctl leads --as-of '2026-11-24T09:00[Europe/Berlin]' --status active --from out/",
      ]),
    )
    .action((options: ListOptions) =>
      options.asOf === undefined
        ? withDb((db) => list(new LeadLists(db, tagsLeftOut('lists')), options))
        : listThen(options.asOf, options),
    );
}

async function listThen(
  time: string,
  { by = 'known', from, limit, json, search, after, status, sequence, tag }: ListOptions,
): Promise<void> {
  if (search !== undefined || after !== undefined) throw new Error('--as-of goes with neither --search nor --after');
  const most = wholeNumber('--limit', limit);
  const filter = present({ status, sequence, tag });
  const stood = await withExport(from, [], (duck) => stoodAt(duck, timeOf(time), by, filter, most));
  if (json) return print(stood);
  if (stood.length === 0) return note(NONE);
  print(stood.map((lead) => line({ ...lead })).join('\n'));
  if (stood.length === most) note('leadctl: there may be more: raise --limit');
}

/** Prints each page before the next one is read: a list of any length takes the memory of a page. */
async function list(lists: LeadLists, { limit, after, json, ...wanted }: ListOptions): Promise<void> {
  const most = wholeNumber('--limit', limit);
  const place = after === undefined ? undefined : await lists.placeOf(after.toLowerCase());
  if (after !== undefined && !place) throw new Error(`--after: the read model has no lead ${after}`);
  let [listed, last] = [0, ''];
  for await (const page of lists.pages(wanted, most, place)) {
    print(page.map((lead, at) => (json ? `${listed + at > 0 ? ',' : '['}\n${indented(lead)}` : line(lead))).join('\n'));
    listed += page.length;
    last = page.at(-1)?._id ?? last;
  }
  if (json) print(listed > 0 ? ']' : '[]');
  else if (listed === 0) note(NONE);
  if (listed === most) note(`leadctl: there may be more: --after ${last}`);
}

const indented = (lead: ListedLead): string => JSON.stringify(lead, null, 2).replaceAll(/^/gm, '  ');

const line = (lead: Pick<ListedLead, '_id'> & Readonly<Record<string, unknown>>): string =>
  [
    lead._id,
    text(lead['status']).padEnd(12),
    `${text(lead['sequence'])}/${text(lead['step'])}`.padEnd(20),
    text(lead['nextActionAt']),
  ].join('  ');

const text = (value: unknown): string =>
  value instanceof Date
    ? value.toISOString()
    : typeof value === 'string' || typeof value === 'number'
      ? String(value)
      : '-';
