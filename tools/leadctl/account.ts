import { InvalidArgumentError, Option, type Command } from 'commander';
import { AccountStore, readPace } from '@leadstream/service/account';
import { print, withBroker } from './session.ts';

interface Which { account: string }

export function accountCommands(program: Command): void {
  const account = program.command('account').description('the mail provider’s account, as all senders share it');
  // Of another name there is an entry as soon as one is written: who mistypes it would believe that nothing is sent.
  const verb = (name: string, does: string) => account.command(name).description(does).addOption(new Option('--account <name>', 'which one').choices(['sendgrid']).default('sendgrid'));
  verb('show', 'whether it is paused, and how much it was used today').option('--json', 'as JSON')
    .action(async ({ account: name, json }: Which & { json?: boolean }) => {
      const [pause, { day, calls }] = await withAccount(name, async (store) => [await store.paused(), readPace(await store.entry('pace'))] as const);
      const [paused, callsToday] = [running(pause), day === new Date().toISOString().slice(0, 10) ? calls : 0];
      if (json) return print({ account: name, paused, callsToday });
      print(`${name}  ${paused ? `paused by ${paused.by} at ${paused.at}${paused.until ? ` until ${paused.until}` : ''}: ${paused.why}` : 'sending'}  ${callsToday} calls today (UTC)`);
    });
  verb('pause', 'send nothing through it, until it is resumed; what is due waits').requiredOption('--by <name>', 'who says so', named).requiredOption('--reason <text>', 'why', named)
    .action(({ account: name, by, reason }: Which & { by: string; reason: string }) =>
      withAccount(name, (store) => store.pause({ why: reason, by })).then(() => print(`${name} is paused`)));
  verb('resume', 'send again, whoever paused it: one letter tries, and the others follow')
    .action(({ account: name }: Which) => withAccount(name, (store) => store.resume()).then(() => print(`${name} is sending`)));
}

const withAccount = <T>(name: string, work: (store: AccountStore) => Promise<T>): Promise<T> =>
  withBroker((broker, replicas) => work(new AccountStore(broker, replicas, name)));

/** A pause that has run out is none. */
const running = <T extends { until?: string | undefined }>(pause: T | null): T | null =>
  pause?.until !== undefined && Date.parse(pause.until) <= Date.now() ? null : pause;

function named(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('must not be empty');
  return text;
}
