import type { Esp } from '@leadstream/contracts/events';
import type { Broker } from '@leadstream/eventlog/broker';
import { localTime } from '@leadstream/lead/next';
import { storyOf } from '@leadstream/lead/story';
import type { Planning } from '@leadstream/sequences/plan';
import { explain, type AccountNow, type Explanation } from '@leadstream/sequences/explain';
import type { Because, Verdict } from '@leadstream/sequences/explain-guards';
import { explainSend, type SendExplanation } from '@leadstream/sequences/explain-send';
import { AccountStore } from '@leadstream/service/account';
import { SequenceStore } from '@leadstream/service/sequence-store';
import type { Command } from 'commander';
import { eventsOf } from './lead-story.ts';
import { planningSettings, print, withBroker } from './session.ts';

/** As the senders name it. */
const ACCOUNT: Esp = 'sendgrid';

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
      '\nExample:\n  leadctl lead explain jane@example.com\n  leadctl lead explain jane@example.com --step first',
    )
    .action((whom: string, options: Options) => run(idOf(whom), options));
}

async function run(id: string, { step, send, json }: Options): Promise<void> {
  await withBroker(async (broker, replicas) => {
    const events = await eventsOf(broker, id);
    const store = await new SequenceStore(broker, replicas).read();
    const sequence: Planning['sequence'] = (name, version) => store.sequence(name, version);
    const story = step === undefined ? [] : storyOf(events, sequence);
    const found = story.flatMap(({ steps }) => steps.filter((one) => one.id === step)).at(-1);
    if (step !== undefined && !found) throw new Error(`no run of this lead has a step "${step}"`);
    const sendId = send ?? found?.sendIds.at(-1);
    if (sendId !== undefined && found?.state !== 'next') {
      const said = explainSend(events, sendId);
      if (!said) throw new Error(`the log has no claim ${sendId} of this lead`);
      return print(json ? said : sendText(said));
    }
    if (found && found.state !== 'next')
      return print(json ? found : `"${found.id}" ${found.state}${found.why ? `: ${found.why}` : ''}`);
    const planning: Planning = {
      ...planningSettings(),
      now: Temporal.Now.instant(),
      draw: () => 0,
      sequence,
      reps: store.reps,
    };
    const said = explain(events, planning, await accountOf(broker, replicas));
    print(json ? said : text(said));
  });
}

/** The pause of the account, as the senders read it, and those of sources. */
async function accountOf(broker: Broker, replicas: number): Promise<AccountNow> {
  const store = new AccountStore(broker, replicas, ACCOUNT);
  return { pause: await store.paused(), sources: await store.sources() };
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
