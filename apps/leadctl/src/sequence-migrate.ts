import { readFile, writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { Sequence } from '@leadstream/sequences/definition';
import { parseJson } from '@leadstream/service/sequence-entries';
import { SequenceStore } from '@leadstream/service/sequence-store';
import { ending } from './help.ts';
import { author } from './give.ts';
import { announce, migrateAll, planSchema, type Announced, type Plan, type Wanted } from './sequence-migration.ts';
import { leadLog, note, print, wholeNumber, withBroker, withReadModel } from './session.ts';
import { exitWith, terminal } from './terminal.ts';

interface Options {
  by: string;
  reason?: string;
  from?: string;
  to?: string;
  map?: Record<string, string>;
  plan?: string;
  dryRun?: boolean;
  json?: boolean;
}

const HELP = `
A run goes on at the step of the same id, at its planned time, as a new run of the other version. Refused is a lead
that has a send of that step already, that is in flight, stopped or interrupted by a notice to the rep, or whose step
the other version does not have. A lead that enters the version later is not moved.
${ending(
  [
    'leadctl sequences migrate content-nurture --from 1 --to 2 --by ana --dry-run --plan june.json',
    'leadctl sequences migrate content-nurture --by ana --plan june.json',
  ],
  { 0: 'all of them are moved', 1: 'an error', 2: 'some were refused, and are listed' },
)}

The second command moves exactly the runs that the first one has announced; repeated after an interruption it moves the
rest.`;

const renames = (text: string, before: Record<string, string> = {}): Record<string, string> => {
  const [from, to, ...more] = text.split('=');
  if (!from || !to || more.length > 0) throw new Error(`--map: must be <old step>=<new step>, not ${text}`);
  return { ...before, [from]: to };
};

export function migrateCommand(sequences: Command): void {
  sequences
    .command('migrate <id>')
    .description('move the leads under way in one version of a sequence to another version, each by an event')
    .requiredOption('--by <name>', 'the operator’s name', author)
    .option('--reason <text>', 'the reason')
    .option('--from <version>', 'the version that they are in')
    .option('--to <version>', 'the version that they go to')
    .option('--map <old=new>', 'a step with another id in the new version; may be repeated', renames)
    .option('--plan <file>', 'with --from: write the announced runs to this file; without: move exactly those in it')
    .option('--dry-run', 'move nothing, and print how many would')
    .option('--json', 'as JSON')
    .addHelpText('after', HELP)
    .action(async (id: string, options: Options) => {
      if (options.dryRun) return shown(await announced(id, options), options);
      if (options.plan && !options.from) return carryOut(await readPlan(id, options.plan), options);
      const announcement = await announced(id, options);
      if (!options.json) print(announcementText(announcement));
      await writePlan(announcement, options);
      await carryOut(announcement.plan, options);
    });
}

/** Never over another plan, whose migration may be half-way. */
async function writePlan({ plan }: Announced, { plan: path }: Options): Promise<void> {
  if (path !== undefined) await writeFile(path, JSON.stringify(plan), { flag: 'wx' });
}

async function shown(announcement: Announced, options: Options): Promise<void> {
  await writePlan(announcement, options);
  if (options.json) {
    const { plan, ...rest } = announcement;
    return print({ ...rest, runs: plan.runs.length });
  }
  print(`${announcementText(announcement)}\nnothing was moved`);
}

async function readPlan(id: string, path: string): Promise<Plan> {
  const { data: plan } = planSchema.safeParse(parseJson(await readFile(path, 'utf8')));
  if (!plan) throw new Error(`${path} is no plan of leadctl sequences migrate`);
  if (plan.sequence !== id) throw new Error(`${path} is a plan for ${plan.sequence}`);
  return plan;
}

async function announced(id: string, { from, to, map = {} }: Options): Promise<Announced> {
  if (from === undefined || to === undefined) throw new Error('--from and --to: name both versions, or a --plan');
  const wanted: Wanted = {
    sequence: id,
    from: wholeNumber('--from', from),
    to: wholeNumber('--to', to),
    renamed: map,
  };
  return withBroker(async (broker, replicas) => {
    const target = targetOf(await new SequenceStore(broker, replicas).read(), wanted);
    return withReadModel((queries) => announce(wanted, target, { queries, log: leadLog(broker) }));
  });
}

/** Throws when a version is missing, or a renamed step. */
function targetOf(store: SequenceStore, { sequence: id, from, to, renamed }: Wanted): Sequence {
  const [before, after] = [from, to].map((version): Sequence => {
    const found = store.sequence(id, version);
    if (!found) throw new Error(`${id} v${version} is not deployed; see leadctl sequences list`);
    return found;
  });
  if (!before || !after || from === to) throw new Error('--from and --to: must be two versions');
  const has = ({ steps }: Sequence, step: string): boolean => steps.some((one) => one.id === step);
  for (const [old, now] of Object.entries(renamed)) {
    if (!has(before, old)) throw new Error(`--map ${old}=${now}: v${from} has no step ${old}`);
    if (!has(after, now)) throw new Error(`--map ${old}=${now}: v${to} has no step ${now}`);
  }
  return after;
}

async function carryOut(plan: Plan, { by, reason, json }: Options): Promise<void> {
  const stopping = new AbortController();
  terminal().onInterrupt(() => stopping.abort());
  const total = plan.runs.length;
  const onProgress = (done: number): void => {
    if (terminal().isTTY && done % 500 === 0) note(`${done} of ${total}`);
  };
  const result = await withBroker(async (broker, replicas) => {
    const target = targetOf(await new SequenceStore(broker, replicas).read(), plan);
    return migrateAll(plan, target, leadLog(broker), {
      by,
      ...(reason ? { reason } : {}),
      signal: stopping.signal,
      onProgress,
    });
  });
  const left = total - result.moved - result.before - result.refused.length;
  if (json) print({ ...result, left });
  else {
    print(`${result.moved} moved${result.before > 0 ? `, ${result.before} before` : ''}`);
    if (left > 0) print(`${left} left: interrupted; the same command with --plan moves them`);
    if (result.refused.length > 0) print(refusedText(result.refused));
  }
  if (result.refused.length > 0 || left > 0) exitWith(2);
}

function announcementText({ plan: { sequence, from, to, runs }, waiting, refused }: Announced): string {
  const steps = Object.entries(waiting).map(([step, count]) => `${count} at "${step}"`);
  return [
    `${sequence} v${from} → v${to}: ${runs.length} leads${steps.length > 0 ? `, ${steps.join(', ')}` : ''}`,
    ...(refused.length > 0 ? [refusedText(refused)] : []),
  ].join('\n');
}

const NAMED = 5;

function refusedText(refused: Announced['refused']): string {
  return [...Map.groupBy(refused, ({ reason }) => reason)]
    .map(([reason, leads]) => {
      const some = leads.slice(0, NAMED).map(({ leadId }) => leadId);
      return `${leads.length} refused: ${reason} (${some.join(' ')}${leads.length > NAMED ? ' …' : ''})`;
    })
    .join('\n');
}
