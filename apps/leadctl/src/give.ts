import { InvalidArgumentError, type Command as Program } from 'commander';
import { describeRefusal, giveCommand, type Safeguards } from '@leadstream/service/commands';
import type { Command } from '@leadstream/lead/command';
import { nextOf } from '@leadstream/lead/next';
import { statusOf, type LeadState } from '@leadstream/lead/state';
import { line } from '@leadstream/lead/timeline';
import { print, withLog, wholeNumber } from './session.ts';

const KEY_LENGTH_MAX = 200;

export interface Asked {
  by: string;
  reason?: string;
  key?: string;
  expectVersion?: string;
  json?: boolean;
}

/** The exit codes of these commands. */
export const GIVEN = { 0: 'done, or done before under the same key', 1: 'refused, or an error' } as const;

const BY_LENGTH_MAX = 200;

/** The value of `--by`: the log shows it as the author, so it may not be empty, nor show another name than it is. */
export function author(text: string): string {
  const name = text.trim();
  if (name === '' || name.length > BY_LENGTH_MAX || /[\p{Cc}\p{Cf}\p{Cs}]/u.test(name))
    throw new InvalidArgumentError(`must be one line of 1 to ${BY_LENGTH_MAX} visible characters.`);
  return name;
}

/** The options of every command that appends an event to one lead. */
export const asked = (program: Program): Program =>
  program
    .requiredOption('--by <name>', 'the operator’s name', author)
    .option('--reason <text>', 'the reason')
    .option(
      '--key <text>',
      'a text of your choice, new for each command: the same command again under it changes ' +
        'nothing and shows what the first one did; another command under it is refused',
    )
    .option('--json', 'as JSON')
    .option(
      '--expect-version <n>',
      'only if the lead is at this version (see lead show): refused when anything happened to it since you looked',
    );

/** Gives the command and prints its outcome; throws a refusal, with the lead's status. */
export async function give(leadId: string, command: Command, options: Asked, hint = ''): Promise<void> {
  const safeguards = safeguardsOf(options);
  await withLog(async (log) => {
    const given = await giveCommand(log, leadId, command, safeguards);
    const { state, version } = given.after;
    if ('refused' in given)
      throw new Error(version === 0 ? describeRefusal(given) : `${describeRefusal(given)}. ${standing(state)}${hint}`);
    const { event, isNew } = given;
    if (options.json) return print({ leadId, event, isNew, version, status: statusOf(state), next: nextOf(state) });
    print(`${isNew ? '' : 'done already: '}${line(event, true)}\n${standing(state)}`);
  });
}

function safeguardsOf({ key, expectVersion }: Asked): Safeguards {
  if (key?.trim() === '' || (key?.length ?? 0) > KEY_LENGTH_MAX)
    throw new Error(`--key: must be 1 to ${KEY_LENGTH_MAX} characters`);
  return {
    ...(key === undefined ? {} : { key }),
    ...(expectVersion === undefined ? {} : { expectVersion: wholeNumber('--expect-version', expectVersion) }),
  };
}

const standing = (state: LeadState): string => `The lead is ${statusOf(state)}; next: ${nextOf(state).text}`;
