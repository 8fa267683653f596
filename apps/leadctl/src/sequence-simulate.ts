import { writeFile } from 'node:fs/promises';
import { Option, type Command } from 'commander';
import { arrivalsByHour } from '@leadstream/projection/arrivals';
import { parseFolder, type Folder } from '@leadstream/sequences/folder';
import { lint } from '@leadstream/sequences/lint';
import { faultsOf, problemLine } from '@leadstream/sequences/read-yaml';
import { simulateCrowd, type Arrival } from '@leadstream/sequences/simulator/simulate-crowd';
import type { Quota } from '@leadstream/sequences/simulator/turns';
import { readFolder } from '@leadstream/service/sequence-store';
import { ending } from './help.ts';
import { caseSettings } from './sequence-test.ts';
import { leadIdSecretOf, note, print, settings, wholeNumber, withDb } from './session.ts';
import { HISTORY_MS, likeLastMonth, ofFile, type Place } from './simulate/arrivals.ts';
import { reactions, USUAL, type Rates } from './simulate/fates.ts';
import { simulatedEnrichers } from './simulate/enrichers.ts';
import { simulationPage } from './simulate/page.ts';
import type { Report } from './simulate/report.ts';
import { Tally } from './simulate/tally.ts';
import { tableOf } from './simulate/table.ts';
import { exitWith, terminal } from './terminal.ts';

interface Options {
  leads?: string;
  source?: string;
  map: string[];
  rate: string;
  likeLastMonth?: boolean;
  from?: string;
  days: string;
  seed: string;
  quota: string[];
  show: string;
  html?: string;
  json?: boolean;
  [rate: string]: unknown;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const EXAMPLES = `${ending(
  [
    'leadctl sequences simulate sequences --leads fair.csv --source trade_fair --from 2026-12-07 --days 14',
    'leadctl sequences simulate sequences --like-last-month --quota 2000/day --html weeks.html',
    'leadctl sequences simulate changed --like-last-month --seed 7 --reply-rate 5% --json',
  ],
  {
    0: 'simulated',
    1: 'the folder has a problem, or nothing could be simulated',
    2: 'simulated, with rows refused',
  },
)}

The people answer, click, bounce and leave by the rates; each draw is stable for the lead and the step, so two folders
are compared with the same people. --json: apps/leadctl/src/simulate/report.ts describes it.`;

export function simulateCommand(sequences: Command, folder: () => string): void {
  const command = sequences
    .command('simulate [dir]')
    .description(
      'the mails that a folder would send over some weeks, by the services’ rules on a virtual clock, before it is ' +
        'deployed. With --leads it needs no running service; nothing is stored or sent',
    )
    .addOption(
      new Option('--leads <file>', 'the rows of a CSV file, as leads import reads it').conflicts('likeLastMonth'),
    )
    .option('--source <source>', 'the source of rows that name none')
    .option('--map <Column=field>', 'as in leads import; repeatable', collected, [])
    .option('--rate <n>', 'rows without a time in the simulated days arrive so many a second', '500')
    .option('--like-last-month', 'made-up leads that arrive as those of the last four weeks: by hour, source and zone')
    .option('--from <time>', 'a date in DEFAULT_TIME_ZONE, or an instant (default: the next full hour)')
    .option('--days <n>', 'the simulated time', '30')
    .option('--seed <n>', 'another number: other people', '1')
    .option(
      '--quota <n/day|n/hour>',
      'calls that the provider takes; repeatable (default: ESP_DAILY_MAX)',
      collected,
      [],
    )
    .option('--show <n>', 'the number of leads whose mails are shown one by one', '3')
    .option('--html <file>', 'writes a page with charts')
    .option('--json', 'as JSON')
    .addHelpText('after', EXAMPLES);
  for (const [name, what] of Object.entries(RATES))
    command.option(`--${name} <share>`, `${what} (default: ${USUAL[RATE_OF[name as keyof typeof RATES]] * 100}%)`);
  command.action((dir: string | undefined, options: Options) => run(dir ?? folder(), options));
}

const RATES = {
  'reply-rate': 'mails that a person answers',
  'away-rate': 'mails that an out-of-office answers',
  'click-rate': 'mails with a click',
  'bounce-rate': 'leads whose address does not exist',
  'unsubscribe-rate': 'mails after which a lead leaves',
  'complaint-rate': 'mails reported as spam',
} as const;
const RATE_OF = {
  'reply-rate': 'replies',
  'away-rate': 'away',
  'click-rate': 'clicks',
  'bounce-rate': 'bounces',
  'unsubscribe-rate': 'unsubscribes',
  'complaint-rate': 'complaints',
} as const satisfies Record<keyof typeof RATES, keyof Rates>;

function collected(one: string, all: string[]): string[] {
  return [...all, one];
}

async function run(dir: string, options: Options): Promise<void> {
  const folder = parseFolder(await readFolder(dir));
  const problems = faultsOf(lint(folder));
  if (problems.length > 0) {
    for (const problem of problems) note(problemLine(problem));
    return exitWith(1);
  }
  const { report, stopped } = await simulated(folder, options);
  if (options.html !== undefined) await writeFile(options.html, simulationPage(dir, report));
  if (options.json) print(report);
  else print(tableOf(report).join('\n'));
  if (options.html !== undefined) note(`the charts are in ${options.html}`);
  if (stopped) throw new Error('stopped: the report ends where the simulation did');
  if (report.leads.arrived === 0) {
    const why = options.likeLastMonth ? ': none came in the four weeks before this hour; give --leads <file>' : '';
    throw new Error(`no lead arrives in this time${why}`);
  }
  if (report.leads.refused > 0) exitWith(2);
}

async function simulated(folder: Folder, options: Options): Promise<{ report: Report; stopped: boolean }> {
  const given = caseSettings();
  const seed = wholeNumber('--seed', options.seed);
  const fromMs = fromOf(options.from, given.defaultTimeZone);
  const days = wholeNumber('--days', options.days);
  const untilMs = fromMs + days * DAY_MS;
  const quota = quotaOf(options.quota);
  const place: Place = { ...given, fromMs, untilMs, seed, folder, leadIdSecret: secretOf(seed) };
  const [from, until] = [fromMs, untilMs].map((ms) => Temporal.Instant.fromEpochMilliseconds(ms).toString()) as [
    string,
    string,
  ];
  const { enrichers, notAsked } = simulatedEnrichers();
  const tally = new Tally(folder.sequences, { from, until, seed, quota, notAsked, examples: Number(options.show) });
  const stopping = new AbortController();
  terminal().onInterrupt(() => stopping.abort());
  const told = progress(fromMs, days);
  await withArrivals(options, place, tally, async (arrivals) =>
    simulateCrowd(
      counted(arrivals, stopping.signal, (atMs) => {
        tally.arrivedCount++;
        told(atMs, tally);
      }),
      {
        ...given,
        untilMs,
        tagRules: folder.tags?.rules,
        enrichers,
        planning: {
          delayScale: 1,
          hours: given.hours,
          sequence: (id) => folder.sequences.find((one) => one.id === id),
          isActive: (id) => folder.sequences.some((one) => one.id === id),
          reps: folder.reps?.reps,
        },
        react: reactions(ratesOf(options), seed),
        ...(quota.perDay === undefined && quota.perHour === undefined ? {} : { quota }),
      },
      tally,
    ),
  );
  return { report: tally.report(), stopped: stopping.signal.aborted };
}

async function withArrivals(
  { leads, likeLastMonth: isLike, source, map, rate }: Options,
  place: Place,
  tally: Tally,
  work: (arrivals: AsyncIterable<Arrival>) => Promise<void>,
): Promise<void> {
  if (leads !== undefined) {
    const options = { ...(source === undefined ? {} : { source }), map, perSecond: wholeNumber('--rate', rate) };
    return work(ofFile(leads, options, place, () => tally.refused++));
  }
  if (!isLike) throw new Error('give --leads <file>, or --like-last-month');
  const historyFromMs = Math.floor(Date.now() / HOUR_MS) * HOUR_MS - HISTORY_MS;
  await withDb((db) => work(likeLastMonth(historyFromMs, (since, end) => arrivalsByHour(db, since, end), place)));
}

async function* counted(
  arrivals: AsyncIterable<Arrival>,
  signal: AbortSignal,
  count: (atMs: number) => void,
): AsyncGenerator<Arrival> {
  for await (const arrival of arrivals) {
    if (signal.aborted) return;
    count(arrival.atMs);
    yield arrival;
  }
}

/** The deployment's secret, if it is known: each lead is then drawn as it will be. */
function secretOf(seed: number): string {
  const env = settings();
  return env['LEAD_ID_SECRET'] || env['LEAD_ID_SECRET_FILE'] ? leadIdSecretOf() : `simulated/${seed}`;
}

function fromOf(text: string | undefined, timeZone: string): number {
  if (text === undefined) return Math.ceil(Date.now() / HOUR_MS) * HOUR_MS;
  try {
    if (/^\d{4}-\d\d-\d\d$/.test(text))
      return Temporal.PlainDate.from(text).toZonedDateTime({ timeZone, plainTime: '00:00' }).epochMilliseconds;
    return Temporal.Instant.from(text).epochMilliseconds;
  } catch (cause) {
    throw new Error(`--from: ${text} is no date such as 2026-12-07, and no instant such as 2026-12-07T09:00:00Z`, {
      cause,
    });
  }
}

function quotaOf(texts: readonly string[]): Quota {
  const cap = Number(settings()['ESP_DAILY_MAX'] ?? 0);
  const quota: Quota = texts.length === 0 && cap > 0 ? { perDay: cap } : {};
  for (const text of texts) {
    const [, count = '', per] = /^(\d+)\/(day|hour)$/.exec(text) ?? [];
    if (!per) throw new Error(`--quota: ${text} must be a number and a unit such as 2000/day or 100/hour`);
    quota[per === 'day' ? 'perDay' : 'perHour'] = wholeNumber('--quota', count);
  }
  return quota;
}

function ratesOf(options: Options): Rates {
  const rates = { ...USUAL };
  for (const [name, rate] of Object.entries(RATE_OF)) {
    const text = options[name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())];
    if (typeof text === 'string') rates[rate] = shareOf(`--${name}`, text);
  }
  return rates;
}

function shareOf(name: string, text: string): number {
  const share = text.endsWith('%') ? Number(text.slice(0, -1)) / 100 : Number(text);
  if (!(share >= 0 && share <= 1) || text.trim() === '') throw new Error(`${name}: must be a share such as 3% or 0.03`);
  return share;
}

const TOLD_EVERY_MS = 1_000;

/** A line a second while it runs, on a terminal. */
function progress(fromMs: number, days: number): (atMs: number, tally: Tally) => void {
  let toldMs = performance.now();
  return (atMs, tally) => {
    if (!terminal().isTTY || performance.now() - toldMs < TOLD_EVERY_MS) return;
    toldMs = performance.now();
    note(
      `day ${Math.floor((atMs - fromMs) / DAY_MS) + 1} of ${days}: ${tally.arrivedCount} leads, ${tally.mails} mails`,
    );
  };
}
