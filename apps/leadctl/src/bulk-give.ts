import { randomBytes } from 'node:crypto';
import type { Broker } from '@leadstream/eventlog/broker';
import type { Pace } from '@leadstream/service/bulk';
import { Progress } from './bulk-progress.ts';
import { Tally, type Reported } from './bulk-report.ts';
import { BulkRun } from './bulk-run.ts';
import { lockFile } from './file-lock.ts';
import { chosenOf, idsOf, type Chosen } from './leads-chosen.ts';
import { note, print, wholeNumber, withBroker } from './session.ts';
import { exitWith, terminal } from './terminal.ts';

export interface BulkOptions extends Chosen {
  by: string;
  reason?: string;
  rate: string;
  run?: string;
  report?: string;
  dryRun?: boolean;
  yes?: boolean;
  json?: boolean;
}

/** One command for many leads: an outcome a lead, in their order. */
export interface Work {
  /** The verb. */
  name: string;
  /** The identity of the command: the same run is the same command. */
  asked: Readonly<Record<string, unknown>>;
  preview: (connected: Connected, leadIds: AsyncIterable<string>, pace: Pace) => AsyncIterable<Reported>;
  give: (connected: Connected, leadIds: AsyncIterable<string>, pace: Pace & { run: string }) => AsyncIterable<Reported>;
}
export interface Connected {
  broker: Broker;
  replicas: number;
}

/** Previews the command, or gives it to the leads that are chosen, with the operator's consent. */
export async function bulk(work: Work, options: BulkOptions, idOf: (whom: string) => string): Promise<void> {
  const { run: named } = options;
  const perSecond = wholeNumber('--rate', options.rate);
  if (named !== undefined && !/^[\w.-]{1,100}$/.test(named))
    throw new Error('--run: must be 1 to 100 letters, digits, dots, dashes and underscores');
  const chosen = chosenOf(options);
  if (!options.dryRun && !options.yes && !terminal().ask)
    throw new Error('no terminal to ask at: give --yes, after a look at --dry-run');
  const stopping = new AbortController();
  const { signal } = stopping;
  const ids = () => idsOf(chosen, idOf);
  if (options.dryRun) {
    terminal().onInterrupt(() => stopping.abort());
    const tally = await withBroker((broker, replicas) => previewed(work, { broker, replicas }, ids(), { signal }));
    return shown({ ...options, would: true, isWhole: !signal.aborted }, tally);
  }
  const names = namesOf(options, work);
  using _lock = lockFile(
    `${names.report}.lock`,
    `${names.report} is in use: another leadctl writes it now; wait for its end, or choose another --run or --report`,
  );
  const begun = await runOf(names, work, chosen, ids);
  if (begun.run.total === 0) {
    // Kept, it would be all that the run ever finds.
    await begun.run.discard();
    return shown({ json: options.json === true, would: false, isWhole: true, left: 0 }, begun.run.tally);
  }
  await withBroker(async (broker, replicas) => {
    const connected = { broker, replicas };
    if (!(await isConfirmed(work, connected, begun.run, options))) return;
    terminal().onInterrupt(() => stopping.abort());
    await carriedOut(work, connected, begun, { perSecond, signal }, options);
  });
}

interface Begun {
  run: BulkRun;
  report: string;
}
interface Names {
  report: string;
  named: string | undefined;
  /** The run's name when no earlier run goes on. */
  fresh: string;
}

function namesOf({ run: named, report }: BulkOptions, { name }: Work): Names {
  const at = Temporal.Now.plainDateTimeISO('UTC').toString({ smallestUnit: 'second' }).replaceAll(':', '');
  const fresh = named ?? `${name}-${at}-${randomBytes(2).toString('hex')}`;
  return { report: report ?? `${fresh}.ndjson`, named, fresh };
}

/** The run that goes on, or another one, whose leads are written down. */
async function runOf(
  { report, named, fresh }: Names,
  { asked: what }: Work,
  leads: Chosen,
  ids: () => AsyncIterable<string>,
): Promise<Begun> {
  const asked = { ...what, leads };
  const there = await BulkRun.open(report);
  there?.mustBeOf({ run: named ?? there.header.run, asked });
  return { report, run: there ?? (await BulkRun.begin(report, { run: fresh, asked }, ids())) };
}

async function previewed(
  { preview }: Work,
  connected: Connected,
  ids: AsyncIterable<string>,
  pace: Pace = {},
): Promise<Tally> {
  const tally = new Tally();
  for await (const outcome of preview(connected, ids, pace)) tally.add(outcome);
  return tally;
}

/** Whether the operator has typed the number of leads that would change; a run that is not confirmed leaves no file. */
async function isConfirmed(
  work: Work,
  connected: Connected,
  run: BulkRun,
  { yes, json }: BulkOptions,
): Promise<boolean> {
  if (yes || run.total === run.tally.leads) return true;
  const tally = await previewed(work, connected, run.left());
  if (!json) print(tally.lines(true).join('\n'));
  const count = tally.counts.changed;
  if (count === 0) {
    await discarded(run);
    exitWith(tally.counts.refused > 0 ? 2 : 0);
    return false;
  }
  const answer = await terminal().ask?.(`type ${count} to ${work.name} ${count} leads: `);
  if (answer?.trim() === String(count)) return true;
  await discarded(run);
  exitWith(1);
  return false;
}

/** Of a run that has begun, the files stay. */
async function discarded(run: BulkRun): Promise<void> {
  if (run.tally.leads === 0) await run.discard();
  note('leadctl: nothing was changed');
}

async function carriedOut(
  { give }: Work,
  connected: Connected,
  { run, report }: Begun,
  pace: Pace,
  options: BulkOptions,
): Promise<void> {
  const { total, tally } = run;
  const name = run.header.run;
  const again = `the same command with --run ${name}${options.report ? ` --report ${report}` : ''} goes on`;
  // Now, because a kill or a lost connection leaves no later chance.
  if (tally.leads < total) note(`leadctl: run ${name}, ${total} leads; if it is stopped, ${again}`);
  const progress = new Progress(total, tally.leads);
  try {
    await using writer = await run.writer();
    for await (const outcome of give(connected, run.left(), { run: name, ...pace })) {
      await writer.add(outcome);
      progress.at(tally.leads);
    }
  } catch (error) {
    progress.end();
    note(`leadctl: stopped after ${tally.leads} of ${total} leads; ${again}`);
    throw error;
  }
  progress.end();
  const isWhole = tally.leads === total;
  shown({ ...options, would: false, isWhole, run: name, report, left: total - tally.leads }, tally);
  if (!isWhole) note(`leadctl: stopped; ${again}`);
}

interface Shown {
  json?: boolean;
  would: boolean;
  isWhole: boolean;
  run?: string;
  report?: string;
  left?: number;
}

function shown({ json, would, isWhole, run, report, left }: Shown, tally: Tally): void {
  const { leads, counts, reasons } = tally;
  if (json) print({ ...(would ? { dryRun: true } : { run, report, left }), leads, ...counts, reasons });
  else {
    print([`${String(leads).padStart(8)}  leads`, ...tally.lines(would)].join('\n'));
    print(would || report === undefined ? 'nothing was changed' : `the report is ${report}`);
  }
  exitWith(isWhole ? (counts.refused > 0 ? 2 : 0) : 1);
}
