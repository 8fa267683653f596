import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { clean } from '@leadstream/lead/hygiene';
import { evidenceOf, inferZone } from '@leadstream/lead/zones';
import { tokensOf } from './template-tokens.ts';

/** Rows of RFC 4180: the fields of a form, then the lead that a careful person would make of them. */
const [, ...rows] = readFileSync(new URL('messy-leads.csv', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) =>
    [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,"]*))/g)].map(
      ([, quoted, bare]) => quoted?.replaceAll('""', '"') ?? bare ?? '',
    ),
  );

const read = ([email = '', firstName, lastName, phone, country, timeZone, company]: string[]): string[] => {
  const lead = {
    email,
    firstName,
    lastName,
    phone,
    timeZone,
    leadData: { source: 'web', fields: { country, company } },
  };
  const cleaned = clean(lead, { defaultRegion: 'US' });
  if ('refused' in cleaned) return ['refused', '', '', '', '', '', ''];
  const { contact, dossier } = cleaned;
  const tokens = tokensOf({ contact, dossier, tags: [], sequence: {}, settings: {} });
  const zone = inferZone(evidenceOf(cleaned), { timeZone: 'UTC', at: Temporal.Instant.from('2026-01-15T12:00Z') });
  return [
    ...[contact.email, contact.firstName, contact.lastName, contact.phone, contact.phoneExtension, zone.id],
    tokens['company'],
  ].map((value) => value ?? '');
};

it('200 messy leads become what a careful person would make of them', () => {
  expect(rows.length).toBeGreaterThanOrEqual(200);
  const wrong = rows.flatMap((row) => {
    const [given, expected] = [row.slice(0, 7), row.slice(7)];
    const found = read(given);
    return JSON.stringify(found) === JSON.stringify(expected) ? [] : [{ given, expected, found }];
  });
  expect(wrong).toEqual([]);
});
