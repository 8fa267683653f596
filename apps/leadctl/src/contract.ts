import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { publishLead } from '@leadstream/contracts/publish';
import { ending } from './help.ts';
import { judged, type Judged } from './contract-judged.ts';
import { note, print, settings, withBroker } from './session.ts';
import { exitWith, terminal } from './terminal.ts';

const read = (file: string): Promise<Uint8Array> => (file === '-' ? terminal().input() : readFile(file));
const judgedFile = async (file: string): Promise<Judged> =>
  judged(await read(file), { defaultRegion: settings()['DEFAULT_REGION'] ?? 'US' });

/** The commands of teams that publish leads. */
export function contractCommands(program: Command): void {
  const contract = program.command('contract').description('the contract with teams that publish leads');
  contract
    .command('check <file>')
    .description(
      'show what would become of a payload (lead.created data, or a structured CloudEvent; - is standard input): ' +
        'each field’s problem, or what hygiene changes. Nothing is published, no server is asked',
    )
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      ending(['leadctl contract check lead.json', 'leadctl contract check - --json < lead.json'], {
        0: 'it would be accepted',
        1: 'it would be refused, or an error',
      }),
    )
    .action(async (file: string, { json }: { json?: boolean }) => {
      const answer = await judgedFile(file);
      print(json ? shown(answer) : inWords(answer));
      if (answer.verdict === 'refused') exitWith(1);
    });
  program
    .command('publish <file>')
    .description(
      'publish one lead (lead.created data, or a structured CloudEvent; - is standard input), and print its place in ' +
        'INTAKE; one that would be refused is not sent',
    )
    .option('--source <name>', 'the publisher; default: the event’s own, else leadctl')
    .option('--id <id>', 'the submission’s id: again under it is the same submission; default: the event’s own, or new')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      ending('leadctl publish lead.json --source shop --id order-17', {
        0: 'stored, now or before under this id',
        1: 'it would be refused, and nothing was sent; or an error',
      }),
    )
    .action(publish);
}

async function publish(file: string, options: { source?: string; id?: string; json?: boolean }): Promise<void> {
  const answer = await judgedFile(file);
  if (answer.verdict === 'refused') {
    note(inWords(answer));
    return exitWith(1);
  }
  const source = options.source ?? answer.event?.source ?? 'leadctl';
  const id = options.id ?? answer.event?.id ?? randomUUID();
  const { seq, isDuplicate } = await withBroker((broker) => publishLead(broker.js(), answer.lead, { source, id }));
  if (options.json) return print({ stream: 'INTAKE', seq, id, source, isDuplicate });
  print(`INTAKE ${seq}: ${source}/${id}${isDuplicate ? ' was stored before' : ' is stored'}`);
}

const shown = (answer: Judged) =>
  answer.verdict === 'refused'
    ? answer
    : { verdict: answer.verdict, source: answer.source, ...answer.event, changes: answer.changes };

function inWords(answer: Judged): string {
  if (answer.verdict === 'refused')
    return ['refused', ...answer.problems.map(({ field, problem }) => `  ${field}: ${problem}`)].join('\n');
  const changes = answer.changes.map(({ field, rule }) => `  ${field}: changed, by the rule ${rule}`);
  return [`accepted, source ${answer.source}`, ...changes].join('\n');
}
