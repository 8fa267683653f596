import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { CommanderError, type Command } from 'commander';
import { program } from './program.ts';
import type { Terminal } from './terminal.ts';

const silent: Terminal = {
  env: {},
  isTTY: false,
  out: () => undefined,
  err: () => undefined,
  input: () => Promise.resolve(Buffer.alloc(0)),
  onInterrupt: () => undefined,
};
/** JSON in any case or by `--format`, or one line after the other as the work goes on. */
const WITHOUT_JSON = ['lead export', 'intake test', 'nats permissions', 'restore reconcile'];

interface Verb {
  name: string;
  command: Command;
}
/** Commands that do something: those without others below them, and lists with options of their own. */
function* verbsBelow(command: Command, path: readonly string[] = []): Generator<Verb> {
  if (path.length > 0 && (command.commands.length === 0 || command.options.length > 0))
    yield { name: path.join(' '), command };
  for (const below of command.commands) yield* verbsBelow(below, [...path, below.name()]);
}

function helpOf(command: Command): string {
  let help = '';
  command.configureOutput({ writeOut: (text) => void (help += text) }).outputHelp();
  return help;
}

/** The words of a line as a shell reads it, until a redirection. */
const wordsOf = (line: string): string[] =>
  [...line.replace(/ [<>|] .*/, '').matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, bare]) => double ?? single ?? bare ?? '',
  );

const verbs = [...verbsBelow(program(silent))].map(({ name, command }) => {
  const help = helpOf(command);
  const [, examples = ''] = /^Examples?:\n((?: {2}leadctl .*\n)+)/m.exec(help) ?? [];
  return { name, help, command, examples: examples.trim().split(/\n */).filter(Boolean) };
});

describe('the --help of leadctl', () => {
  it.each(verbs)('$name has an example, its exit codes and --json', ({ name, help, command, examples }) => {
    expect(examples).not.toEqual([]);
    expect(help).toMatch(/^Exit codes: 0 .+; 1 .+\.$/m);
    expect(command.options.some(({ long }) => long === '--json')).toBe(!WITHOUT_JSON.includes(name));
  });

  it('has no example that the parser refuses, or takes for another verb', async () => {
    for (const { name, examples } of verbs)
      for (const example of examples) expect({ example, verb: await called(example) }).toEqual({ example, verb: name });
  });
});

/** A line may name a verb, or several, and leave out what the verb asks for. */
const LEFT_OUT = [
  'commander.missingArgument',
  'commander.missingMandatoryOptionValue',
  'commander.optionMissingArgument',
  'commander.help',
  'commander.helpDisplayed',
];

/** The verb that the parser takes the line for, or its refusal. */
async function called(line: string): Promise<string> {
  const fresh = program(silent);
  let ran = '';
  for (const { name, command } of verbsBelow(fresh)) command.action(() => void (ran = name));
  await fresh.parseAsync(wordsOf(line).slice(1), { from: 'user' }).catch((error: unknown) => {
    const isLeftOut = error instanceof CommanderError && LEFT_OUT.includes(error.code);
    ran = isLeftOut ? 'a verb' : String(error);
  });
  return ran;
}

const ROOT = join(import.meta.dirname, '../../..');
const pages = globSync(['README.md', 'docs/**/*.md', 'apps/*/README.md'], { cwd: ROOT }).filter(
  (page) => !page.startsWith('docs/adr/'),
);
/** In a sentence, and in a line of a shell. */
const SPOKEN = [
  /`(?:npm run (?:-s )?)?leadctl (?:-- )?([^`]+)`/g,
  /^ *(?:npm run (?:-s )?leadctl --|leadctl|.* apps\/leadctl\/dist\/main\.js) ([^`\n]+)$/gm,
];
/** What a page leaves open, and what the shell takes for itself. */
const OPEN: [RegExp, string][] = [
  [/\s+/g, ' '],
  [/<(seq|n)>/g, '1'],
  [/<verb>/g, 'pause'],
  [/<[^>]*>|…/g, 'x'],
  [/ (#|[|;&>)]|\\$).*$/, ''],
];
const linesOf = (page: string): string[] => {
  const text = readFileSync(join(ROOT, page), 'utf8');
  return SPOKEN.flatMap((how) => [...text.matchAll(how)]).map(([, words = '']) =>
    OPEN.reduce((line, [what, by]) => line.replace(what, by), `leadctl ${words}`).trim(),
  );
};

describe('the commands of leadctl on a page', () => {
  it.each(pages)('are taken by the parser: %s', async (page) => {
    const lines = [...new Set(linesOf(page))];
    const answers = await Promise.all(lines.map(async (line) => `${line}: ${await called(line)}`));
    expect(answers.filter((answer) => answer.includes('Error: '))).toEqual([]);
  });

  it('are found', () => {
    expect(linesOf('docs/runbook.md').length).toBeGreaterThan(50);
  });
});
