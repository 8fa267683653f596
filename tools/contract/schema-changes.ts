export type Json = Record<string, unknown>;
/** Finds the object that a `$ref` names. */
export type Resolve = (ref: string) => Json | undefined;

export interface Sided {
  schema: unknown;
  resolve: Resolve;
  /** Of the schema to keep to: an object that it closes refuses what another one lets in. */
  isStrict?: boolean;
}

/**
 * The differences by which a value of `from` may be refused by `to`, as lines `<path>: <difference>`; none: whatever
 * keeps to `from` keeps to `to`, as far as the keywords of our schemas go. An unknown keyword has to be the same. A
 * property that `to` alone has is no difference: a reader ignores what it does not know.
 */
export function narrowings(from: Sided, to: Sided, path = '', seen: ReadonlySet<string> = new Set()): string[] {
  const a = resolved(from);
  const b = resolved(to);
  const next = withPair(seen, from, to);
  if (!next || b.schema === true || isAny(b.schema)) return [];
  if (!isObject(a.schema) || !isObject(b.schema))
    return same(a.schema, b.schema) ? [] : [at(path, 'is another schema')];
  const branches = branchesOf(a.schema);
  if (branches) {
    const each = branches.map((schema) => narrowings({ ...a, schema }, b, path, next));
    return each.flat();
  }
  const wanted = branchesOf(b.schema);
  if (wanted) {
    const each = wanted.map((schema) => narrowings(a, { ...b, schema }, path, next));
    if (each.some((found) => found.length === 0)) return [];
    return each.length === 1 ? (each[0] ?? []) : [at(path, 'is none of the alternatives')];
  }
  const inside = (schema: unknown, of: unknown, name: string) =>
    narrowings({ ...a, schema }, { ...b, schema: of }, `${path}/${name}`, next);
  const isClosed =
    b.isStrict && b.schema['additionalProperties'] === false && a.schema['additionalProperties'] !== false;
  return [
    ...(isClosed ? ['takes no further fields'] : []),
    ...ofValues(a.schema, b.schema),
    ...ofLimits(a.schema, b.schema),
    ...ofKeywords(a.schema, b.schema),
  ]
    .map((text) => at(path, text))
    .concat(ofMembers(a.schema, b.schema, path, inside));
}

/** Properties of `from` that `to` has no more, by their paths. */
export function removals(from: Sided, to: Sided, path = '', seen: ReadonlySet<string> = new Set()): string[] {
  const a = resolved(from);
  const b = resolved(to);
  const next = withPair(seen, from, to);
  if (!next || !isObject(a.schema) || !isObject(b.schema)) return [];
  const own = partsOf(a).flatMap(({ schema }) => Object.entries(propertiesOf(schema)));
  const others = partsOf(b);
  const here = own.flatMap(([name, schema]) => {
    const kept = others.flatMap((part) => (name in propertiesOf(part.schema) ? [propertiesOf(part.schema)[name]] : []));
    if (kept.length === 0) return [at(`${path}/${name}`, 'is removed')];
    const each = kept.map((one) => removals({ ...a, schema }, { ...b, schema: one }, `${path}/${name}`, next));
    return each.some((found) => found.length === 0) ? [] : (each[0] ?? []);
  });
  const items = a.schema['items'] && b.schema['items'];
  const inItems = items
    ? removals({ ...a, schema: a.schema['items'] }, { ...b, schema: b.schema['items'] }, `${path}/*`, next)
    : [];
  return [...here, ...inItems];
}

/**
 * With the two references, where both are one; undefined for a pair that is being compared: schemas may be recursive.
 */
function withPair(seen: ReadonlySet<string>, from: Sided, to: Sided): ReadonlySet<string> | undefined {
  const [a, b] = [from, to].map(({ schema }) => (isObject(schema) ? schema['$ref'] : undefined));
  if (typeof a !== 'string' || typeof b !== 'string') return seen;
  return seen.has(`${a} ${b}`) ? undefined : new Set([...seen, `${a} ${b}`]);
}

const at = (path: string, text: string): string => `${path === '' ? 'the whole' : path.slice(1)}: ${text}`;
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const same = (a: unknown, b: unknown): boolean => JSON.stringify(plain(a)) === JSON.stringify(plain(b));

/** Keywords that judge no value. */
const PROSE = new Set(['$schema', '$id', 'title', 'description', 'examples', 'example', 'default', 'deprecated']);
const isProse = (key: string): boolean => PROSE.has(key) || key.startsWith('x-');

/** Without prose, with sorted keys. A property may be called `title`. */
export function plain(value: unknown, areNames = false): unknown {
  if (Array.isArray(value)) return value.map((each) => plain(each));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => areNames || !isProse(key))
      .sort(([x], [y]) => (x < y ? -1 : 1))
      .map(([key, inner]) => [key, plain(inner, !areNames && NAMES.has(key))]),
  );
}
const NAMES = new Set(['properties', 'schemas', '$defs', 'headers', 'messages', 'channels', 'paths', 'content']);

const isAny = (schema: unknown): boolean => isObject(schema) && Object.keys(schema).every(isProse);

function resolved(side: Sided): Sided {
  const { schema, resolve } = side;
  if (!isObject(schema)) return side;
  const { $ref, allOf, ...rest } = schema;
  if (typeof $ref === 'string') return resolved({ ...side, schema: resolve($ref) ?? {} });
  if (!Array.isArray(allOf)) return side;
  const parts = allOf.map((part) => resolved({ ...side, schema: part as unknown }).schema).filter(isObject);
  return { ...side, schema: [rest, ...parts].reduce(both) };
}

/** Both schemas at once, for objects. */
const both = (a: Json, b: Json): Json => ({
  ...a,
  ...b,
  properties: { ...propertiesOf(a), ...propertiesOf(b) },
  required: [...new Set([...requiredOf(a), ...requiredOf(b)])],
});

const branchesOf = (schema: Json): unknown[] | undefined => {
  for (const key of ['anyOf', 'oneOf'] as const) if (Array.isArray(schema[key])) return schema[key] as unknown[];
  const { type } = schema;
  return Array.isArray(type) ? type.map((one: unknown) => ({ ...schema, type: one })) : undefined;
};

/** The alternatives of a schema, to their end. */
const partsOf = (side: Sided): { schema: Json }[] => {
  const { schema } = resolved(side);
  if (!isObject(schema)) return [];
  return branchesOf(schema)?.flatMap((one) => partsOf({ ...side, schema: one })) ?? [{ schema }];
};

const propertiesOf = (schema: Json): Json => (isObject(schema['properties']) ? schema['properties'] : {});
const requiredOf = (schema: Json): string[] =>
  Array.isArray(schema['required']) ? (schema['required'] as string[]) : [];
const valuesOf = ({ enum: values, const: one }: Json): unknown[] | undefined =>
  one === undefined ? (Array.isArray(values) ? values : undefined) : [one];

function ofValues(a: Json, b: Json): string[] {
  const [had, has] = [valuesOf(a), valuesOf(b)];
  if (has) {
    if (!had) return ['has a closed list of values'];
    const lost = had.filter((value) => !has.includes(value));
    return lost.length > 0 ? [`lacks ${lost.map((value) => JSON.stringify(value)).join(', ')}`] : [];
  }
  const { type } = b;
  if (type === undefined || a['type'] === type || (a['type'] === 'integer' && type === 'number')) return [];
  if (had?.every((value) => typeof value === type)) return [];
  return [`is ${JSON.stringify(type)}, not ${JSON.stringify(a['type']) ?? 'any'}`.replaceAll('"', '')];
}

/** Keywords whose larger value refuses more, and those whose smaller value does. */
const LEAST = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties'];
const MOST = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties'];

function ofLimits(a: Json, b: Json): string[] {
  const stricter = (key: string, isStricter: (had: number, has: number) => boolean): string[] => {
    const [had, has] = [a[key], b[key]];
    if (typeof has !== 'number' || (typeof had === 'number' && !isStricter(had, has))) return [];
    return [`${key} is ${has}, not ${typeof had === 'number' ? had : 'unlimited'}`];
  };
  // A closed list of values is compared by itself.
  if (valuesOf(a)) return [];
  return [
    ...LEAST.flatMap((key) => stricter(key, (had, has) => has > had)),
    ...MOST.flatMap((key) => stricter(key, (had, has) => has < had)),
  ];
}

const KNOWN = new Set([
  'type',
  'enum',
  'const',
  'required',
  'properties',
  'additionalProperties',
  'items',
  'anyOf',
  'oneOf',
]);

function ofKeywords(a: Json, b: Json): string[] {
  const keys = Object.keys(b).filter((key) => ![...KNOWN, ...LEAST, ...MOST].includes(key) && !isProse(key));
  return keys.filter((key) => !same(a[key], b[key])).map((key) => `${key} is another`);
}

function ofMembers(
  a: Json,
  b: Json,
  path: string,
  inside: (a: unknown, b: unknown, name: string) => string[],
): string[] {
  const [had, has] = [propertiesOf(a), propertiesOf(b)];
  const required = requiredOf(b).filter((name) => !requiredOf(a).includes(name));
  const rest = a['additionalProperties'] ?? {};
  const restOf = b['additionalProperties'] ?? {};
  return [
    ...required.map((name) => at(`${path}/${name}`, 'is required')),
    ...Object.entries(had).flatMap(([name, schema]) => (name in has ? inside(schema, has[name], name) : [])),
    ...(isObject(rest) && isObject(restOf) ? inside(rest, restOf, '*') : []),
    ...(a['items'] !== undefined && b['items'] !== undefined ? inside(a['items'], b['items'], '*') : []),
  ];
}
