import { writeFile } from 'node:fs/promises';
import type { Broker } from '@leadstream/eventlog/broker';
import { countsFor } from '@leadstream/lead/canary';
import { stateAfter } from '@leadstream/lead/evolve';
import { readRecord } from '@leadstream/sequences/what-if/record';
import { replayLead } from '@leadstream/sequences/what-if/replay';
import type { Rules } from '@leadstream/sequences/what-if/rules';
import type { Command } from 'commander';
import { ending } from './help.ts';
import { Progress } from './bulk-progress.ts';
import { timeOf } from './export/range.ts';
import { lockFile } from './file-lock.ts';
import { note, print, wholeNumber, withBroker } from './session.ts';
import { exitWith } from './terminal.ts';
import { eventsOfExport, eventsOfLog, LeadEvents } from './what-if/leads.ts';
import { whatIfPage } from './what-if/page.ts';
import type { Report } from './what-if/report.ts';
import { percent, tableOf } from './what-if/table.ts';
import { Tally } from './what-if/tally.ts';
import { changedRules, definitionsOf, deployedDefinitions, unchangedRules, type Change } from './what-if/worlds.ts';

interface Options extends Change {
  since?: string;
  from?: string;
  against?: string;
  bound: string;
  show: string;
  lead?: string;
  html?: string;
  json?: boolean;
}

const NOTED_EVERY = 1_000;
const BELOW = 2;
const EXAMPLES = `${ending(
  [
    'leadctl what-if --since P30D --sequences changed/',
    'leadctl what-if --since P30D --policy hours=08:00-20:00 --html hours.html',
    'leadctl what-if --from out/ --against sequences --routes routes.yaml --json',
  ],
  {
    0: 'compared',
    1: 'a folder has a problem, or nothing can be replayed',
    [BELOW]: 'the calibration is below --bound',
  },
)}

The submissions, replies, provider’s answers and operators’ commands of the log are played again, by the services’
rules on a virtual clock: once as it was, which the record has to confirm, and once with the change. Without a change it
prints the calibration alone. --json: apps/leadctl/src/what-if/report.ts describes it. docs/analytics.md has what it
can’t know.`;

export function whatIfCommand(program: Command): void {
  program
    .command('what-if')
    .description(
      'which leads would have got more, fewer, other or earlier mails by other sequences, routes or hours. It reads ' +
        'the log, or an export of it; nothing is stored or sent',
    )
    .option('--since <time>', 'only what came since then: a duration such as P30D, or a time with its zone')
    .option('--sequences <dir>', 'the changed folder, with its routes, tag rules and reps')
    .option('--routes <file>', 'changed routes')
    .option(
      '--policy <name=value>',
      'hours=08:00-20:00, days=12345 (Monday is 1) or reenrol=P14D; repeatable',
      collected,
      [],
    )
    .option(
      '--from <export>',
      'a folder of leadctl export, or a file of events as verify --file reads it, instead of the log',
    )
    .option('--against <dir>', 'the folder that was in force, instead of what was deployed')
    .option('--bound <share>', 'the share of equal mails below which it compares nothing', '95%')
    .option('--show <n>', 'the number of leads whose changed mails are shown one by one', '3')
    .option('--lead <id>', 'only this lead')
    .option('--html <file>', 'writes a page with charts')
    .option('--json', 'as JSON')
    .addHelpText('after', EXAMPLES)
    .action(run);
}

function collected(one: string, all: string[]): string[] {
  return [...all, one];
}

async function run(options: Options): Promise<void> {
  const bound = shareOf(options.bound);
  const { from, against, html } = options;
  using opened = new DisposableStack();
  if (html !== undefined)
    opened.use(
      lockFile(
        `${html}.lock`,
        `${html} is in use: another leadctl what-if writes it now; wait for its end, or name another file`,
      ),
    );
  const work = (broker?: Broker, replicas = 1) => compared(options, bound, broker, replicas);
  const report = await (from !== undefined && against !== undefined ? work() : withBroker(work));
  const isBelow = report.calibration.share < bound;
  if (html !== undefined) await writeFile(html, whatIfPage(titleOf(options), report));
  if (options.json) print(report);
  else print(tableOf(report).join('\n'));
  if (html !== undefined) note(`the charts are in ${html}`);
  if (!isBelow) return;
  note(
    `leadctl: the unchanged rules reproduce ${percent(report.calibration.share)} of the mails, which is below the ` +
      `bound of ${percent(bound)}: a comparison would say more about the replay than about the change. Are ` +
      'BUSINESS_HOURS, WORKING_DAYS, HOLIDAYS, REENROL_AFTER and DELAY_SCALE those of the services?',
  );
  exitWith(BELOW);
}

async function compared(
  options: Options,
  bound: number,
  broker: Broker | undefined,
  replicas: number,
): Promise<Report> {
  const { since, from, against } = options;
  const definitions =
    against !== undefined ? await definitionsOf(against) : await deployedDefinitions(of(broker), replicas);
  const unchanged = unchangedRules(definitions);
  const changed = await changedRules(unchanged, options);
  using log = await LeadEvents.read(from === undefined ? eventsOfLog(of(broker)) : eventsOfExport(from), (events) =>
    note(`${events} events read`),
  );
  if (log.events === 0) throw new Error('the log has no event');
  const sinceMs = since === undefined ? -Infinity : Date.parse(timeOf(since));
  if (sinceMs > log.untilMs) throw new Error(`--since: the last event is of ${instant(log.untilMs)}`);
  const tally = new Tally(wholeNumber('--show', options.show));
  const started = Math.max(sinceMs, replayed(log, { sinceMs, unchanged, changed, only: options.lead }, tally));
  if (tally.leads.replayed === 0) throw new Error('no lead of the log can be replayed');
  const isBelow = tally.share < bound;
  return {
    since: instant(started),
    until: instant(log.untilMs),
    events: log.events,
    leads: tally.leads,
    calibration: tally.calibration(),
    darkTimes: log.dark
      .filter(({ toMs }) => toMs > sinceMs)
      .map(({ fromMs, toMs }) => ({ from: instant(fromMs), to: instant(toMs) })),
    comparison: changed && !isBelow ? tally.comparison() : null,
  };
}

interface Replaying {
  sinceMs: number;
  unchanged: Rules;
  changed: Rules | undefined;
  only: string | undefined;
}

/** Replays lead by lead. Returns the time of the first event that it has read. */
function replayed(log: LeadEvents, { sinceMs, unchanged, changed, only }: Replaying, tally: Tally): number {
  const { dark, untilMs } = log;
  const progress = new Progress(log.leads, 0, NOTED_EVERY);
  let [firstMs, done] = [Infinity, 0];
  for (const events of log.byLead()) {
    progress.at(++done);
    firstMs = Math.min(firstMs, Date.parse(events[0]?.at ?? ''));
    if (only !== undefined && events[0]?.leadId !== only) continue;
    if (events.some(({ type }) => type === 'lead.erased')) {
      tally.leads.erased++;
      continue;
    }
    if (!countsFor('what-if', stateAfter(events))) {
      tally.leads.canary++;
      continue;
    }
    const outside = readRecord(events, sinceMs);
    if (!outside) {
      tally.leads.neverAtRest++;
      continue;
    }
    const play = (rules: Rules, answers: 'at-their-time' | 'after-their-mail' = 'at-their-time') =>
      replayLead(outside, { rules, dark, untilMs, answers });
    tally.add({
      leadId: outside.leadId,
      recorded: outside.mails,
      unchanged: play(unchanged),
      ...(changed
        ? { changed: { atTheirTime: play(changed), afterTheirMail: play(changed, 'after-their-mail') } }
        : {}),
    });
  }
  progress.end();
  return firstMs;
}

const instant = (ms: number): string => Temporal.Instant.fromEpochMilliseconds(ms).toString();

function of(broker: Broker | undefined): Broker {
  if (!broker) throw new Error('no broker is connected');
  return broker;
}

const titleOf = ({ sequences, routes, policy }: Options): string =>
  [sequences, routes, ...policy].filter((one) => one !== undefined).join(', ') || 'nothing changed';

function shareOf(text: string): number {
  const share = text.endsWith('%') ? Number(text.slice(0, -1)) / 100 : Number(text);
  if (!(share >= 0 && share <= 1) || text.trim() === '')
    throw new Error('--bound: must be a share such as 99% or 0.99');
  return share;
}
