import { Option, type Command } from 'commander';
import { espSchema, gatewaySchema, type Gateway } from '@leadstream/contracts/events';
import type { Broker } from '@leadstream/eventlog/broker';
import { GuardRecords } from '@leadstream/eventlog/guard-record';
import { AccountStore } from '@leadstream/service/account';
import { accountFigures, depths, streamSizes } from '@leadstream/service/broker-figures';
import { dueFigures, leadFigures } from '@leadstream/service/lead-figures';
import { Endpoints } from '@leadstream/service/webhooks/endpoints';
import { ending } from './help.ts';
import { accountName, openedDb, print, withBroker } from './session.ts';
import { judged, shown, type Figures } from './status-judged.ts';
import { exitWith } from './terminal.ts';
import { summaryOf } from './webhooks-shown.ts';

const ANSWER_MS = 5_000;
const GATEWAY = 'twilio' satisfies Gateway;
/** Something waits, or a person is needed; 1 is an error of the command. */
const ATTENTION = 2;

export function statusCommand(program: Command): void {
  program
    .command('status')
    .description('What flows, what waits and why, and what needs a person, on one screen')
    .addHelpText(
      'after',
      ending('leadctl status', {
        0: 'all flows',
        1: 'NATS does not answer',
        [ATTENTION]: 'something waits for more than a minute, or needs a person',
      }),
    )
    .addOption(
      new Option('--account <name>', 'the mail provider’s account (default: ESP, or sendgrid)').choices([
        ...espSchema.options,
        ...gatewaySchema.options,
      ]),
    )
    .option('--json', 'as JSON')
    .action(async ({ account = accountName(), json }: { account?: string; json?: boolean }) => {
      const figures = await withBroker((broker, replicas) => figuresOf(broker, replicas, account));
      const judgement = judged(figures);
      const { waits, needs } = judgement;
      print(json ? { ...figures, ...judgement } : shown(figures, judgement));
      if (waits.length + needs.length > 0) exitWith(ATTENTION);
    });
}

async function figuresOf(broker: Broker, replicas: number, account: string): Promise<Figures> {
  const named = async (name: string) => {
    const its = await accountFigures(new AccountStore(broker, replicas, name));
    return { name, ...its, sources: its.sources ?? ('unreadable' as const) };
  };
  const [consumers, streams, mails, gateway, record, readModel, webhooks] = await Promise.all([
    depths(broker),
    streamSizes(broker),
    named(account),
    named(GATEWAY),
    new GuardRecords(broker, replicas).read(),
    // Without MongoDB the rest is still worth showing.
    readModelOf().catch(() => null),
    summaryOf(new Endpoints(broker, replicas), broker),
  ]);
  return {
    at: Temporal.Now.instant().toString({ smallestUnit: 'second' }),
    consumers,
    streams: Object.fromEntries(streams),
    account: mails,
    gateway,
    hold: record?.hold ?? null,
    readModel,
    webhooks,
  };
}

async function readModelOf(): Promise<NonNullable<Figures['readModel']>> {
  await using opened = new AsyncDisposableStack();
  const db = await openedDb(opened);
  const signal = AbortSignal.timeout(ANSWER_MS);
  const [leads, due] = await Promise.all([leadFigures(db, signal), dueFigures(db, Temporal.Now.instant(), signal)]);
  return { ...leads, due };
}
