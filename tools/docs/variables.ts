import { isSecret } from '@leadstream/service/config';
import { z } from 'zod';
import { apps, schemas, type App } from '../deploy/environment.ts';
import { code, table } from './markdown.ts';

interface Variable {
  name: string;
  isSecret: boolean;
  /** In words where it is none: `required`, or nothing. */
  standard: string;
  says: string | undefined;
}

const variablesOf = (app: App): Variable[] =>
  Object.entries<z.core.$ZodType>(schemas[app].shape).map(([name, schema]) => ({
    name,
    isSecret: isSecret(schema),
    standard: standardOf(schema),
    says: z.globalRegistry.get(schema)?.description,
  }));

function standardOf(schema: z.core.$ZodType): string {
  // What is transformed after its check has the default of its input.
  if (schema instanceof z.ZodPipe) return standardOf(schema.def.in);
  if (schema instanceof z.ZodOptional) {
    const required = z.globalRegistry.get(schema)?.['required'];
    return typeof required === 'string' ? required : '';
  }
  if (!(schema instanceof z.ZodDefault)) return 'required';
  const value = schema.def.defaultValue as string | number | object;
  return typeof value === 'object' ? 'empty' : String(value);
}

const readers = (name: string): App[] => apps.filter((app) => name in schemas[app].shape);
const inOrder = (): string[] => [...new Set(apps.flatMap((app) => variablesOf(app).map(({ name }) => name)))];
const named = ({ name, isSecret: marked }: Variable): string => `${code(name)}${marked ? '*' : ''}`;

/** The purpose of a variable, with the services' names where theirs differ. Throws where one has none. */
function meaning(name: string, over: readonly App[]): string {
  const bySays = Map.groupBy(over, (app) => {
    const text = variablesOf(app).find((variable) => variable.name === name)?.says;
    if (!text) throw new Error(`${name} in apps/${app}/src/config.ts has no .describe()`);
    return text;
  });
  const [only, ...more] = bySays.keys();
  if (only !== undefined && more.length === 0) return only;
  return [...bySays].map(([says, services]) => `${services.join(', ')}: ${says}`).join('<br>');
}

const readBy = (readers: readonly App[]): string => {
  const others = apps.filter((app) => !readers.includes(app));
  if (others.length === 0) return 'all';
  return others.length < readers.length ? `all but ${others.join(', ')}` : readers.join(', ');
};

const standards = (name: string): string[] => [
  ...new Set(readers(name).map((app) => variablesOf(app).find((variable) => variable.name === name)?.standard ?? '')),
];

/** The variables that more than one service reads. */
export function sharedVariables(): string {
  const rows = inOrder()
    .filter((name) => readers(name).length > 1)
    .map((name) => {
      const [standard = '', another] = standards(name);
      return [
        variablesOf(readers(name)[0] ?? 'ingest')
          .filter((variable) => variable.name === name)
          .map(named)
          .join(''),
        another === undefined ? standard : 'the service’s own',
        readBy(readers(name)),
        meaning(name, readers(name)),
      ];
    });
  return table(['name', 'default', 'read by', 'meaning'], rows);
}

/** The variables that only this service reads, or for which it has a default of its own; then the other ones' names. */
export function variablesOnlyOf(app: App): string {
  const isOwn = ({ name }: Variable) => readers(name).length === 1 || standards(name).length > 1;
  const all = variablesOf(app);
  const rows = all.filter(isOwn).map((it) => [named(it), it.standard, meaning(it.name, [app])]);
  const shared = all.filter((it) => !isOwn(it) && readers(it.name).length < apps.length);
  const others =
    shared.length === 0
      ? 'And what [every service reads](../../README.md#environment).'
      : 'And what [every service reads](../../README.md#environment); of what several read: ' +
        `${shared.map((it) => `${named(it)}${it.standard === 'required' ? ' (required)' : ''}`).join(', ')}.`;
  return `${table(['name', 'default', 'meaning'], rows)}\n\n${others}`;
}
