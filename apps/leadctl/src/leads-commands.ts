import { randomBytes } from 'node:crypto';
import type { Command as Program } from 'commander';
import type { Broker } from '@leadstream/eventlog/broker';
import type { Command } from '@leadstream/lead/command';
import { commandAll, previewAll } from '@leadstream/service/bulk';
import { Progress } from './bulk-progress.ts';
import { Tally } from './bulk-report.ts';
import { BulkRun, type Header } from './bulk-run.ts';
import { VERBS, type Verb, type VerbOptions, type Who } from './lead-verbs.ts';
import { chosenOf, choosing, idsOf, type Chosen } from './leads-chosen.ts';
import { leadLog, note, print, wholeNumber, withBroker } from './session.ts';
import { exitWith, terminal } from './terminal.ts';

interface Options extends Chosen, VerbOptions {
  by: string;
  reason?: string;
  rate: string;
  run?: string;
  report?: string;
  dryRun?: boolean;
  yes?: boolean;
  json?: boolean;
}

const HELP = `
Look first with --dry-run; then the same command without it, which asks for the number of leads (--yes: does not ask).
Stopped or killed, the same command with its --run goes on after the last lead of the report; no lead gets the command
twice. A filter reads the read model, once, before the first command.

Exit codes: 0 each lead is as the command wants it; 2 some are refused, and the report says why; 1 stopped, or an error.`;

/** The commands of an operator on many leads. `idOf`: the lead of an id or address. */
export function bulkCommands(leads: Program, idOf: (whom: string) => string): void {
  leads.enablePositionalOptions();
  for (const verb of VERBS) {
    const program = leads.command([verb.name, ...verb.words].join(' ')).description(`each of many: ${verb.does}`);
    program.requiredOption('--by <name>', 'the operator’s name');
    if (!verb.isItsReason) program.requiredOption('--reason <text>', 'the reason');
    choosing(program)
      .option('--dry-run', 'change nothing, and print how many leads would change, and how many not, and why')
      .option('--yes', 'do not ask for the number of leads')
      .option('--rate <n>', 'leads per second at most', '500')
      .option('--run <name>', 'the run’s name, new for each command; with that of an earlier run, it goes on')
      .option('--report <file>', 'one line a lead, NDJSON or (.csv) CSV (default: <run>.ndjson)')
      .option('--json', 'as JSON')
      .addHelpText('after', `\nExample: ${exampleOf(verb)}\n${HELP}`);
    for (const option of verb.options ?? []) program.addOption(option);
    program.action(async (...rest: unknown[]) => {
      mustBeBare(leads);
      const words = rest.filter((one) => typeof one === 'string');
      await bulk(verb, words, rest[words.length] as Options, idOf);
    });
  }
}

const exampleOf = ({ name, example, many: [whom, why] }: Verb): string =>
  ['leadctl leads', name, ...example, whom, '--by ana', ...(why ? [`--reason "${why}"`] : []), '--dry-run'].join(' ');

/** An option of the list before the verb would choose no leads. */
function mustBeBare(leads: Program): void {
  const given = leads.options.find((option) => leads.getOptionValueSource(option.attributeName()) === 'cli');
  if (given) throw new Error(`${given.long}: must come after the verb`);
}

async function bulk(
  verb: Verb,
  words: readonly string[],
  options: Options,
  idOf: (whom: string) => string,
): Promise<void> {
  const { by, reason, althoughAway, run } = options;
  const perSecond = wholeNumber('--rate', options.rate);
  if (run !== undefined && !/^[\w.-]{1,100}$/.test(run))
    throw new Error('--run: must be 1 to 100 letters, digits, dots, dashes and underscores');
  const chosen = chosenOf(options);
  if (!options.dryRun && !options.yes && !terminal().ask)
    throw new Error('no terminal to ask at: give --yes, after a look at --dry-run');
  const who: Who = { by, ...(reason ? { reason } : {}) };
  const command = await verb.command(who, words, options);
  const stopping = new AbortController();
  const { signal } = stopping;
  if (options.dryRun) {
    terminal().onInterrupt(() => stopping.abort());
    const tally = await withBroker((broker) => previewed(broker, command, idsOf(chosen, idOf), signal));
    return shown({ ...options, would: true, isWhole: !signal.aborted }, tally);
  }
  const asked = { verb: verb.name, words, ...who, ...(althoughAway ? { althoughAway } : {}), leads: chosen };
  const begun = await runOf(options, asked, () => idsOf(chosen, idOf), verb);
  await withBroker(async (broker) => {
    if (!(await isConfirmed(broker, begun.run, command, options, verb))) return;
    terminal().onInterrupt(() => stopping.abort());
    await carriedOut(broker, begun, command, { perSecond, signal }, options);
  });
}

interface Begun {
  run: BulkRun;
  report: string;
}

/** The run that goes on, or another one, whose leads are written down. */
async function runOf(
  { run: named, report: path }: Options,
  asked: Header['asked'],
  ids: () => AsyncIterable<string>,
  { name }: Verb,
): Promise<Begun> {
  const at = Temporal.Now.plainDateTimeISO('UTC').toString({ smallestUnit: 'second' }).replaceAll(':', '');
  const fresh = `${name}-${at}-${randomBytes(2).toString('hex')}`;
  const report = path ?? `${named ?? fresh}.ndjson`;
  const there = await BulkRun.open(report);
  there?.mustBeOf({ run: named ?? there.header.run, asked });
  return { report, run: there ?? (await BulkRun.begin(report, { run: named ?? fresh, asked }, ids())) };
}

async function previewed(
  broker: Broker,
  command: Command,
  ids: AsyncIterable<string>,
  signal?: AbortSignal,
): Promise<Tally> {
  const tally = new Tally();
  for await (const outcome of previewAll(leadLog(broker), ids, command, { ...(signal ? { signal } : {}) }))
    tally.add(outcome);
  return tally;
}

/** Whether the operator has typed the number of leads that would change; a run that is not confirmed leaves no file. */
async function isConfirmed(
  broker: Broker,
  run: BulkRun,
  command: Command,
  { yes, json }: Options,
  { name }: Verb,
): Promise<boolean> {
  if (yes || run.total === run.tally.leads) return true;
  const tally = await previewed(broker, command, run.left());
  if (!json) print(tally.lines(true).join('\n'));
  const count = tally.counts.changed;
  const answer = await terminal().ask?.(`type ${count} to ${name} ${count} leads: `);
  if (answer?.trim() === String(count)) return true;
  if (run.tally.leads === 0) await run.discard();
  note('leadctl: nothing was changed');
  exitWith(1);
  return false;
}

async function carriedOut(
  broker: Broker,
  { run, report }: Begun,
  command: Command,
  pace: { perSecond: number; signal: AbortSignal },
  options: Options,
): Promise<void> {
  const { total, tally } = run;
  const name = run.header.run;
  const again = `the same command with --run ${name}${options.report ? ` --report ${report}` : ''} goes on`;
  // Now, because a kill or a lost connection leaves no later chance.
  if (tally.leads < total) note(`leadctl: run ${name}, ${total} leads; if it is stopped, ${again}`);
  const progress = new Progress(total, tally.leads);
  try {
    await using writer = await run.writer();
    for await (const outcome of commandAll(leadLog(broker), run.left(), command, { run: name, ...pace })) {
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
  if (json)
    print({
      ...(would ? { dryRun: true } : { run, report, left }),
      leads: tally.leads,
      ...tally.counts,
      reasons: tally.reasons,
    });
  else {
    print([`${String(tally.leads).padStart(8)}  leads`, ...tally.lines(would)].join('\n'));
    print(would ? 'nothing was changed' : `the report is ${report}`);
  }
  exitWith(isWhole ? (tally.counts.refused > 0 ? 2 : 0) : 1);
}
