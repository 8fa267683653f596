import type { Command as Program } from 'commander';
import { ending } from './help.ts';
import { asked, give, GIVEN, type Asked } from './give.ts';
import { VERBS, type Verb, type VerbOptions } from './lead-verbs.ts';

/** The commands of an operator on one lead, each an event with its author and reason. */
export function operatorCommands(lead: Program, idOf: (whom: string) => string): void {
  for (const verb of VERBS) {
    const program = asked(
      lead.command([verb.name, '<email|id>', ...verb.words].join(' ')).description(verb.does),
    ).addHelpText('after', ending(exampleOf(verb), GIVEN));
    for (const option of verb.options ?? []) program.addOption(option);
    program.action(async (whom: string, ...rest: unknown[]) => {
      const words = rest.filter((one) => typeof one === 'string');
      const options = rest[words.length] as Asked & VerbOptions;
      const who = { by: options.by, ...(options.reason ? { reason: options.reason } : {}) };
      const leadId = idOf(whom);
      return give(leadId, await verb.command(who, words, options), options);
    });
  }
}

const exampleOf = ({ name, example, why }: Verb): string =>
  ['leadctl lead', name, 'jane@example.com', ...example, '--by ana', ...(why ? [`--reason "${why}"`] : [])].join(' ');
