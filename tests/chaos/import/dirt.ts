import { domainToASCII } from 'node:url';
import { chance, type Chance } from '../chance.ts';

/** A row that the import counts, by a spreadsheet's number: the address of its lead, or null for an error line. */
export interface DirtyRow {
  row: number;
  address: string | null;
  consent: string;
}
export interface DirtyFile {
  name: string;
  bytes: Buffer;
  /** Arguments that its columns need. */
  args: string[];
  rows: DirtyRow[];
}

interface Layout {
  name: string;
  delimiter: string;
  ends: readonly string[];
  header: readonly string[];
  args: string[];
  encode: (text: string) => Buffer;
}

/** The letters beyond Latin-1 do not fit into a file of windows-1252. */
const latin = (text: string): Buffer => Buffer.from(text.replaceAll(/[^\x00-\xff]/g, '?'), 'latin1');
const HEADER = ['email', 'first name', 'last name', 'phone', 'source', 'consent', 'signed up', 'notes'] as const;
const GERMAN = ['Kontakt', 'Vorname', 'Nachname', 'Telefon', 'Lead Source', 'consent', 'Datum', 'Bemerkung'] as const;
const LAYOUTS: readonly Layout[] = [
  { name: 'plain', delimiter: ',', ends: ['\n'], header: HEADER, args: [], encode: (text) => Buffer.from(text) },
  {
    name: 'excel',
    delimiter: ';',
    ends: ['\r\n'],
    header: GERMAN,
    args: ['--map', 'Kontakt=email'],
    encode: (text) => Buffer.from(`\ufeff${text}`),
  },
  {
    name: 'unicode-text',
    delimiter: '\t',
    ends: ['\r\n'],
    header: HEADER,
    args: [],
    encode: (text) => Buffer.from(`\ufeff${text}`, 'utf16le'),
  },
  { name: 'old', delimiter: ';', ends: ['\n'], header: GERMAN, args: ['--map', 'Kontakt=email'], encode: latin },
  {
    name: 'pasted',
    delimiter: ',',
    ends: ['\n', '\r\n', '\r'],
    header: [...HEADER, '', ''],
    args: [],
    encode: (text) => Buffer.from(text),
  },
];

const NO_ADDRESSES = [
  '',
  '   ',
  'not an address',
  'jane@',
  '@example.com',
  'jane@localhost',
  'ja ne@example.com',
  'jane@exa..mple.com',
  'jane.@example.com',
  'a@example.com b@example.com',
  'jane@[10.0.0.1]',
  '=HYPERLINK("http://evil.example")',
] as const;
const NAMES = [
  'Jane',
  'José',
  'O’Brien',
  'Zoë "Z" Doe',
  'Müller, Hans',
  'DOE',
  '  Ann  ',
  'N/A',
  '-',
  'Bob\u0000',
  '李',
] as const;
const NOTES = [
  '',
  'call me; soon, please',
  "=cmd|' /C calc'!A0",
  '+49 30 901820',
  '@SUM(A1:A9)',
  'line one\nline two\r\nline three',
  'tab\there',
  'a "quoted" word',
  'nul\u0000byte',
  '<script>alert(1)</script>',
  '🎉 naïve façade',
] as const;
const DATES = [
  '2026-11-29',
  '29.11.2026',
  '11/29/26',
  '45990',
  '2026-11-29T09:00:00+01:00',
  '29. Nov. 2026',
  '',
] as const;
const CONSENTS = ['yes', 'no', 'double opt-in 2026-01-02'] as const;
/** More than a lead may hold, and less. */
const TOO_HUGE = 270_000;
const HUGE = 100_000;

const one = <T>({ pick }: Chance, of: readonly T[]): T => pick(of.map((each) => [each, 1] as const));

/** Spellings that are the same lead. */
const SPELLINGS: readonly ((address: string) => string)[] = [
  (address) => address,
  (address) => address.toUpperCase(),
  (address) => `  ${address} `,
  (address) => `mailto:${address}`,
  (address) => `<${address}>`,
  (address) => `${address.replace('@', '"@').replace(/^/, '"')}`,
];

type Kind = 'lead' | 'again' | 'no address' | 'huge' | 'too huge' | 'too wide' | 'short' | 'blank';
const KINDS: readonly (readonly [Kind, number])[] = [
  ['lead', 700],
  ['again', 120],
  ['no address', 90],
  ['huge', 1],
  ['too huge', 1],
  ['too wide', 20],
  ['short', 30],
  ['blank', 36],
];

/** `rows` rows with dirt of all kinds, in files of five encodings and separators. The seed repeats them. */
export function dirtyFiles(seed: number, rows: number): DirtyFile[] {
  const known: string[] = [];
  const each = Math.ceil(rows / LAYOUTS.length);
  return LAYOUTS.map((layout, index) =>
    dirtyFile(layout, chance(seed, layout.name), Math.min(each, rows - index * each), known),
  );
}

function dirtyFile(layout: Layout, random: Chance, count: number, known: string[]): DirtyFile {
  const { name, header, delimiter, ends, args, encode } = layout;
  const lines = [header.join(delimiter), one(random, ends)];
  const rows: DirtyRow[] = [];
  // Nothing between \r and \n would make them one line end.
  const blanks = [...(ends.length > 1 ? [] : ['']), '   ', delimiter.repeat(3)];
  for (let row = 2; rows.length < count; row++) {
    const kind = random.pick(KINDS);
    const drawn = kind === 'blank' ? undefined : drawnRow(kind, random, known, layout);
    if (drawn) rows.push({ row, address: drawn.address, consent: drawn.consent });
    lines.push(drawn ? written(drawn.cells, layout, random) : one(random, blanks), one(random, ends));
  }
  return { name: `${name}.csv`, bytes: encode(lines.join('')), args, rows };
}

function drawnRow(kind: Exclude<Kind, 'blank'>, random: Chance, known: string[], { header, name }: Layout) {
  const again = kind === 'again' && known.length > 0;
  const address = kind === 'no address' ? null : again ? one(random, known) : newAddress(known.length, random);
  const isTaken = address !== null && kind !== 'too huge' && kind !== 'too wide';
  if (isTaken && !again) known.push(address);
  const consent = one(random, CONSENTS);
  const note = kind === 'huge' ? 'x'.repeat(HUGE) : kind === 'too huge' ? 'x'.repeat(TOO_HUGE) : one(random, NOTES);
  const cells = [
    address === null ? one(random, NO_ADDRESSES) : one(random, SPELLINGS)(address),
    one(random, NAMES),
    one(random, NAMES),
    one(random, ['', '030 901820', '+1 555 123 4567', 'n/a']),
    one(random, ['fair', 'Webinar', 'whitepaper']),
    consent,
    one(random, DATES),
    note,
  ];
  if (kind === 'short') cells.length = 6;
  else while (cells.length < header.length) cells.push('');
  if (kind === 'too wide') cells.push('one', 'too', `many in ${name}`);
  return { cells, consent, address: isTaken ? address : null };
}

const newAddress = (number: number, { pick }: Chance): string => {
  const domain = pick([
    [`company-${number % 900}.example`, 6],
    ['gmail.com', 2],
    [domainToASCII(`müller-${number % 50}.example`), 1],
  ]);
  return `${pick([
    ['lead', 5],
    ['jane.doe', 1],
    ['info+fair', 1],
  ])}-${number}@${domain}`;
};

/** A cell is quoted where it must be, and sometimes where it need not. */
const written = (cells: readonly string[], { delimiter }: Layout, random: Chance): string =>
  cells
    .map((cell) =>
      /[\r\n"]/.test(cell) ||
      cell.includes(delimiter) ||
      random.pick([
        [true, 1],
        [false, 4],
      ])
        ? `"${cell.replaceAll('"', '""')}"`
        : cell,
    )
    .join(delimiter);
