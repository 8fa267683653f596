import type { Zone } from '@leadstream/contracts/events';
import { countryGiven, countryOfDomain } from './countries.ts';
import { distinct, isSameTime, offsetsOf, zonesOf } from './country-zones.ts';
import type { CleanLead } from './hygiene.ts';
import type { PhonePlace } from './phone-zones.ts';
import { readZone, type NamedZone } from './zone-names.ts';

/**
 * Evidence of the lead's location. `ipCountry`, `country` and `domainCountry` are ISO 3166-1 alpha-2: of the IP
 * address, as the submission gives it, and of the address's domain.
 */
export interface ZoneEvidence {
  timeZone?: string | undefined;
  phone?: PhonePlace | undefined;
  ipCountry?: string | undefined;
  country?: string | undefined;
  domainCountry?: string | undefined;
}

/** The evidence of a cleaned submission for its lead's location; its IP counts by its country only. */
export const evidenceOf = (
  { contact, dossier, phonePlace, timeZone }: CleanLead,
  ipCountry?: string,
): ZoneEvidence => ({
  timeZone,
  phone: phonePlace,
  ipCountry,
  country: countryGiven(dossier),
  domainCountry: countryOfDomain(contact.address),
});

/** A piece of evidence: the zones it allows, or a condition on the zones that the others allow. */
interface Clue {
  source: Zone['source'];
  /** As the subject of a sentence. */
  says: string;
  zones: readonly string[];
  fits: (zoneId: string) => boolean;
}

/**
 * The lead's time zone from the best evidence available: a named place, then the IP's country, the phone's area, the
 * country given, an offset or abbreviation within these, the domain's country, the offset alone, the default. A later
 * piece chooses among the zones that an earlier one leaves; the first to leave one zone decides. With several left, the
 * most populous is a guess, and `candidates` has them all.
 *
 * `evidence` gives the reason in words, rejected values included, and names a country but never a number, address or
 * foreign text. `at` tells which zones have a given offset now.
 */
export function inferZone(evidence: ZoneEvidence, { timeZone, at }: { timeZone: string; at: Temporal.Instant }): Zone {
  const named = evidence.timeZone ? readZone(evidence.timeZone) : undefined;
  if (named?.kind === 'place')
    return { id: named.id, source: 'explicit', confidence: 'high', evidence: 'the submission names its time zone' };
  const reasons = [rejection(named)];
  const clues = cluesOf(evidence, named, at);
  let left: readonly string[] = [];
  for (const { source, says, zones, fits } of clues) {
    const fitting = left.filter(fits);
    const [only, second] = fitting.length ? fitting : zones;
    if (only && !second)
      return { id: only, source, confidence: 'medium', evidence: sentence([...reasons, `${says} keeps one time`]) };
    if (fitting.length || !left.length) left = fitting.length ? fitting : zones;
    if (zones.length) reasons.push(`${says} has several time zones`);
    else if (source !== 'explicit') reasons.push(`${says} has no time zone known`);
  }
  const [guess] = left;
  if (guess)
    return {
      id: guess,
      source: 'country',
      confidence: 'low',
      candidates: [...left],
      evidence: sentence([...reasons, 'most people live in this one']),
    };
  const clock = named && named.kind !== 'none' ? named.id : undefined;
  if (clock)
    return {
      id: clock,
      source: 'explicit',
      confidence: 'low',
      evidence: sentence([...reasons, 'most people with this clock live there']),
    };
  const nothing = clues.some(({ zones }) => zones.length) ? undefined : 'nothing names a country';
  return { id: timeZone, source: 'default', confidence: 'low', evidence: sentence([...reasons, nothing]) };
}

const sentence = (parts: (string | undefined)[]): string => parts.filter(Boolean).join('; ');

function rejection(named: NamedZone | undefined): string {
  if (!named) return 'no time zone given';
  return named.kind === 'none' ? named.rejected : 'the time zone given is an abbreviation or offset, not a place';
}

function cluesOf(evidence: ZoneEvidence, named: NamedZone | undefined, at: Temporal.Instant): Clue[] {
  const { phone } = evidence;
  return [
    ...ofCountry('ip', 'ip country', evidence.ipCountry),
    ...(phone?.areaZones.length ? [ofZones('phone', 'the phone’s area', phone.areaZones)] : []),
    ...ofCountry('phone', 'phone country', phone?.country),
    ...ofCountry('country', 'the country given,', evidence.country),
    ...ofClock(named, at),
    ...ofCountry('country', 'the domain’s country', evidence.domainCountry),
    // Once more, for the domain's country.
    ...ofClock(named, at),
  ];
}

function ofZones(source: Zone['source'], says: string, zoneIds: readonly string[]): Clue {
  const zones = distinct(zoneIds);
  return { source, says, zones, fits: (zoneId) => zones.some((zone) => isSameTime(zone, zoneId)) };
}

function ofCountry(source: Zone['source'], what: string, country: string | undefined): Clue[] {
  const code = country?.toUpperCase();
  return code && /^[A-Z]{2}$/.test(code) ? [ofZones(source, `${what} ${code}`, zonesOf(code))] : [];
}

/** The clock of the submission: zones with its offset now, or in their standard time. */
function ofClock(named: NamedZone | undefined, at: Temporal.Instant): Clue[] {
  if (named?.kind === 'offset') {
    const { minutes } = named;
    const fits = (zoneId: string) => Object.values(offsetsOf(zoneId, at)).includes(minutes);
    return [{ source: 'explicit', says: 'the offset given', zones: [], fits }];
  }
  if (named?.kind === 'abbreviation') {
    const { standard } = offsetsOf(named.id, at);
    const fits = (zoneId: string) => offsetsOf(zoneId, at).standard === standard;
    return [{ source: 'explicit', says: 'the abbreviation given', zones: [], fits }];
  }
  return [];
}
