import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { catalogue } from '@leadstream/contracts/events';
import { streams } from '@leadstream/contracts/streams';
import ts from 'typescript';
import { z } from 'zod';
import { code, table } from './markdown.ts';

const ROOT = join(import.meta.dirname, '../..');
const patterns = z.union([z.string().transform((one) => [one]), z.array(z.string())]);

interface Handler {
  app: string;
  name: string;
  messages: string[];
}

/** The methods with `@EventPattern`, as the sources have them: decorators cannot be loaded here. */
async function handlers(): Promise<Handler[]> {
  const found: Handler[] = [];
  for (const path of globSync('apps/*/src/**/*.controller.ts', { cwd: ROOT }).sort()) {
    const source = ts.createSourceFile(path, readFileSync(join(ROOT, path), 'utf8'), ts.ScriptTarget.Latest);
    for (const [name, argument] of decorated(source))
      found.push({ app: path.split('/')[1] ?? '', name, messages: await messagesOf(argument, source) });
  }
  return found;
}

/** Each decorated method, with the argument of its `@EventPattern`. */
function decorated(source: ts.SourceFile): [method: string, argument: ts.Expression][] {
  return source.statements.filter(ts.isClassDeclaration).flatMap((type) =>
    type.members.filter(ts.isMethodDeclaration).flatMap((method) =>
      (ts.getDecorators(method) ?? []).flatMap(({ expression }): [string, ts.Expression][] => {
        if (!ts.isCallExpression(expression) || !ts.isIdentifier(expression.expression)) return [];
        const [argument] = expression.arguments;
        return expression.expression.text === 'EventPattern' && argument
          ? [[`${type.name?.text ?? ''}.${ts.isIdentifier(method.name) ? method.name.text : ''}`, argument]]
          : [];
      }),
    ),
  );
}

/** A text, or an imported constant. */
async function messagesOf(argument: ts.Expression, source: ts.SourceFile): Promise<string[]> {
  if (ts.isStringLiteralLike(argument)) return [argument.text];
  const name = ts.isIdentifier(argument) ? argument.text : '';
  const from = source.statements.filter(ts.isImportDeclaration).find(({ importClause }) => {
    const names = importClause?.namedBindings;
    return names && ts.isNamedImports(names) && names.elements.some((element) => element.name.text === name);
  })?.moduleSpecifier;
  if (!from || !ts.isStringLiteral(from))
    throw new Error(`${source.fileName}: @EventPattern takes a text or an imported constant`);
  const url = from.text.startsWith('.')
    ? pathToFileURL(join(ROOT, dirname(source.fileName), from.text)).href
    : from.text;
  const module = z.record(z.string(), z.unknown()).parse({ ...(await import(url)) });
  return patterns.parse(module[name]);
}

const streamOf = (message: string): string =>
  message in catalogue
    ? 'LEADS'
    : (Object.entries(streams).find(([, { subjects }]) =>
        subjects.some((subject) =>
          new RegExp(`^${subject.replaceAll('.', '\\.').replaceAll('*', '[^.]+')}$`).test(message),
        ),
      )?.[0] ?? 'none');

export async function triggers(): Promise<string> {
  return table(
    ['service', 'handler', 'stream', 'messages'],
    (await handlers()).map(({ app, name, messages }) => [
      app,
      code(name),
      [...new Set(messages.map(streamOf))].map(code).join(' '),
      messages.map(code).join(' '),
    ]),
  );
}

export async function triggersOf(app: string): Promise<string> {
  return (await handlers())
    .filter((handler) => handler.app === app)
    .flatMap(({ messages }) => messages.map(code))
    .join(', ');
}
