import type { Adapter, Reader } from './adapter.ts';
import { meaningOf, utmKeyOf, type Known } from './names.ts';
import { firstAt, jsonIn, valuesAt } from './path.ts';
import { isBlank, Sorting } from './sorting.ts';
import { tickedConsent } from './ticked-consent.ts';
import type { Entry } from './understood.ts';

/** A lead in a post, in the contract's shape, and the id of its submission. */
export interface Adapted {
  lead: Record<string, unknown>;
  id?: string;
}

const DEPTH_MAX = 8;

/** The names of answers by their ids, from one part of a form's definition. */
type Definitions = ReadonlyMap<Lookup, ReadonlyMap<unknown, unknown>>;

interface Field {
  name: string;
  value: unknown;
  known?: Known | undefined;
}

/**
 * The leads in a form service's post. `query` are the fields in the address that the service posts to, which its owner
 * chose: they outrank the form's. None: a post of another event.
 */
export function leadsIn(adapter: Adapter, body: unknown, query: readonly Entry[] = []): Adapted[] {
  const { only } = adapter;
  if (only && !only.is.includes(String(firstAt(body, [only.at], body)))) return [];
  return itemsIn(adapter, body).map((item) => adapted(adapter, item, body, query));
}

/** The parts of a post that are a lead each; at most 1,000, far more than a body has room for. */
export function itemsIn({ lead }: Adapter, body: unknown): unknown[] {
  return lead.map((path) => valuesAt(body, path).filter(isObject)).find((some) => some.length > 0) ?? [body];
}

function adapted(adapter: Adapter, item: unknown, root: unknown, query: readonly Entry[]): Adapted {
  const sorting = new Sorting();
  for (const [name, value] of query) if (!sorting.add(name, value)) sorting.addField(name, value);
  for (const reader of adapter.read)
    for (const { name, value, known } of fieldsOf(reader, adapter, item, root)) {
      const meaning = known ?? nameIn(adapter, name);
      if (meaning !== undefined) sorting.take(meaning, name, value);
      else if (!sorting.add(name, value) && !isBlank(value)) sorting.addField(name, value);
    }
  if (adapter.guess) sorting.guess();
  sorting.fill('source', adapter.source);
  const id = firstAt(item, adapter.id, root);
  const consent = adapter.consent && tickedConsent(adapter.consent.sms, item, root);
  const lead = { ...sorting.lead(), ...(consent ? { consent } : {}) };
  return { lead, ...(typeof id === 'string' || typeof id === 'number' ? { id: String(id) } : {}) };
}

export const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

const nameIn = ({ names }: Adapter, name: string): Known | undefined =>
  (Object.hasOwn(names, name) ? names[name] : undefined) ??
  Object.entries(names).find(([pattern]) => pattern.startsWith('*') && name.endsWith(pattern.slice(1)))?.[1];

function fieldsOf(reader: Reader, adapter: Adapter, item: unknown, root: unknown): Field[] {
  if ('take' in reader)
    return Object.entries(reader.take).map(([name, paths]) => ({ name, value: firstAt(item, paths, root) }));
  if ('all' in reader) return valuesAt(item, reader.all, root).flatMap((one) => membersOf(reader, one));
  if ('each' in reader) {
    const known = definitionsOf(reader, item, root);
    return valuesAt(item, `${reader.each}.*`, root).map((one) => answerOf(reader, adapter, one, { root, known }));
  }
  return valuesAt(item, reader.walk, root).flatMap((one) => walked(reader, adapter, '', one, 0));
}

function membersOf({ strip, value: at, except }: Extract<Reader, { all: string }>, given: unknown): Field[] {
  const members = typeof given === 'string' ? jsonIn(given) : given;
  if (!isObject(members)) return [];
  const stripped = strip === undefined ? undefined : new RegExp(strip, 'u');
  return Object.entries(members)
    .filter(([name]) => !except.includes(name))
    .map(([name, value]: [string, unknown]) => ({
      name: stripped ? name.replace(stripped, '') || name : name,
      value: at !== undefined && isObject(value) && !Array.isArray(value) ? firstAt(value, [at], value) : value,
    }));
}

type Each = Extract<Reader, { each: string }>;
type Lookup = Exclude<Each['name'][number], string>;

function answerOf(
  { name, value, type, options }: Each,
  adapter: Adapter,
  answer: unknown,
  { root, known }: { root: unknown; known: Definitions },
): Field {
  const labels = name
    .map((one) =>
      typeof one === 'string' ? firstAt(answer, [one], root) : known.get(one)?.get(firstAt(answer, [one.of], root)),
    )
    .filter((one) => typeof one === 'string' && one.trim() !== '')
    .map(String);
  const given = single(firstAt(answer, value, root));
  const choices = new Map(
    options &&
      valuesAt(answer, `${options.in}.*`, root).map((one) => [
        firstAt(one, [options.by], root),
        firstAt(one, [options.take], root),
      ]),
  );
  const textOf = (one: unknown): unknown => choices.get(one) ?? one;
  return {
    name: labels.find((one) => meaningOf(one) ?? utmKeyOf(one)) ?? labels[0] ?? 'field',
    value: single(Array.isArray(given) ? given.map(textOf) : textOf(given)),
    known: typeOf(adapter, type === undefined ? undefined : firstAt(answer, [type], root)),
  };
}

/** Read once for all answers: a form may have hundreds. */
const definitionsOf = ({ name }: Each, item: unknown, root: unknown): Definitions =>
  new Map(
    name
      .filter((one) => typeof one !== 'string')
      .map((one) => [
        one,
        new Map(
          valuesAt(item, `${one.in}.*`, root)
            .map((entry) => [firstAt(entry, [one.by], root), firstAt(entry, [one.take], root)] as const)
            .filter(([id]) => id !== undefined)
            .reverse(),
        ),
      ]),
  );

/** A list of one value is that value: Meta's fields are lists all. */
const single = (value: unknown): unknown =>
  Array.isArray(value) && value.length === 1 ? (value as unknown[])[0] : value;

const typeOf = ({ types }: Adapter, type: unknown): Known | undefined =>
  typeof type === 'string' && Object.hasOwn(types, type) ? types[type] : undefined;

function walked(
  reader: Extract<Reader, { walk: string }>,
  adapter: Adapter,
  name: string,
  given: unknown,
  depth: number,
): Field[] {
  const value = typeof given === 'string' ? (jsonIn(given) ?? given) : given;
  if (!isObject(value)) return name === '' ? [] : [{ name, value }];
  if (depth === DEPTH_MAX) return [{ name, value }];
  if (Array.isArray(value) && !value.some(isObject)) return value.length === 0 ? [] : [{ name, value }];
  const { pairs } = reader;
  const label = Array.isArray(value) ? undefined : firstAt(value, pairs.name, value);
  const answer = label === undefined ? undefined : firstAt(value, pairs.value, value);
  if (typeof label === 'string' && answer !== undefined)
    return [{ name: label, value: single(answer), known: typeOf(adapter, firstAt(value, [pairs.type], value)) }];
  return Object.entries(value).flatMap(([member, inner]: [string, unknown]) =>
    walked(
      reader,
      adapter,
      Array.isArray(value) ? name : name === '' ? member : `${name}[${member}]`,
      inner,
      depth + 1,
    ),
  );
}
