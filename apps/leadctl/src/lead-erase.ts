import type { Command } from 'commander';
import type { Recorded } from '@leadstream/contracts/events';
import type { Broker } from '@leadstream/eventlog/broker';
import { provision } from '@leadstream/eventlog/provision';
import { stateAfter } from '@leadstream/lead/evolve';
import { statusOf } from '@leadstream/lead/state';
import { line } from '@leadstream/lead/timeline';
import { ending } from './help.ts';
import { eventsToErase, problemOf } from './erasable.ts';
import { erase, found, placesOf, type ErasureReport } from './erasure.ts';
import { author } from './give.ts';
import { heldOf, type Held } from './held.ts';
import { idOf } from './lead.ts';
import { mustFitLog } from './lead-id-secret.ts';
import { Person } from './mentions.ts';
import { note, openedDb, personSecrets, print, withBroker, withReadModel } from './session.ts';
import { exitWith } from './terminal.ts';

interface Erase {
  by: string;
  reason?: string;
  dryRun?: boolean;
  json?: boolean;
}

export function erasureCommands(lead: Command): void {
  lead
    .command('erase <email|id>')
    .description(
      'erase a person (GDPR Art. 17): the key of the lead’s personal data is destroyed, what INTAKE, ' +
        'FEEDBACK, QUARANTINE and the refusals in PUBLIC hold is deleted, the document is emptied; that nobody ' +
        'writes to the address again stays. Give it again after a crash',
    )
    .addHelpText(
      'after',
      ending('leadctl lead erase jane@example.com --by ana', {
        0: 'nothing is left',
        1: 'something is left, and named; refused, or an error',
      }),
    )
    .requiredOption('--by <name>', 'the operator’s name; stays readable', author)
    .option('--reason <text>', 'why; stays readable, so it may hold nothing of the person')
    .option('--dry-run', 'only print what would be deleted')
    .option('--json', 'as JSON')
    .action((whom: string, options: Erase) => run(whom, options));
  lead
    .command('export <email|id>')
    .description(
      'all that is held of a person (GDPR Art. 15): the log, what was handed in, what is ' +
        'in quarantine, the read model. What batches say of others is left out',
    )
    .addHelpText(
      'after',
      ending('leadctl lead export jane@example.com > jane.json', {
        0: 'all of it',
        1: 'not all could be read, and what is missing is named',
      }),
    )
    .option('--text', 'to be read, instead of JSON')
    .action((whom: string, { text }: { text?: boolean }) => exported(idOf(whom), text === true));
}

async function run(whom: string, { by, reason, dryRun, json }: Erase): Promise<void> {
  const leadId = idOf(whom);
  const person = new Person(leadId, personSecrets());
  const refuse = (events: readonly Recorded[]): void => {
    const problem = problemOf(person, events, { by, ...(reason === undefined ? {} : { reason }) });
    if (problem !== undefined) throw new Error(problem);
  };
  refuse([]);
  await withBroker(async (broker, replicas) => {
    await mustFitLog(broker);
    const events = await eventsToErase(broker, leadId);
    refuse(events);
    if (dryRun) return dry(broker, leadId, person, events, json);
    await provision(broker, { replicas, streams: ['KV_keys'] });
    await using opened = new AsyncDisposableStack();
    const report = await erase({
      broker,
      replicas,
      db: () => openedDb(opened),
      leadId,
      person,
      who: { by, ...(reason ? { reason } : {}) },
    });
    print(json ? report : shown(report));
    if (report.left.length > 0) exitWith(1);
  });
}

async function dry(
  broker: Broker,
  leadId: string,
  person: Person,
  events: readonly Recorded[],
  json = false,
): Promise<void> {
  const { INTAKE, FEEDBACK, QUARANTINE, PUBLIC } = await found(broker, person, events);
  const isErased = events.some(({ type }) => type === 'lead.erased');
  const would = { leadId, events: events.length, isErased, INTAKE, FEEDBACK, QUARANTINE, PUBLIC };
  const fields = `${events.length} events would lose their personal fields`;
  const ofLog = events.length === 0 ? 'no such lead' : isErased ? 'erased already' : fields;
  const ofStreams = `${INTAKE} of INTAKE, ${FEEDBACK} of FEEDBACK, ${QUARANTINE} of QUARANTINE, ${PUBLIC} of PUBLIC`;
  print(json ? would : `${leadId}: ${ofLog}; would delete ${ofStreams}`);
}

function shown({ leadId, erasure, deleted, left }: ErasureReport): string {
  return [
    erasure
      ? `${leadId} ${erasure.isNew ? 'is erased' : 'was erased before'}: LEADS ${erasure.seq}, ${erasure.at}`
      : `${leadId}: there is no such lead; only what was handed in is deleted`,
    `deleted   ${Object.entries(deleted)
      .map(([what, count]) => `${count} of ${what}`)
      .join(', ')}`,
    ...left.map((what) => `left      ${what}`),
    left.length === 0
      ? 'Nothing is left but that the address is not written to again. Backups have what they had until they age out'
      : 'Something is left: give the command again',
  ].join('\n');
}

async function exported(leadId: string, asText: boolean): Promise<void> {
  const person = new Person(leadId, personSecrets());
  await withBroker(async (broker) => {
    await mustFitLog(broker);
    let isWhole = true;
    const report = (problem: string): void => {
      isWhole = false;
      note(problem);
    };
    const events = await eventsToErase(broker, leadId, report);
    const messages: Held[] = [];
    for await (const message of heldOf(broker, person, placesOf(events))) messages.push(message);
    const readModel = await withReadModel((queries) => queries.lead(leadId)).catch((error: unknown) => {
      report(`leadctl: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    });
    if (isWhole && events.length === 0 && messages.length === 0 && !readModel)
      throw new Error(`nothing is held of ${leadId}`);
    const of = (stream: Held['stream']) =>
      messages.filter((message) => message.stream === stream).map(({ stream: _, isWanted: __, ...message }) => message);
    const all = {
      leadId,
      at: Temporal.Now.instant().toString(),
      log: events,
      intake: of('INTAKE'),
      feedback: of('FEEDBACK'),
      quarantine: of('QUARANTINE'),
      readModel: readModel ?? null,
    };
    print(asText ? readable(all) : all);
    if (!isWhole) exitWith(1);
  });
}

interface All {
  leadId: string;
  at: string;
  log: Recorded[];
  intake: object[];
  feedback: object[];
  quarantine: object[];
  readModel: object | null;
}

function readable({ leadId, at, log, intake, feedback, quarantine, readModel }: All): string {
  const status = log.length > 0 ? statusOf(stateAfter(log)) : 'no lead';
  const section = (title: string, parts: readonly object[]) => [
    `\n${title}`,
    ...(parts.length === 0 ? ['  nothing'] : parts.map((part) => JSON.stringify(part, null, 2))),
  ];
  return [
    `What is held of ${leadId} at ${at}; status: ${status}`,
    '\nWhat happened',
    ...log.map((event) => `${line(event, true)}\n${JSON.stringify(event.data, null, 2)}`),
    ...section('What was handed in', intake),
    ...section('What mail providers and programs reported', feedback),
    ...section('What could not be handled', quarantine),
    ...section('What is shown', readModel ? [readModel] : []),
  ].join('\n');
}
