import type { Zone } from '@leadstream/contracts/events';
import { parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { LRUCache } from 'lru-cache';

/** Evidence of the lead's location. `phone` is E.164, `ipCountry` ISO 3166-1 alpha-2. */
export interface ZoneEvidence {
  timeZone?: string | undefined;
  phone?: string | undefined;
  ipCountry?: string | undefined;
}

/** Offsets are compared by the rules of one fixed year: the clock must not influence a replay. */
const RULES_OF_YEAR = 2026;

/** The most populous zone of each country with several zone ids (as in tzdata's zone.tab). */
const MOST_POPULOUS: Partial<Record<string, string>> = {
  AR: 'America/Argentina/Buenos_Aires',
  AU: 'Australia/Sydney',
  BR: 'America/Sao_Paulo',
  CA: 'America/Toronto',
  CD: 'Africa/Kinshasa',
  CL: 'America/Santiago',
  CN: 'Asia/Shanghai',
  EC: 'America/Guayaquil',
  ES: 'Europe/Madrid',
  FM: 'Pacific/Pohnpei',
  GL: 'America/Nuuk',
  ID: 'Asia/Jakarta',
  KI: 'Pacific/Tarawa',
  MN: 'Asia/Ulaanbaatar',
  MX: 'America/Mexico_City',
  NZ: 'Pacific/Auckland',
  PF: 'Pacific/Tahiti',
  PG: 'Pacific/Port_Moresby',
  PT: 'Europe/Lisbon',
  RU: 'Europe/Moscow',
  UA: 'Europe/Kyiv',
  US: 'America/New_York',
};

/** Number types bound to a place, more or less; a toll-free or premium number is answered anywhere. */
const GEOGRAPHIC: ReadonlySet<string | undefined> = new Set(['FIXED_LINE', 'MOBILE', 'FIXED_LINE_OR_MOBILE']);

/**
 * The lead's time zone from the best evidence available: explicit, then the IP's country, then the phone's country if
 * it has one time, then the country's most populous zone, then the default. `evidence` gives the reason in words,
 * rejected values included, and names a country but never a number, address or foreign text.
 */
export function inferZone(evidence: ZoneEvidence, defaults: { timeZone: string }): Zone {
  const explicit = readExplicit(evidence.timeZone);
  if (explicit.id)
    return { id: explicit.id, source: 'explicit', confidence: 'high', evidence: 'the submission names its time zone' };
  const places = [
    { source: 'ip' as const, country: evidence.ipCountry?.toUpperCase() },
    { source: 'phone' as const, country: phoneCountry(evidence.phone) },
  ].flatMap(({ source, country }) =>
    country && /^[A-Z]{2}$/.test(country) ? [{ source, country, zones: effectiveZones(country) }] : [],
  );
  const reasons = [explicit.rejected];
  for (const { source, country, zones } of places) {
    const [only, second] = zones;
    if (only && !second) {
      return {
        id: only,
        source,
        confidence: 'medium',
        evidence: sentence([...reasons, `${source} country ${country} keeps one time`]),
      };
    }
    reasons.push(
      only
        ? `${source} country ${country} has several time zones`
        : `${source} country ${country} has no time zone known`,
    );
  }
  for (const { country } of places) {
    const id = MOST_POPULOUS[country];
    if (id)
      return {
        id,
        source: 'country',
        confidence: 'low',
        evidence: sentence([...reasons, `most people in ${country} live in this one`]),
      };
  }
  const nothing = places.length ? undefined : 'neither phone nor IP names a country';
  return { id: defaults.timeZone, source: 'default', confidence: 'low', evidence: sentence([...reasons, nothing]) };
}

const sentence = (parts: (string | undefined)[]): string => parts.filter(Boolean).join('; ');

/**
 * Only a place name counts: EST, UTC or +05:30 describe a clock, not the rules it will follow, and a browser that hides
 * its zone sends UTC. A link such as Asia/Kolkata stays as it is.
 */
function readExplicit(name: string | undefined): { id?: string; rejected?: string } {
  if (!name) return { rejected: 'no time zone given' };
  return places.memo(name);
}

/** Intl takes most of a millisecond per zone, and there are a few hundred. */
const places = new LRUCache<string, { id?: string; rejected?: string }>({ max: 1_000, memoMethod: readPlace });

function readPlace(name: string): { id?: string; rejected?: string } {
  const zone = resolve(name);
  if (!zone) return { rejected: 'the time zone given is not an IANA name' };
  const place = zone.canonical !== 'UTC' && /[a-z]/.test(zone.id) && !/^(?:Etc|SystemV)\//.test(zone.id);
  return place ? { id: zone.id } : { rejected: 'the time zone given is an abbreviation or offset, not a place' };
}

/**
 * Intl rejects date-times, which Temporal would take for a zone; Temporal rejects zones that only Intl knows, such as
 * an offset with a typographic minus.
 */
function resolve(timeZone: string): { canonical: string; id: string } | undefined {
  try {
    const canonical = new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions().timeZone;
    return { canonical, id: Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(timeZone).timeZoneId };
  } catch {
    return undefined;
  }
}

function phoneCountry(phone: string | undefined): string | undefined {
  const number = phone ? parsePhoneNumberFromString(phone) : undefined;
  return GEOGRAPHIC.has(number?.getType()) ? number?.country : undefined;
}

const known = new Map<string, readonly string[]>();

/** One zone for each distinct time in a country: Berlin and Büsingen are two ids and one time. */
function effectiveZones(country: string): readonly string[] {
  const cached = known.get(country);
  if (cached) return cached;
  const byOffsets = new Map<string, string>();
  const preferred = MOST_POPULOUS[country];
  for (const zone of [...(preferred ? [preferred] : []), ...(new Intl.Locale(`und-${country}`).getTimeZones() ?? [])]) {
    const offsets = offsetsThroughYear(zone);
    if (!byOffsets.has(offsets)) byOffsets.set(offsets, zone);
  }
  const zones = [...byOffsets.values()];
  known.set(country, zones);
  return zones;
}

/** The year's first offset and each change with its instant, as one text: equal texts, equal time. */
function offsetsThroughYear(zoneId: string): string {
  const start = Temporal.PlainDate.from({ year: RULES_OF_YEAR, month: 1, day: 1 }).toZonedDateTime('UTC');
  const end = start.add({ years: 1 });
  const parts: string[] = [];
  for (
    let at: Temporal.ZonedDateTime | null = start.withTimeZone(zoneId);
    at && at.epochNanoseconds < end.epochNanoseconds;
    at = at.getTimeZoneTransition('next')
  ) {
    parts.push(`${at.epochMilliseconds}${at.offset}`);
  }
  return parts.join(' ');
}
