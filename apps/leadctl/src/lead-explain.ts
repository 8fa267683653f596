import { localTime } from '@leadstream/lead/next';
import type { Explanation } from '@leadstream/sequences/explain';
import type { Because, Verdict } from '@leadstream/sequences/explain-guards';
import type { SendExplanation } from '@leadstream/sequences/explain-send';
import { AccountStore } from '@leadstream/service/account';
import { explained, type Explained } from '@leadstream/service/explained';
import { SequenceStore } from '@leadstream/service/sequence-store';
import type { Command } from 'commander';
import { ending } from './help.ts';
import { eventsOf } from './lead-story.ts';
import { accountName, planningSettings, print, withBroker } from './session.ts';

interface Options {
  step?: string;
  send?: string;
  json?: boolean;
}

export function explainCommand(lead: Command, idOf: (whom: string) => string): void {
  lead
    .command('explain <email|id>')
    .description(
      'why its next mail comes when it does, or none comes: every guard’s verdict now, with the event that decided ' +
        'it and what could change it; of a mail that went out: why it did',
    )
    .option('--send <id>', 'why this mail went out: the id of its claim')
    .option('--step <name>', 'the step of its latest run that has it: why it was sent, or was not')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      ending(['leadctl lead explain jane@example.com', 'leadctl lead explain jane@example.com --step first']),
    )
    .action((whom: string, options: Options) => run(idOf(whom), options));
}

async function run(id: string, { json, ...about }: Options): Promise<void> {
  await withBroker(async (broker, replicas) => {
    const events = await eventsOf(broker, id);
    const result = await explained(events, about, {
      broker,
      store: await new SequenceStore(broker, replicas).read(),
      account: new AccountStore(broker, replicas, accountName()),
      settings: planningSettings(),
      now: Temporal.Now.instant(),
    });
    if (result.about === 'nothing') throw new Error(result.said);
    print(json ? result.said : textOf(result));
  });
}

function textOf(result: Exclude<Explained, { about: 'nothing' }>): string {
  switch (result.about) {
    case 'next':
      return text(result.said);
    case 'send':
      return sendText(result.said);
    case 'step':
      return `"${result.said.id}" ${result.said.state}${result.said.why ? `: ${result.said.why}` : ''}`;
  }
}

const reason = ({ type, seq, text: says }: Because): string => `${type}, LEADS ${seq}: ${says}`;

const verdictLine = (zone: string | null, { guard, blocks, says, until, by, change }: Verdict): string =>
  blocks
    ? `${guard.padEnd(12)} BLOCKS${until ? ` until ${localTime(until, zone ?? undefined)}` : ''}: ${says}` +
      `${by ? ` (${reason(by)})` : ''}; can change: ${change}`
    : `${guard.padEnd(12)} ${says}${by ? ` (${reason(by)})` : ''}`;

const text = (said: Explanation): string =>
  [
    `${said.leadId}  ${said.status}, version ${said.version}${said.trace ? `, trace ${said.trace.split('-')[1]}` : ''}`,
    `${'next'.padEnd(12)} ${said.next.text}`,
    ...said.guards.map((verdict) => verdictLine(said.timeZone, verdict)),
    `${'account'.padEnd(12)} ${said.account.says}`,
    ...said.enrichment.map((one) => `${'enriched'.padEnd(12)} ${one}`),
    `${'so'.padEnd(12)} ${said.so}`,
  ].join('\n');

const sendText = (said: SendExplanation): string =>
  [
    `"${said.step}" of ${said.sequence} v${said.version}, claimed at ` +
      `${localTime(said.claimedAt, said.timeZone ?? undefined)}, because`,
    ...said.because.map((one) => `  ${localTime(one.at, said.timeZone ?? undefined)}  ${reason(one)}`),
    'and no guard held it back then',
    ...said.guards.filter(({ by }) => by).map((verdict) => `  ${verdictLine(said.timeZone, verdict)}`),
  ].join('\n');
