import { stdin, stdout } from 'node:process';
import { text } from 'node:stream/consumers';

/**
 * Makes `libs/lead/src/holidays.data.ts` of lines `<country> <date>` on standard input, which
 * `tools/data/public-holidays.py` prints from the Python package `holidays` (vacanza, MIT). A day that a rule gives in
 * each of the years is kept as the rule; the others are listed by year.
 */

const LINE_LENGTH_MAX = 110;
const DAY_MS = 86_400_000;

const rows = (await text(stdin))
  .split('\n')
  .map((line) => line.trim().split(' '))
  .filter(([country, date]) => country && date);
const years = [...new Set(rows.map(([, date = '']) => Number(date.slice(0, 4))))].sort();

/** Gauss; `offset` of the Orthodox date is in Gregorian days. */
function easter(year: number, orthodox: boolean): number {
  if (orthodox) {
    const d = (19 * (year % 19) + 15) % 30;
    const e = (2 * (year % 4) + 4 * (year % 7) - d + 34) % 7;
    const sum = d + e + 114;
    return Date.UTC(year, Math.floor(sum / 31) - 1, (sum % 31) + 1) + 13 * DAY_MS;
  }
  const [a, b, c] = [year % 19, Math.floor(year / 100), year % 100];
  const h = (19 * a + b - Math.floor(b / 4) - Math.floor((b - Math.floor((b + 8) / 25) + 1) / 3) + 15) % 30;
  const l = (32 + 2 * (b % 4) + 2 * Math.floor(c / 4) - h - (c % 4)) % 7;
  const sum = h + l - 7 * Math.floor((a + 11 * h + 22 * l) / 451) + 114;
  return Date.UTC(year, Math.floor(sum / 31) - 1, (sum % 31) + 1);
}

/** The rules that give a date, the simplest first: a day of the year, of Easter, of a month's weeks. */
function rulesOf(date: string): string[] {
  const at = Date.parse(date);
  const day = new Date(at);
  const year = day.getUTCFullYear();
  const [west, east] = [false, true].map((orthodox) => Math.round((at - easter(year, orthodox)) / DAY_MS));
  const of = date.slice(5, 7);
  const weekday = day.getUTCDay() || 7;
  const isLast = new Date(at + 7 * DAY_MS).getUTCMonth() !== day.getUTCMonth();
  return [
    date.slice(5).replace('-', ''),
    ...(Math.abs(west ?? 99) <= 61 ? [`e${west}`] : []),
    ...(Math.abs(east ?? 99) <= 61 ? [`o${east}`] : []),
    `${of}.${weekday}.${Math.ceil(day.getUTCDate() / 7)}`,
    ...(isLast ? [`${of}.${weekday}.9`] : []),
  ];
}

function encoded(dates: readonly string[]): string {
  const yearsOf = new Map<string, Set<string>>();
  for (const date of dates)
    for (const rule of rulesOf(date)) yearsOf.set(rule, (yearsOf.get(rule) ?? new Set()).add(date.slice(0, 4)));
  const isRule = (rule: string): boolean => yearsOf.get(rule)?.size === years.length;
  const rules = new Set<string>();
  const rest: string[] = [];
  for (const date of dates) {
    const rule = rulesOf(date).find(isRule);
    if (rule) rules.add(rule);
    else rest.push(date);
  }
  const byYear = Map.groupBy(rest, (date) => date.slice(0, 4));
  const listed = [...byYear].map(
    ([year, all]) => `${year}:${all.map((date) => date.slice(5).replace('-', '')).join(',')}`,
  );
  return [...[...rules].sort(), ...listed].join(' ');
}

/** Lines of a string that the formatter leaves alone. */
function lines(words: readonly string[]): string {
  const all: string[] = [''];
  for (const word of words) {
    const row = all.at(-1) ?? '';
    if (row.length + word.length > LINE_LENGTH_MAX) all.push(`${word} `);
    else all[all.length - 1] = `${row}${word} `;
  }
  return all.map((row, index) => `'${index === all.length - 1 ? row.trim() : row}'`).join(' +\n    ');
}

const entries = [...Map.groupBy(rows, ([country = '']) => country)]
  .sort(([a], [b]) => (a < b ? -1 : 1))
  .map(([country, all]) => [country, encoded([...new Set(all.map(([, date = '']) => date))].sort())] as const)
  .filter(([, holidays]) => holidays !== '')
  .map(([country, holidays]) => `  ${country}: ${lines(holidays.split(' '))},\n`);
stdout.write(
  `/**
 * Public holidays by ISO 3166-1 country, for the whole country. \`0501\`: each May 1; \`e1\`, \`o1\`: days after the
 * western and the Orthodox Easter; \`11.4.4\`: the fourth Thursday (ISO 4) of November, \`.9\` the last one;
 * \`2026:0217\`: of one year only. Made by \`tools/data/holidays.ts\` of the Python package holidays, MIT, © Vacanza
 * Team and individual contributors, dr-prodigy 2017-2023, ryanss 2014-2017.
 */
` + `export const HOLIDAYS_OF: Readonly<Record<string, string>> = {\n${entries.join('')}};\n`,
);
