import { Option, type Command } from 'commander';
import type { Broker } from '@leadstream/eventlog/broker';
import { PROJECTOR } from '@leadstream/projection/collections';
import { bodyOf, decoded, entries, entryAt, keep, redrive, type Entry } from '@leadstream/service/quarantine-entries';
import { ending } from './help.ts';
import { note, print, wholeNumber, withBroker } from './session.ts';
import { exitWith } from './terminal.ts';

/** A closed choice: a mistyped consumer has no entries, which would look like good news. */
const consumerOption = (does: string) =>
  new Option('--consumer <name>', does).choices(['ingest', 'triage', 'scheduler', 'sender', 'inbound', PROJECTOR]);

export function quarantineCommands(program: Command): void {
  const quarantine = program.command('quarantine').description('messages that a consumer gave up on, and why');
  listCommand(quarantine);
  showCommand(quarantine);
  keepCommand(quarantine);
  redriveCommand(quarantine);
}

function listCommand(quarantine: Command): void {
  quarantine
    .command('list')
    .description('the messages in quarantine, newest first')
    .addOption(consumerOption('only this one’s'))
    .option('--limit <n>', 'how many', '50')
    .option('--json', 'as JSON')
    .addHelpText('after', ending('leadctl quarantine list --consumer triage'))
    .action(async ({ consumer, limit, json }: { consumer?: string; limit: string; json?: boolean }) => {
      const wanted = wholeNumber('--limit', limit);
      const list = await withBroker((broker) => newest(broker, consumer, wanted));
      if (json) return print(list.map(({ body: _body, headers: _headers, ...shown }) => shown));
      if (list.length === 0) return print('nothing is in quarantine');
      for (const entry of list) print(row(entry));
    });
}

function showCommand(quarantine: Command): void {
  quarantine
    .command('show <seq>')
    .description('one entry with its message, read from its stream where no copy was kept')
    .option('--json', 'as JSON')
    .addHelpText('after', ending('leadctl quarantine show 17'))
    .action(async (seq: string, { json }: { json?: boolean }) => {
      await withBroker(async (broker) => {
        const { body: copy, ...entry } = await existing(broker, wholeNumber('seq', seq));
        const bytes = await bodyOf(broker, { ...entry, ...(copy === undefined ? {} : { body: copy }) });
        const body = bytes === undefined ? null : decoded(bytes);
        print(json ? { ...entry, body } : shown(entry, body));
      });
    });
}

function keepCommand(quarantine: Command): void {
  quarantine
    .command('keep <seq>')
    .description(
      'keep an entry for good: others are gone after 30 days. Its message in ' +
        'INTAKE or FEEDBACK ages all the same, and can’t be redriven then',
    )
    .option('--json', 'as JSON')
    .addHelpText('after', ending('leadctl quarantine keep 17', { 0: 'kept under the printed number', 1: 'an error' }))
    .action(async (seq: string, { json }: { json?: boolean }) => {
      const kept = await withBroker((broker) => keep(broker, wholeNumber('seq', seq)));
      if (json) return print({ was: wholeNumber('seq', seq), ...kept });
      const aged = 'is as old as new: QUARANTINE was made before entries could be kept, see docs/deploy.md';
      print(`${seq} is ${kept.seq} now, and ${kept.isForGood ? 'stays' : aged}`);
    });
}

interface Redriving {
  all?: boolean;
  consumer?: string;
  json?: boolean;
}

function redriveCommand(quarantine: Command): void {
  quarantine
    .command('redrive [seq...]')
    .description(
      'hand messages to their consumer again, in its running service; what is ' +
        'handled leaves quarantine, the rest stays with its reason',
    )
    .option('--all', 'all of them, the oldest first')
    .addOption(consumerOption('with --all: only this consumer’s'))
    .option('--json', 'as JSON, one line each')
    .addHelpText(
      'after',
      ending(['leadctl quarantine redrive 17 18', 'leadctl quarantine redrive --all --consumer triage'], {
        0: 'all are handled',
        1: 'some stay, with the reason; or an error',
      }),
    )
    .action(async (seqs: string[], { all, consumer, json = false }: Redriving) => {
      if (all ? seqs.length > 0 : seqs.length === 0)
        throw new Error('name what to redrive by its seq, or all of it by --all');
      if (consumer && !all) throw new Error('--consumer goes with --all');
      await withBroker(async (broker) => {
        const wanted = all
          ? (await newest(broker, consumer)).map(({ seq }) => seq).reverse()
          : seqs.map((seq) => wholeNumber('seq', seq));
        if (wanted.length === 0 && !json) print('nothing is in quarantine');
        for (const seq of wanted) await redriveOne(broker, seq, json);
      });
    });
}

async function newest(broker: Broker, consumer: string | undefined, limit = Infinity): Promise<Entry[]> {
  const list: Entry[] = [];
  const unreadable = (error: unknown) => note(`leadctl: ${error instanceof Error ? error.message : String(error)}`);
  for await (const { body: _body, ...entry } of entries(broker, unreadable, consumer))
    if (list.push(entry) >= limit) break;
  return list;
}

async function existing(broker: Broker, seq: number): Promise<Entry> {
  const entry = await entryAt(broker, seq);
  if (!entry) throw new Error(`there is no ${seq} in quarantine; see leadctl quarantine list`);
  return entry;
}

async function redriveOne(broker: Broker, seq: number, json: boolean): Promise<void> {
  const entry = await existing(broker, seq);
  const problem = await redrive(broker, entry);
  const { consumer } = entry;
  if (json)
    print(
      JSON.stringify({
        seq,
        consumer,
        origin: entry.origin,
        outcome: problem === undefined ? 'handled' : 'stays',
        ...(problem === undefined ? {} : { why: problem }),
      }),
    );
  else
    print(
      `${seq}  ${consumer} ${origin(entry)}  ` +
        `${problem === undefined ? 'handled, and gone from quarantine' : `stays: ${problem}`}`,
    );
  if (problem !== undefined) exitWith(1);
}

const origin = ({ origin: { stream, seq, subject, index } }: Pick<Entry, 'origin'>): string =>
  stream === 'QUARANTINE' ? subject : `${stream}/${seq}${index === undefined ? '' : `/${index}`}`;

const row = (entry: Entry): string =>
  [
    String(entry.seq).padStart(6),
    entry.at,
    entry.consumer.padEnd(11),
    origin(entry).padEnd(16),
    `${entry.attempts}×`,
    entry.reason,
  ].join('  ');

function shown(entry: Omit<Entry, 'body'>, body: unknown): string {
  return [
    `seq       ${entry.seq}`,
    `at        ${entry.at}`,
    `consumer  ${entry.consumer}, after ${entry.attempts} attempts`,
    `origin    ${origin(entry)} (${entry.origin.subject})`,
    `reason    ${entry.reason}`,
    ...Object.entries(entry.headers).map(([name, values]) => `header    ${name}: ${values.join(', ')}`),
    '',
    body === null
      ? `No copy was kept, and ${origin(entry)} is gone: nothing can be redriven.`
      : typeof body === 'string'
        ? body
        : JSON.stringify(body, null, 2),
  ].join('\n');
}
