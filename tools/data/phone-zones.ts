import { stdin, stdout } from 'node:process';
import { text } from 'node:stream/consumers';

/**
 * Makes `libs/lead/src/phone-zones.data.ts` of Google's map of phone prefixes (libphonenumber,
 * `resources/timezones/map_data.txt`, Apache-2.0): lines of `prefix|Zone&Zone` on standard input. It keeps the country
 * codes whose countries have several times, and each prefix that says more than the shorter one before it.
 */

/** NANP, Russia and Kazakhstan, Spain, Mexico, Brazil, Australia, Indonesia, Portugal, Congo, Mongolia. */
const CODES = ['1', '7', '34', '52', '55', '61', '62', '351', '243', '976'];
const LINE_LENGTH_MAX = 100;

const zonesOf = new Map(
  (await text(stdin))
    .split('\n')
    .map((line) => line.trim().split('|'))
    .flatMap(([prefix, zones]) => (prefix && zones && !prefix.startsWith('#') ? [[prefix, zones] as const] : [])),
);

/** The zones of the longest shorter prefix. */
function parentOf(prefix: string): string | undefined {
  for (let length = prefix.length - 1; length > 0; length -= 1) {
    const zones = zonesOf.get(prefix.slice(0, length));
    if (zones) return zones;
  }
  return undefined;
}

const kept = [...zonesOf]
  .filter(([prefix, zones]) => CODES.some((code) => prefix.startsWith(code)) && parentOf(prefix) !== zones)
  .filter(([prefix]) => !CODES.includes(prefix));

/** Lines of a string that the formatter leaves alone. */
function lines(prefixes: readonly string[]): string {
  const rows: string[] = [''];
  for (const prefix of prefixes) {
    const row = rows.at(-1) ?? '';
    if (row.length + prefix.length > LINE_LENGTH_MAX) rows.push(`${prefix} `);
    else rows[rows.length - 1] = `${row}${prefix} `;
  }
  return rows.map((row, index) => `'${index === rows.length - 1 ? row.trim() : row}'`).join(' +\n    ');
}

const byZones = Map.groupBy(kept, ([, zones]) => zones);
const entries = [...byZones]
  .sort(([a], [b]) => (a < b ? -1 : 1))
  .map(
    ([zones, prefixes]) =>
      `  '${zones.replaceAll('&', ' ')}':\n    ${lines(prefixes.map(([prefix]) => prefix).sort())},\n`,
  );
stdout.write(
  '/**\n * Phone prefixes of each zone, or of several. Made by `tools/data/phone-zones.ts`; from libphonenumber ' +
    '(Google),\n * Apache-2.0.\n */\n' +
    `export const PREFIXES_OF_ZONES: Readonly<Record<string, string>> = {\n${entries.join('')}};\n`,
);
