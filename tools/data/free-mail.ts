import { stdin, stdout } from 'node:process';
import { text } from 'node:stream/consumers';
import { disposableEmailBlocklistSet } from 'disposable-email-domains-js';
import { getDomain } from 'tldts';

/**
 * Makes `libs/lead/src/free-mail.data.ts` of the JSON list of the npm package `free-email-domains` (Kiko Beats, MIT) on
 * standard input. It keeps registered domains that are not known as disposable: those have a list of their own.
 */

const LINE_LENGTH_MAX = 110;

const disposable = disposableEmailBlocklistSet();
const listed = JSON.parse(await text(stdin)) as string[];
const kept = listed.filter((domain) => getDomain(domain) === domain && !disposable.has(domain)).sort();
const rows = [''];
for (const domain of kept) {
  const row = rows.at(-1) ?? '';
  if (row.length + domain.length > LINE_LENGTH_MAX) rows.push(`${domain} `);
  else rows[rows.length - 1] = `${row}${domain} `;
}
stdout.write(
  '/**\n * Domains whose addresses anybody can get, so that they tell no company. Made by ' +
    '`tools/data/free-mail.ts`; from\n * `free-email-domains` (Kiko Beats), MIT.\n */\n' +
    `export const FREE_MAIL_DOMAINS =\n${rows.map((row) => `  '${row}'`).join(' +\n')};\n`,
);
