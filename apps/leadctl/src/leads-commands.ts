import type { Command as Program } from 'commander';
import { commandAll, previewAll } from '@leadstream/service/bulk';
import { ending } from './help.ts';
import { bulk, type BulkOptions, type Work } from './bulk-give.ts';
import { author } from './give.ts';
import { VERBS, type Verb, type VerbOptions, type Who } from './lead-verbs.ts';
import { choosing, listing } from './leads-chosen.ts';
import { erasing } from './leads-erase.ts';
import { leadLog } from './session.ts';

const HELP = `
Look first with --dry-run; then the same command without it, which asks for the number of leads (--yes: does not ask).
Stopped or killed, the same command with its --run goes on after the last lead of the report; no lead gets the command
twice. A filter reads the read model, once, before the first command.`;
const EXITS = {
  0: 'each lead is as the command wants it',
  1: 'stopped, or an error',
  2: 'some are refused, the report says why',
} as const;

/** The commands of an operator on many leads. `idOf`: the lead of an id or address. */
export function bulkCommands(leads: Program, idOf: (whom: string) => string): void {
  leads.enablePositionalOptions();
  for (const verb of VERBS) {
    const program = choosing(
      leads.command([verb.name, ...verb.words].join(' ')).description(`each of many: ${verb.does}`),
    );
    for (const option of verb.options ?? []) program.addOption(option);
    if (!verb.isItsReason) program.requiredOption('--reason <text>', 'the reason');
    running(program, exampleOf(verb)).action(async (...rest: unknown[]) => {
      mustBeBare(leads);
      const words = rest.filter((one) => typeof one === 'string');
      const options = rest[words.length] as BulkOptions & VerbOptions;
      await bulk(await giving(verb, words, options), options, idOf);
    });
  }
  const example = 'leadctl leads erase --ids asked-for-it.txt --by ana --dry-run';
  const erase = leads
    .command('erase')
    .description('each of a list: erase the person, as lead erase does, one after the other')
    .option('--reason <text>', 'why; stays readable, so it may hold nothing of the persons');
  running(listing(erase), example).action((options: BulkOptions) => {
    mustBeBare(leads);
    return bulk(erasing(options), options, idOf);
  });
}

const running = (program: Program, example: string): Program =>
  program
    .requiredOption('--by <name>', 'the operator’s name', author)
    .option('--dry-run', 'change nothing, and print how many leads would change, and how many not, and why')
    .option('--yes', 'do not ask for the number of leads')
    .option('--rate <n>', 'leads per second at most', '500')
    .option('--run <name>', 'the run’s name, new for each command; with that of an earlier run, it goes on')
    .option('--report <file>', 'one line a lead, NDJSON or (.csv) CSV (default: <run>.ndjson)')
    .option('--json', 'as JSON')
    .addHelpText('after', `${ending(example, EXITS)}\n${HELP}`);

const exampleOf = ({ name, example, many: [whom, why] }: Verb): string =>
  ['leadctl leads', name, ...example, whom, '--by ana', ...(why ? [`--reason "${why}"`] : []), '--dry-run'].join(' ');

/** An option of the list before the verb would choose no leads. */
function mustBeBare(leads: Program): void {
  const given = leads.options.find((option) => leads.getOptionValueSource(option.attributeName()) === 'cli');
  if (given) throw new Error(`${given.long}: must come after the verb`);
}

async function giving(verb: Verb, words: readonly string[], options: BulkOptions & VerbOptions): Promise<Work> {
  const { by, reason, althoughAway } = options;
  const who: Who = { by, ...(reason ? { reason } : {}) };
  const command = await verb.command(who, words, options);
  return {
    name: verb.name,
    asked: { verb: verb.name, words, ...who, ...(althoughAway ? { althoughAway } : {}) },
    preview: ({ broker }, leadIds, pace) => previewAll(leadLog(broker), leadIds, command, pace),
    give: ({ broker }, leadIds, pace) => commandAll(leadLog(broker), leadIds, command, pace),
  };
}
