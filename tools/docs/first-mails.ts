import type { LeadCreated } from '@leadstream/contracts/lead-created';
import { heedCandidates, nextOpen } from '@leadstream/lead/hours';
import { clean } from '@leadstream/lead/hygiene';
import { BUSINESS_HOURS, officeWindow } from '@leadstream/lead/weeks';
import { evidenceOf, inferZone } from '@leadstream/lead/zones';
import { IpCountries } from '@leadstream/triage/ip-country';
import { code, table } from './markdown.ts';

/** The drawn wait of a first mail: the middle of its range. */
const WAIT = 'PT5M';
/** A Thursday at ten, so that both kinds of weekend come next. */
const THURSDAY = '2026-01-15T10:00';
const EVENING = '2026-01-15T18:00';

type Given = Partial<Pick<LeadCreated, 'email' | 'phone' | 'timeZone' | 'ip'>> & { country?: string };

/** Leads with the time of their submission, UTC. */
const LEADS: readonly [at: string, lead: Given][] = [
  [THURSDAY, { timeZone: 'Europe/Berlin' }],
  ['2026-01-15T23:00', { timeZone: 'Europe/Berlin' }],
  ['2026-01-16T17:00', { timeZone: 'Europe/Berlin' }],
  ['2026-03-27T23:00', { timeZone: 'Europe/Berlin' }],
  [THURSDAY, { timeZone: 'Tokyo Standard Time' }],
  ['2026-01-15T01:00', { timeZone: '(UTC+09:00) Osaka, Sapporo, Tokyo' }],
  [THURSDAY, { timeZone: 'Eastern Time (US & Canada)' }],
  [EVENING, { timeZone: 'america_slash_los_angeles' }],
  [THURSDAY, { timeZone: 'New Delhi' }],
  [THURSDAY, { timeZone: '+09:00' }],
  [THURSDAY, { timeZone: 'UTC' }],
  [THURSDAY, { timeZone: 'Europe/Nowhere', ip: '133.11.0.1' }],
  [EVENING, { timeZone: 'Asia/Riyadh' }],
  ['2026-01-17T22:00', { timeZone: 'Asia/Riyadh' }],
  [EVENING, { phone: '+97142345678' }],
  [EVENING, { phone: '+96522345678' }],
  [EVENING, { phone: '+97223456789' }],
  [EVENING, { country: 'Egypt' }],
  [EVENING, { country: 'Bangladesh' }],
  [THURSDAY, { phone: '+14155550123' }],
  [THURSDAY, { phone: '+12125550123' }],
  [THURSDAY, { phone: '+18085550123' }],
  [THURSDAY, { phone: '+18005550123' }],
  [THURSDAY, { phone: '+61412345678' }],
  [THURSDAY, { phone: '+442071838750' }],
  [THURSDAY, { ip: '8.8.8.8' }],
  [THURSDAY, { ip: '8.8.8.8', phone: '+14155550123' }],
  [THURSDAY, { ip: '8.8.8.8', timeZone: '-08:00' }],
  [THURSDAY, { ip: '133.11.0.1' }],
  [THURSDAY, { ip: '133.11.0.1', phone: '+4930123456' }],
  [THURSDAY, { ip: '127.0.0.1' }],
  [THURSDAY, { country: 'United States' }],
  [THURSDAY, { country: 'US', timeZone: 'CST' }],
  [THURSDAY, { country: 'Canada' }],
  [THURSDAY, { country: 'Россия' }],
  [THURSDAY, { country: 'AU', timeZone: 'UTC+8' }],
  [THURSDAY, { country: 'Indonesia' }],
  [THURSDAY, { email: 'ann@example.co.nz' }],
  [THURSDAY, { email: 'ann@example.io' }],
  [THURSDAY, {}],
];

/** Submissions, the zone found for each, and the time of its first mail. */
export function firstMails(): string {
  const countries = new IpCountries();
  const head = ['submitted (UTC)', 'the submission says', 'zone', 'found by', 'first mail, local time'];
  return table(
    head,
    LEADS.map(([at, given]) => row(at, given, countries)),
  );
}

function row(at: string, { country, ...given }: Given, countries: IpCountries): string[] {
  const submitted = Temporal.Instant.from(`${at}Z`);
  const lead: LeadCreated = {
    email: 'ann@example.com',
    ...given,
    leadData: { source: 'whitepaper', ...(country ? { fields: { country } } : {}) },
  };
  const cleaned = clean(lead, { defaultRegion: 'US' });
  if ('refused' in cleaned) throw new Error(cleaned.refused.reason);
  const zone = inferZone(evidenceOf(cleaned, countries.of(cleaned.ip ?? '')), { timeZone: 'UTC', at: submitted });
  const due = submitted.add(WAIT);
  const window = heedCandidates(officeWindow(zone, BUSINESS_HOURS, due), zone, due);
  const local = nextOpen(due, zone.id, window).at.toZonedDateTimeISO(zone.id);
  const shared = window.zones ? `; open in ${window.zones.length} zones` : '';
  const says = Object.entries({ ...given, country }).flatMap(([key, value]) =>
    value ? [`${key} ${code(value)}`] : [],
  );
  return [
    at.replace('T', ' '),
    says.join(', ') || 'nothing',
    zone.id,
    `${zone.source}, ${zone.confidence}${shared}`,
    `${DAYS[local.dayOfWeek - 1] ?? ''} ${local.toPlainDate().toString()} ` +
      `${local.toPlainTime().toString().slice(0, 5)}`,
  ];
}

const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
