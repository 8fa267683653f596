import type { PhoneNumber } from 'libphonenumber-js/max';
import { PREFIXES_OF_ZONES } from './phone-zones.data.ts';

/** Number types bound to a place, more or less; a toll-free or premium number is answered anywhere. */
const GEOGRAPHIC: ReadonlySet<string | undefined> = new Set(['FIXED_LINE', 'MOBILE', 'FIXED_LINE_OR_MOBILE']);

const zonesByPrefix = new Map(
  Object.entries(PREFIXES_OF_ZONES).flatMap(([zones, prefixes]) =>
    prefixes.split(' ').map((prefix) => [prefix, zones.split(' ')] as const),
  ),
);
const PREFIX_LENGTH_MAX = Math.max(...[...zonesByPrefix.keys()].map(({ length }) => length));

/** The country of a number bound to a place, and the zones of its area code where the country has several times. */
export interface PhonePlace {
  country: string;
  /** Empty: the number names no area. */
  areaZones: readonly string[];
}

/** Undefined for a number that names no country. */
export function placeOf(number: PhoneNumber): PhonePlace | undefined {
  const type = number.getType();
  if (!number.country || !GEOGRAPHIC.has(type)) return undefined;
  // A number that is only mobile has no area code: its prefix names the network.
  return { country: number.country, areaZones: type === 'MOBILE' ? [] : areaZones(number) };
}

function areaZones({ number }: PhoneNumber): readonly string[] {
  const digits = number.slice(1);
  for (let length = PREFIX_LENGTH_MAX; length > 0; length -= 1) {
    const zones = zonesByPrefix.get(digits.slice(0, length));
    if (zones) return zones;
  }
  return [];
}
