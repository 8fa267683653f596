import { narrowings, removals, type Json, type Resolve } from './schema-changes.ts';

/** What is published: the schemas by their file names, the AsyncAPI document, the OpenAPI documents by service. */
export interface Contract {
  version: string;
  schemas: Record<string, Json>;
  asyncapi: Json;
  openapi: Record<string, Json>;
}

/** Who keeps to a schema: others, who hand such values in, or we, who hand them out. */
type Side = 'taken' | 'given';

/** Each change that breaks a program written for `before`, as `<place>: <path>: <difference>`. */
export const breaks = (before: Contract, now: Contract): string[] => [
  ...Object.keys(before.schemas).flatMap((file) => ofSchema(file, before, now)),
  ...ofBus(before, now),
  ...Object.keys(before.openapi).flatMap((app) => {
    const document = now.openapi[app];
    return document ? ofHttp(app, before.openapi[app] ?? {}, document) : [`openapi ${app}: is removed`];
  }),
];

function changes(side: Side, place: string, before: [unknown, Resolve], now: [unknown, Resolve]): string[] {
  const [a, b] = [
    { schema: before[0], resolve: before[1] },
    { schema: now[0], resolve: now[1] },
  ];
  const found = [...(side === 'taken' ? narrowings(a, { ...b, isStrict: true }) : narrowings(b, a)), ...removals(a, b)];
  return [...new Set(found)].map((change) => `${place}: ${change}${side === 'given' ? ' (given)' : ''}`);
}

const none: Resolve = () => undefined;
const at = (value: unknown, ...keys: string[]): unknown =>
  keys.reduce<unknown>((inner, key) => (inner as Json | undefined)?.[key], value);
const objectAt = (value: unknown, ...keys: string[]): Json => (at(value, ...keys) ?? {}) as Json;
const within =
  (document: Json): Resolve =>
  (ref) =>
    at(document, ...ref.split('/').slice(1)) as Json | undefined;

const VERSIONED = /^(.*)\.v(\d+)\.json$/;

/**
 * An event of the log may go on in a newer version alone; a version that other teams use stays beside the newer one.
 */
function ofSchema(file: string, before: Contract, now: Contract): string[] {
  const schema = now.schemas[file];
  const isTaken = file.startsWith('lead.created.');
  if (schema) return changes(isTaken ? 'taken' : 'given', file, [before.schemas[file], none], [schema, none]);
  const [, type, version] = VERSIONED.exec(file) ?? [];
  const isNewer = Object.keys(now.schemas).some((other) => {
    const [, itsType, itsVersion] = VERSIONED.exec(other) ?? [];
    return itsType === type && Number(itsVersion) > Number(version);
  });
  return isNewer && !isTaken && !file.startsWith('public.') ? [] : [`${file}: is removed`];
}

/** Channels keep their address and messages, messages their name, headers and payload. */
function ofBus({ asyncapi: before }: Contract, { asyncapi: now }: Contract): string[] {
  const channels = Object.entries(objectAt(before, 'channels')).flatMap(([name, channel]) => {
    const kept = at(now, 'channels', name);
    if (kept === undefined) return [`channel ${name}: is removed`];
    const moved = [
      ['address', at(channel, 'address'), at(kept, 'address')],
      ['stream', at(channel, 'x-jetstream', 'stream'), at(kept, 'x-jetstream', 'stream')],
    ].filter(([, was, is]) => was !== is);
    const messages = objectAt(kept, 'messages');
    const lost = Object.keys(objectAt(channel, 'messages')).filter((message) => !(message in messages));
    return [
      ...moved.map(([what, was, is]) => `channel ${name}: ${String(what)} is ${String(is)}, not ${String(was)}`),
      ...lost.map((message) => `channel ${name}: ${message} is removed`),
    ];
  });
  const messages = Object.entries(objectAt(before, 'components', 'messages')).flatMap(([name, message]) => {
    const kept = at(now, 'components', 'messages', name);
    if (kept === undefined) return [];
    const side = name.startsWith('lead.created.') ? 'taken' : 'given';
    return ['headers', 'payload'].flatMap((part) =>
      changes(side, `message ${name} ${part}`, [at(message, part), within(before)], [at(kept, part), within(now)]),
    );
  });
  return [...channels, ...messages];
}

/**
 * Routes keep their method, parameters, media types and answers. Further refusals are no break: a caller has to cope
 * with any 4xx and 5xx.
 */
function ofHttp(app: string, before: Json, now: Json): string[] {
  return Object.entries(objectAt(before, 'paths')).flatMap(([path, methods]) =>
    Object.entries(methods as Json).flatMap(([method, operation]) => {
      const place = `${app} ${method.toUpperCase()} ${path}`;
      const kept = at(now, 'paths', path, method);
      if (kept === undefined) return [`${place}: is removed`];
      const documents: [Resolve, Resolve] = [within(before), within(now)];
      return [
        ...ofParameters(place, operation, kept, documents),
        ...ofBody(place, operation, kept, documents),
        ...ofAnswers(place, operation, kept, documents),
        ...ofSecurity(place, at(operation, 'security') ?? before['security'], at(kept, 'security') ?? now['security']),
      ];
    }),
  );
}

type Parameter = { name: string; in: string; required?: boolean; schema?: Json };
const parametersOf = (operation: unknown): Map<string, Parameter> =>
  new Map(((at(operation, 'parameters') ?? []) as Parameter[]).map((one) => [`${one.in} ${one.name}`, one]));

function ofParameters(place: string, before: unknown, now: unknown, [was, is]: [Resolve, Resolve]): string[] {
  const [had, has] = [parametersOf(before), parametersOf(now)];
  return [
    ...[...has].flatMap(([key, one]) =>
      one.required && had.get(key)?.required !== true ? [`${place}: ${key}: is required`] : [],
    ),
    ...[...had].flatMap(([key, one]) => {
      const kept = has.get(key);
      if (!kept) return [`${place}: ${key}: is removed`];
      return changes('taken', `${place}: ${key}`, [one.schema ?? {}, was], [kept.schema ?? {}, is]);
    }),
  ];
}

function ofBody(place: string, before: unknown, now: unknown, documents: [Resolve, Resolve]): string[] {
  const isRequired = (operation: unknown) => at(operation, 'requestBody', 'required') === true;
  return [
    ...(isRequired(now) && !isRequired(before) ? [`${place}: a body: is required`] : []),
    ...ofContent('taken', place, at(before, 'requestBody'), at(now, 'requestBody'), documents),
  ];
}

const ofAnswers = (place: string, before: unknown, now: unknown, documents: [Resolve, Resolve]): string[] =>
  Object.entries(objectAt(before, 'responses')).flatMap(([status, answer]) => {
    if (!status.startsWith('2')) return [];
    const kept = at(now, 'responses', status);
    if (kept === undefined) return [`${place}: ${status}: is removed`];
    return ofContent('given', `${place}: ${status}`, answer, kept, documents);
  });

const ofContent = (side: Side, place: string, before: unknown, now: unknown, [was, is]: [Resolve, Resolve]): string[] =>
  Object.entries(objectAt(before, 'content')).flatMap(([type, content]) => {
    const kept = at(now, 'content', type);
    if (kept === undefined) return [`${place}: ${type}: is removed`];
    return changes(side, `${place}: ${type}`, [at(content, 'schema') ?? {}, was], [at(kept, 'schema') ?? {}, is]);
  });

/** Each alternative by which a caller could prove itself. */
function ofSecurity(place: string, before: unknown, now: unknown): string[] {
  const ways = (security: unknown) =>
    ((security ?? [{}]) as Json[]).map((way) => Object.keys(way).sort().join(' and '));
  const kept = ways(now);
  return ways(before)
    .filter((way) => !kept.includes(way))
    .map((way) => `${place}: ${way === '' ? 'a call without a key' : `a call by ${way}`}: is refused`);
}
