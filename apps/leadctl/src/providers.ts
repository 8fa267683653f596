import { espSchema, type Esp } from '@leadstream/contracts/events';
import { Option, type Command } from 'commander';
import { GROUPS, shown } from './doctor/check.ts';
import { providerChecks } from './doctor/provider.ts';
import { ending } from './help.ts';
import { chatChecks } from './providers/chats.ts';
import { hubspotChecks } from './providers/hubspot.ts';
import { recordChecks } from './providers/dns.ts';
import { reachChecks } from './providers/reach.ts';
import { textChecks } from './providers/twilio.ts';
import { accountName, print, settings } from './session.ts';
import { exitWith } from './terminal.ts';

interface Options {
  esp?: Esp;
  selector: string[];
  returnPath?: string;
  dns?: string;
  json?: boolean;
}

const EXAMPLES = [
  'leadctl providers check',
  'leadctl providers check --esp postmark --selector 20261101120000pm --json',
  'leadctl providers check --return-path em1234.example.com --dns 1.1.1.1',
];

export function providerCommands(program: Command): void {
  program
    .command('providers')
    .description('the providers that mails and texts go out by')
    .command('check')
    .description(
      'Checks SPF, DKIM and DMARC of the sending domain, the MX record of replies, whether PUBLIC_URL reaches ' +
        'inbound what the key may do, the chats of REP_CHATS, and HubSpot where HUBSPOT_TOKEN is set; where ' +
        'TWILIO_FROM is set, also its key, its number or messaging service and where texts to it go. Changes ' +
        'nothing, sends nothing. Each failed check says what mends it',
    )
    .addOption(new Option('--esp <name>', 'provider (default: ESP, or sendgrid)').choices(espSchema.options))
    .option(
      '--selector <name>',
      'DKIM selector that the provider’s console shows; repeatable',
      (name: string, names: string[]) => [...names, name],
      [],
    )
    .option('--return-path <domain>', 'domain that bounces return to, where the provider’s console shows one')
    .option('--dns <address>', 'DNS server to ask instead of the system’s')
    .option('--json', 'as JSON, a list')
    .addHelpText('after', ending(EXAMPLES, { 0: 'nothing to mend', 1: 'a check failed, or an error' }))
    .action(async ({ esp = accountName(), selector, returnPath, dns, json }: Options) => {
      const env = settings();
      const found = await Promise.all([
        recordChecks({ esp, env, selectors: selector, returnPath, server: dns }),
        providerChecks(esp, env),
        chatChecks(env),
        hubspotChecks(env),
        reachChecks(esp, env['PUBLIC_URL']),
        textChecks(env),
      ]);
      const checks = found.flat().sort((a, b) => GROUPS.indexOf(a.group) - GROUPS.indexOf(b.group));
      print(json ? checks : shown(checks));
      if (checks.some(({ result }) => result === 'failed')) exitWith(1);
    });
}
