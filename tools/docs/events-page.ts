import { leadSubject } from '@leadstream/contracts/streams';
import { table } from './markdown.ts';
import { described, events, schemaFile, type Described, type JsonSchema } from './schemas.ts';

export const GENERATED = 'Generated from libs/contracts by `npm run docs:generate`; do not edit.';

/** `docs/events.md`: every event in one table, then the fields of each. */
export function eventsPage(): string {
  const rows = events.map(({ type, token, by, says }) => [
    `[${type}](#${anchor(type)})`,
    `\`${leadSubject('<leadId>', token)}\``,
    by,
    says,
  ]);
  return `${[
    '# Events',
    `<!-- ${GENERATED} -->`,
    'The log of a lead, stream `LEADS`. What other teams publish is [lead.created](#leadcreated), stream `INTAKE`.',
    'Fields in **bold** are always there. A reader ignores fields that it does not know.',
    table(['event', 'subject', 'written by', 'says'], rows),
    ...[described, ...events].map(section),
  ].join('\n\n')}\n`;
}

const section = (message: Described): string =>
  [
    `## ${message.type}`,
    `${message.says}. [Schema, version ${message.version}](${schemaFile(message)}).`,
    table(
      ['field', 'type', 'meaning'],
      fields(message.schema).map(({ path, required, schema }) => [
        required ? `**${path}**` : path,
        typeOf(schema),
        schema.description ?? '',
      ]),
    ),
  ].join('\n\n');

interface Field {
  path: string;
  required: boolean;
  schema: JsonSchema;
}

/** An object's fields, its nested objects' fields after it by their path: `contact.email`, `changes[].rule`. */
function fields(schema: JsonSchema, prefix = ''): Field[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, given]) => {
    const path = prefix + name;
    const whole = { ...given, ...present(given), ...(given.description ? { description: given.description } : {}) };
    const nested = whole.items ? fields(present(whole.items), `${path}[].`) : fields(whole, `${path}.`);
    return [{ path, required: schema.required?.includes(name) ?? false, schema: given }, ...nested];
  });
}

/** The schema without null. */
const present = (schema: JsonSchema): JsonSchema => schema.anyOf?.find(({ type }) => type !== 'null') ?? schema;

function typeOf(schema: JsonSchema): string {
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(' or ');
  if (schema.enum) return schema.enum.map((value) => `\`${String(value)}\``).join(' ');
  if (schema.items) return `list of ${typeOf(schema.items)}`;
  return schema.format ?? schema.type ?? 'any';
}

/** GitHub's anchor of a heading. */
const anchor = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\w\- ]/g, '')
    .replaceAll(' ', '-');
