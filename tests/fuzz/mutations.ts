import type { Chance } from '../chaos/chance.ts';
import type { Payload } from './payload.ts';

/** Changes one thing in a payload, as chance has it. */
type Mutation = (payload: Payload, chance: Chance, other: Payload) => Payload;

const WEIRD: readonly string[] = [
  ...[
    '',
    ' ',
    '\0',
    '\u200b',
    '\u202e',
    '\ufeff',
    '\ud800',
    '😀',
    'İ',
    'ß',
    'ﬀ',
    '＠',
    '。',
    '\u0301'.repeat(200),
    '\t\r\n',
  ],
  ...['null', 'undefined', 'NaN', '[]', '{}', '[object Object]', '0', '-1', '1e309', 'true', '0x10', '١٢٣'],
  ...[
    '__proto__',
    'constructor',
    'toString',
    '$ne',
    '../../etc/passwd',
    "' OR 1=1 --",
    '{{7*7}}',
    '${7*7}',
    '<script>',
  ],
  ...[
    '&#0;',
    '&#x110000;',
    '&amp;amp;',
    '%00',
    '%',
    '%zz',
    '\\u0000',
    '\\',
    '"',
    "'",
    ',',
    ';',
    ':',
    '<',
    '>',
    '=?utf-8?Q?=00?=',
  ],
  ...[
    'a@b',
    '@',
    'a@@b.example',
    '"a b"@x.example',
    `${'a'.repeat(65)}@x.example`,
    'a@xn--',
    'a@[::1]',
    'mailto:',
    '<<<<>>>>',
  ],
  ...['+', '++', '+0', '0049', '1-800-FLOWERS', '9'.repeat(40), '+999 999 999 999 999', 'p:', 'ext. 5'],
  ...['UTC', 'Etc/GMT+12', '+99:99', 'Mars/Olympus', 'GMT+', '(UTC+09:00)', '2026-11-24', '9999999999999', '-1', '1.5'],
  ...[
    '(',
    ')',
    '[',
    ']',
    '{',
    '}',
    '*',
    '.*',
    '(a+)+$',
    '[Auto-Reply]',
    'Re: '.repeat(40),
    '-- ',
    '> ',
    'stop',
    'STOP.',
  ],
];
/** The beginnings of quotes, headers and signatures, which expressions look for again and again. */
const REPEATED: readonly string[] = [
  ...['On a ', 'On a wrote: ', 'Le a ', 'El a ', 'Am a ', 'Op a schreef a: ', 'Op a schreef a:\n', 'abc. skrev : '],
  ...['From: <', 'De:[', 'Subject: ', '1111from<', '2026 "<a>:', '在', '在\n', 'Sent from '],
  ...['>', '> ', '>\n', '-', '--\n', '_', '=', ' \n', ' ', 'a\n', 'a\n\n', '<b>', '<', '&', '[a]', '@', '.'],
];
const LONG: readonly ((chance: Chance) => string)[] = [
  (chance) => 'a'.repeat(Math.floor(chance.between(1, 20_000))),
  (chance) => 'a '.repeat(Math.floor(chance.between(1, 10_000))),
  (chance) => one(chance, REPEATED).repeat(Math.floor(chance.between(1, 4_000))),
  (chance) => '('.repeat(Math.floor(chance.between(1, 10_000))),
  (chance) => '\n'.repeat(Math.floor(chance.between(1, 10_000))),
  (chance) => '&amp;'.repeat(Math.floor(chance.between(1, 4_000))),
  (chance) => 'a@b.example,'.repeat(Math.floor(chance.between(1, 2_000))),
  (chance) => 'é'.normalize('NFD').repeat(Math.floor(chance.between(1, 5_000))),
  (chance) => '1'.repeat(Math.floor(chance.between(1, 10_000))),
];
const TYPES = [
  ...[undefined, '', 'application/json', 'text/plain;charset=UTF-8', 'application/x-www-form-urlencoded'],
  ...[
    'application/x-www-form-urlencoded; charset=windows-1252',
    'multipart/form-data',
    'multipart/form-data; boundary=x1',
  ],
  ...[
    'application/vnd.api+json',
    'text/html',
    'application/json; charset=utf-16',
    'nonsense',
    'application/octet-stream',
  ],
];

const one = <T>(chance: Chance, all: readonly T[]): T => chance.pick(all.map((each) => [each, 1] as const));
const at = (chance: Chance, length: number): number => Math.floor(chance.between(0, length));
const weird = (chance: Chance): string =>
  chance.between(0, 1) < 0.15 ? one(chance, LONG)(chance) : one(chance, WEIRD);

/** Every value in a JSON document that can be replaced, with its place. */
function* places(value: unknown): Generator<{ holder: Record<string, unknown>; key: string }> {
  if (typeof value !== 'object' || value === null) return;
  const holder = value as Record<string, unknown>;
  for (const key of Object.keys(holder)) {
    yield { holder, key };
    yield* places(holder[key]);
  }
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

const deep = (chance: Chance): unknown => {
  let value: unknown = 1;
  for (let level = at(chance, 40); level > 0; level--) value = chance.between(0, 1) < 0.5 ? [value] : { a: value };
  return value;
};

/** An object may have a member `toString`. */
const textOf = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));

/** Another value of any type; the members of lists and objects keep their order. */
const valueOf = (chance: Chance, before: unknown, other: unknown): unknown =>
  one<() => unknown>(chance, [
    () => weird(chance),
    () => `${textOf(before)}${weird(chance)}`,
    () => `${weird(chance)}${textOf(before)}`,
    () => textOf(before).toUpperCase(),
    () => one(chance, [null, true, false, 0, -1, 1e308, 1.5, 4915112345678]),
    () => one(chance, [[], {}, [[]], [before, before], { value: before }, [null], { 0: before }]),
    () => JSON.stringify(before),
    () => deep(chance),
    () => other,
  ])();

const jsonValue: Mutation = (payload, chance, other) => {
  const root = parsed(payload.body);
  const all = [...places(root)];
  if (all.length === 0) return line(payload, chance, other);
  const { holder, key } = one(chance, all);
  const spare = [...places(parsed(other.body))];
  const strange = spare.length > 0 ? one(chance, spare) : undefined;
  holder[key] = valueOf(chance, holder[key], strange?.holder[strange.key]);
  return { ...payload, body: Buffer.from(JSON.stringify(root)) };
};

/** Another spelling of a member's name, or one more or less of them. */
const jsonName: Mutation = (payload, chance, other) => {
  const root = parsed(payload.body);
  const all = [...places(root)].filter(({ holder }) => !Array.isArray(holder));
  if (all.length === 0) return line(payload, chance, other);
  const { holder, key } = one(chance, all);
  const { [key]: value } = holder;
  const name = one(chance, [
    key.toUpperCase(),
    key.replace(/(?<=\p{Ll})(?=\p{Lu})/gu, '_').toLowerCase(),
    `${key}[]`,
    `${key} *`,
    weird(chance),
  ]);
  if (chance.between(0, 1) < 0.7) delete holder[key];
  Object.defineProperty(holder, name, { value, enumerable: true, configurable: true, writable: true });
  return { ...payload, body: Buffer.from(JSON.stringify(root)) };
};

/** A line or a field of a form, a mail or a document, repeated, left out, moved or changed. */
const line: Mutation = (payload, chance, other) => {
  if (chance.between(0, 1) < 0.8 && places(parsed(payload.body)).next().value) return jsonValue(payload, chance, other);
  const sign = ['\r\n', '\n', '&'].find((each) => payload.body.includes(each)) ?? ',';
  const lines = payload.body.toString('latin1').split(sign);
  const place = at(chance, lines.length);
  const strange = one(chance, other.body.toString('latin1').slice(0, 20_000).split(sign));
  const words = Buffer.from(weird(chance)).toString('latin1');
  const edit = one<() => string[]>(chance, [
    () => [],
    () => [lines[place] ?? '', lines[place] ?? ''],
    () => [strange],
    () => [lines[place] ?? '', strange],
    () => [(lines[place] ?? '').replace(/(?<=[:=]).*/s, words)],
    () => [`${lines[place] ?? ''}${words}`],
    () => [`${words}${lines[place] ?? ''}`],
    () => Array.from({ length: at(chance, 200) }, () => lines[place] ?? ''),
  ]);
  lines.splice(place, 1, ...edit());
  return { ...payload, body: Buffer.from(lines.join(sign), 'latin1') };
};

function bytes(payload: Payload, chance: Chance, _other: Payload): Payload {
  const { body } = payload;
  const place = at(chance, body.length);
  const parts = one<() => (string | Buffer)[]>(chance, [
    () => [body.subarray(0, place)],
    () => [body.subarray(place)],
    () => [body.subarray(0, place), Buffer.from([at(chance, 256)]), body.subarray(place + 1)],
    () => [body.subarray(0, place), weird(chance), body.subarray(place)],
    () => ['\ufeff', body],
    () => [Buffer.from(`\ufeff${body.toString()}`, 'utf16le')],
    () => [Buffer.from(body.toString(), 'latin1')],
    () => [body.toString('latin1').replaceAll('\r', '')],
    () => [body, body],
  ])();
  return { ...payload, body: Buffer.concat(parts.map((part) => Buffer.from(part as string))) };
}

/** A provider's types are its own. */
const type: Mutation = (payload, chance) =>
  payload.door === 'mail' && chance.between(0, 1) < 0.9 ? payload : { ...payload, contentType: one(chance, TYPES) };
const door: Mutation = (payload, _chance, other) =>
  payload.door === other.door ? { ...payload, url: other.url } : payload;

const MUTATIONS: readonly (readonly [Mutation, number])[] = [
  [jsonValue, 8],
  [jsonName, 4],
  [line, 8],
  [bytes, 1],
  [type, 1],
  [door, 1],
];
/** The door of leads refuses larger ones before it reads them; a mail may have some MB. */
const BYTES_MAX = { leads: 60 * 1024, bus: 300 * 1024, mail: 500 * 1024, events: 500 * 1024 } satisfies Record<
  Payload['door'],
  number
>;

/** The doors by the share of payloads that they get. */
const DOORS = { leads: 5, mail: 3, bus: 1, events: 1 } satisfies Record<Payload['door'], number>;

/** One of the corpus with one to four changes. */
export function mutant(corpus: readonly Payload[], chance: Chance): Payload {
  const door = chance.pick(Object.entries(DOORS));
  const all = corpus.filter((each) => each.door === door);
  let payload = one(chance, all);
  for (let left = 1 + at(chance, 4); left > 0; left--)
    payload = chance.pick(MUTATIONS)(payload, chance, one(chance, chance.between(0, 1) < 0.7 ? all : corpus));
  return { ...payload, body: payload.body.subarray(0, BYTES_MAX[payload.door]) };
}
