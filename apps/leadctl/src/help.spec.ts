import { describe, expect, it } from '@jest/globals';
import type { Command } from 'commander';
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
    const called = async (example: string): Promise<string> => {
      const fresh = program(silent);
      let ran = '';
      for (const { name, command } of verbsBelow(fresh)) command.action(() => void (ran = name));
      await fresh
        .parseAsync(wordsOf(example).slice(1), { from: 'user' })
        .catch((error: unknown) => (ran = String(error)));
      return ran;
    };
    for (const { name, examples } of verbs)
      for (const example of examples) expect({ example, verb: await called(example) }).toEqual({ example, verb: name });
  });
});
