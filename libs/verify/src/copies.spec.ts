import { expect, it } from '@jest/globals';
import { bounced, claimed, delivered, enrolled, sent, stepDue, triaged } from '@leadstream/testing/builders';
import { LEAD_ID, MONDAY, recorded, type Past } from '@leadstream/testing/given';
import type { Audience } from '@leadstream/contracts/events';
import { judge } from './judge.ts';

const ARCHIVE = 'the id of the archive’s address';
const mailed = (audience: Audience): Past[] => [
  triaged(),
  enrolled({ audience }),
  stepDue({ audience }),
  claimed('send-1', { audience }),
  sent(),
];
const about = (recipient: string | undefined, { type, data }: Past, sendId = 'send-1'): Past =>
  ({ type, data: { ...data, sendId, ...(recipient ? { recipient } : {}) } }) as Past;
const found = (...past: Past[]): string[] =>
  judge(recorded(past), { now: Temporal.Instant.from(MONDAY), overdueMs: 1e12 })
    .findings.filter(({ rule }) => rule === 'copy')
    .map(({ seqs }) => seqs.join(' '));

it.each<[string, Past[], string[]]>([
  ['the lead’s own address', [...mailed('lead'), about(LEAD_ID, bounced)], []],
  ['an address that an older build did not record', [...mailed('lead'), about(undefined, bounced)], []],
  ['the address of an archive', [...mailed('lead'), about(ARCHIVE, bounced)], ['40 60']],
  ['the address of an archive, of no claim that is known', [triaged(), about(ARCHIVE, bounced, 'lost')], ['20']],
  ['the rep’s address, of a mail to the rep', [...mailed('staff'), about('the rep', delivered())], []],
])('a fact about %s', (_about, past, seqs) => {
  expect(found(...past)).toEqual(seqs);
});
