import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { runInNewContext } from 'node:vm';
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

/** The argument's value, made of what its file imports. */
async function messagesOf(argument: ts.Expression, source: ts.SourceFile): Promise<string[]> {
  const text = argument.getText(source);
  const imported: Record<string, unknown> = {};
  for (const { importClause, moduleSpecifier } of source.statements.filter(ts.isImportDeclaration)) {
    const names = importClause?.namedBindings;
    if (!names || !ts.isNamedImports(names) || !ts.isStringLiteral(moduleSpecifier)) continue;
    const used = names.elements.map(({ name }) => name.text).filter((name) => new RegExp(`\\b${name}\\b`).test(text));
    if (used.length === 0) continue;
    const from = moduleSpecifier.text;
    const url = from.startsWith('.') ? pathToFileURL(join(ROOT, dirname(source.fileName), from)).href : from;
    const module = z.record(z.string(), z.unknown()).parse({ ...(await import(url)) });
    for (const name of used) imported[name] = module[name];
  }
  return patterns.parse(runInNewContext(text, imported));
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
