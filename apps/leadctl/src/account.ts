import { espSchema, gatewaySchema } from '@leadstream/contracts/events';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { AccountStore } from '@leadstream/service/account';
import { usageInWords } from '@leadstream/service/account-usage';
import { accountHistory, operationInWords, type AccountHistory } from '@leadstream/service/account-history';
import { accountShown, type AccountShown } from '@leadstream/service/account-shown';
import { ending } from './help.ts';
import { author } from './give.ts';
import { accountName, print, withBroker } from './session.ts';

interface Which {
  account?: string;
  json?: boolean;
}

const RESUMED = ['leadctl account resume --by ana', 'leadctl account resume --by ana --source ingest/website'];
const CHANGED = { 0: 'done, or already so', 1: 'refused, or an error' } as const;

export function accountCommands(program: Command): void {
  const account = program.command('account').description('the mail provider’s account, as all senders share it');
  // The name is a closed choice: the store creates an entry for any name, so a mistyped one would look paused.
  const verb = (name: string, does: string) =>
    account
      .command(name)
      .description(does)
      .addOption(
        new Option('--account <name>', 'which one (default: ESP, or sendgrid)').choices([
          ...espSchema.options,
          ...gatewaySchema.options,
        ]),
      )
      .option('--json', 'as JSON');
  verb('show', 'whether it is paused, which sources are, how much it was used today, and who changed what')
    .addHelpText('after', ending('leadctl account show'))
    .action(async ({ account: name = accountName(), json }: Which) => {
      const shown = await withAccount(name, async (store) => ({
        ...(await accountShown(store)),
        ...(await accountHistory(store)),
      }));
      if (json) return print(shown);
      print(linesOf(shown).join('\n'));
    });
  verb('pause', 'send nothing through it, until it is resumed; what is due waits')
    .requiredOption('--by <name>', 'the operator’s name', author)
    .requiredOption('--reason <text>', 'the reason', named)
    .addHelpText('after', ending('leadctl account pause --by ana --reason "the provider asked us to wait"', CHANGED))
    .action(async ({ account: name = accountName(), by, reason, json }: Which & { by: string; reason: string }) => {
      await withAccount(name, (store) => store.pause({ why: reason, by }));
      print(json ? { account: name, paused: true } : `${name} is paused`);
    });
  verb('resume', 'send again, after any pause')
    .requiredOption('--by <name>', 'the operator’s name', author)
    .option(
      '--source <name>',
      'only to the leads of one paused source, as show names it; what waited goes within six hours',
      named,
    )
    .addHelpText('after', ending(RESUMED, CHANGED))
    .action(({ account: name = accountName(), by, source, json }: Which & { by: string; source?: string }) =>
      withAccount(name, (store) =>
        source === undefined ? resume(store, by, json) : resumeSource(store, source, by, json),
      ),
    );
}

async function resume(store: AccountStore, by: string, json = false): Promise<void> {
  const { account: name } = store;
  await store.resume({ by });
  const paused = Object.keys((await store.sources()) ?? {});
  if (json) return print({ account: name, paused: false, by, pausedSources: paused });
  print(
    `${name} is sending` +
      `${paused.length > 0 ? `, but not to the leads of ${paused.length} paused sources: leadctl account show` : ''}`,
  );
}

async function resumeSource(store: AccountStore, source: string, by: string, json = false): Promise<void> {
  if (!(await store.resumeSource(source, { by })))
    throw new Error(`the source "${source}" is not paused; leadctl account show names those that are`);
  print(json ? { source, paused: false, by } : `the source "${source}" is sending`);
}

function linesOf(shown: AccountShown & AccountHistory): string[] {
  const { account, paused, tries, sources, waitsUntil, perSecond, warmup, reputation, breaker, history } = shown;
  const tried = tries
    ? `; last tried at ${tries.last}, ${tries.arrived} of ${tries.needed} in a row have arrived`
    : paused?.kind
      ? '; not tried yet'
      : '';
  const until = paused?.until ? ` until ${paused.until}` : '';
  const state = paused ? `paused by ${paused.by} at ${paused.at}${until}: ${paused.why}${tried}` : 'sending';
  return [
    `${account}  ${state}  ${usageInWords(shown)}${waitsUntil ? `; the cap is used, goes on at ${waitsUntil}` : ''}`,
    ...(sources === 'unreadable'
      ? ['all sources are held: their list cannot be read']
      : Object.entries(sources).map(([name, { why, by, at }]) => `source "${name}"  paused by ${by} at ${at}: ${why}`)),
    ...(perSecond === null ? [] : [`pace  ${perSecond} calls a second, by all senders together`]),
    ...(warmup ? [`warm-up  ${warmup.schedule}`] : []),
    `reputation  ${reputation.delivered} delivered, ${reputation.bounced} bounced, ${reputation.complained} ` +
      'complaints today (UTC)',
    ...(breaker ? [`breaker  last ${breaker.state} at ${breaker.at} by a ${breaker.by}`] : []),
    ...(history.length > 0 ? ['history, the newest first'] : []),
    ...history.map((operation) => `  ${operation.at}  ${operationInWords(operation)}`),
  ];
}

const withAccount = <T>(name: string, work: (store: AccountStore) => Promise<T>): Promise<T> =>
  withBroker((broker, replicas) => work(new AccountStore(broker, replicas, name)));

function named(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('must not be empty');
  return text;
}
