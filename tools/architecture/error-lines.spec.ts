import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import ts from 'typescript';

const ROOT = join(import.meta.dirname, '../..');
const LEVELS = ['error', 'fatal'];
/** Nest's own lines, whose texts are Nest's. */
const NEST = 'libs/service/src/log.ts';
const files = globSync(['apps/*/src/**/*.ts', 'libs/*/src/**/*.ts'], { cwd: ROOT }).filter(
  (file) => !/\.spec\.ts$|\/testing\/|^apps\/sandbox-esp\//.test(file) && file !== NEST,
);

interface Line {
  at: string;
  /** The text as it is written; each `${…}` is one word of it. Undefined where it is no text of the source. */
  msg: string | undefined;
}

/** The calls that write a line of the level `error` or `fatal`, also by a computed level. */
function linesOf(path: string, text: string): Line[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const lines: Line[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && isErrorLine(node.expression)) {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart());
      lines.push({ at: `${path}:${line + 1}`, msg: textOf(node.arguments[1]) });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return lines;
}

function isErrorLine(callee: ts.Expression): boolean {
  if (!ts.isPropertyAccessExpression(callee) && !ts.isElementAccessExpression(callee)) return false;
  if (!/(^|\.)#?log$/i.test(callee.expression.getText())) return false;
  const level = ts.isPropertyAccessExpression(callee) ? `'${callee.name.text}'` : callee.argumentExpression.getText();
  return LEVELS.some((each) => level.includes(`'${each}'`));
}

function textOf(argument: ts.Expression | undefined): string | undefined {
  if (argument && ts.isStringLiteralLike(argument)) return argument.text;
  return argument && ts.isTemplateExpression(argument) ? argument.getText().slice(1, -1) : undefined;
}

/** What is wrong with a text: it has to say which thing did what. */
function fault(msg: string | undefined): string | undefined {
  if (msg === undefined) return 'has no text of its own';
  const words = msg.split(/\s+/).filter((word) => /[\p{L}$]/u.test(word));
  const own = words.filter((word) => !/^(an?|the|error|failure|exception|failed|unexpected|went|wrong)$/i.test(word));
  return words.length < 3 || own.length === 0 ? `says only "${msg}"` : undefined;
}

const faultsOf = (lines: readonly Line[]): string[] => [
  ...lines.flatMap(({ at, msg }) => fault(msg)?.replace(/^/, `${at}: `) ?? []),
  ...lines
    .filter(({ msg, at }) => lines.some((other) => other.msg === msg && other.at !== at))
    .map(({ at, msg }) => `${at}: "${msg}" is the text of another line too`),
];

describe('the msg of an error line', () => {
  const lines = files.flatMap((file) => linesOf(file, readFileSync(join(ROOT, file), 'utf8')));

  it('says what failed, and no two lines have the same', () => {
    expect(lines.length).toBeGreaterThan(20);
    expect(faultsOf(lines)).toEqual([]);
  });

  it.each([
    ['one word', "log.error({ err }, 'failed');", 'x.ts:1: says only "failed"'],
    [
      'words that name nothing',
      "this.log.fatal({}, 'an unexpected error');",
      'x.ts:1: says only "an unexpected error"',
    ],
    ['the error’s own text', 'this.#parts.log.error({}, error.message);', 'x.ts:1: has no text of its own'],
    ['fields alone', 'log.error({ err });', 'x.ts:1: has no text of its own'],
    ['a computed level', "log[bad ? 'error' : 'warn']({}, 'failed');", 'x.ts:1: says only "failed"'],
  ])('is refused: %s', (_, text, wrong) => {
    expect(faultsOf(linesOf('x.ts', text))).toEqual([wrong]);
  });

  it('is refused when two lines have it', () => {
    const text = "log.error({}, 'a lead was not moved');";
    expect(faultsOf([...linesOf('a.ts', text), ...linesOf('b.ts', text)])).toHaveLength(2);
  });
});
