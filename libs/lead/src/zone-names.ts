import { rawTimeZones } from '@vvo/tzdb';
import { LRUCache } from 'lru-cache';
import { decode } from 'html-entities';
import { WINDOWS_TO_IANA_MAP } from 'windows-iana';
import { countryNamed } from './countries.ts';
import { zonesOf } from './country-zones.ts';

/** A submission's own entry for its time zone, as far as it can be read. */
export type NamedZone =
  | { kind: 'place'; id: string }
  /** Minutes east of UTC; `id` is the most populous zone that an abbreviation or an offset stands for. */
  | { kind: 'offset'; minutes: number; id: string }
  | { kind: 'abbreviation'; id: string }
  | { kind: 'none'; rejected: string };

const CLOCK = 'the time zone given is an abbreviation or offset, not a place';
/** No known name is longer; a stranger's text can be. */
const NAME_LENGTH_MAX = 100;
const UNKNOWN = 'the time zone given is not an IANA name';

/** The most populous zone of each offset in minutes, by its standard time. */
const BY_OFFSET: Readonly<Record<number, string>> = {
  [-660]: 'Pacific/Pago_Pago',
  [-600]: 'Pacific/Honolulu',
  [-570]: 'Pacific/Marquesas',
  [-540]: 'America/Anchorage',
  [-480]: 'America/Los_Angeles',
  [-420]: 'America/Denver',
  [-360]: 'America/Mexico_City',
  [-300]: 'America/New_York',
  [-240]: 'America/Caracas',
  [-210]: 'America/St_Johns',
  [-180]: 'America/Sao_Paulo',
  [-150]: 'America/St_Johns',
  [-120]: 'America/Noronha',
  [-60]: 'Atlantic/Cape_Verde',
  0: 'Europe/London',
  60: 'Europe/Berlin',
  120: 'Africa/Cairo',
  180: 'Europe/Istanbul',
  210: 'Asia/Tehran',
  240: 'Asia/Dubai',
  270: 'Asia/Kabul',
  300: 'Asia/Karachi',
  330: 'Asia/Kolkata',
  345: 'Asia/Kathmandu',
  360: 'Asia/Dhaka',
  390: 'Asia/Yangon',
  420: 'Asia/Jakarta',
  480: 'Asia/Shanghai',
  525: 'Australia/Eucla',
  540: 'Asia/Tokyo',
  570: 'Australia/Adelaide',
  600: 'Australia/Sydney',
  630: 'Australia/Adelaide',
  660: 'Australia/Sydney',
  720: 'Pacific/Auckland',
  765: 'Pacific/Chatham',
  780: 'Pacific/Auckland',
  840: 'Pacific/Kiritimati',
};

/** Abbreviations that people write, with the zone that most of them mean; none is read as a place. */
const ABBREVIATIONS: Readonly<Record<string, string>> = {
  'America/New_York': 'et est edt est5edt',
  'America/Chicago': 'ct cst cdt cst6cdt',
  'America/Denver': 'mt mst mdt mst7mdt',
  'America/Los_Angeles': 'pt pst pdt pst8pdt',
  'America/Anchorage': 'akst akdt',
  'Pacific/Honolulu': 'hst',
  'America/Sao_Paulo': 'brt',
  'America/Argentina/Buenos_Aires': 'art',
  'America/Santiago': 'clt',
  'America/Bogota': 'cot',
  'America/Lima': 'pet',
  'America/St_Johns': 'nst ndt',
  'Africa/Johannesburg': 'sast',
  'Africa/Lagos': 'wat',
  'Africa/Nairobi': 'eat',
  'Europe/Istanbul': 'trt',
  'Asia/Jerusalem': 'idt',
  'Asia/Karachi': 'pkt',
  'Asia/Bangkok': 'ict',
  'Asia/Jakarta': 'wib',
  'Asia/Manila': 'pht',
  'Europe/London': 'bst',
  'Europe/Lisbon': 'wet west',
  'Europe/Berlin': 'cet cest met mez mesz',
  'Europe/Athens': 'eet eest',
  'Europe/Moscow': 'msk',
  'Asia/Dubai': 'gst',
  'Asia/Kolkata': 'ist',
  'Asia/Singapore': 'sgt',
  'Asia/Hong_Kong': 'hkt',
  'Asia/Tokyo': 'jst',
  'Asia/Seoul': 'kst',
  'Australia/Perth': 'awst',
  'Australia/Adelaide': 'acst acdt',
  'Australia/Sydney': 'aest aedt',
  'Pacific/Auckland': 'nzst nzdt',
};
const abbreviations = new Map(
  Object.entries(ABBREVIATIONS).flatMap(([id, names]) => names.split(' ').map((name) => [name, id] as const)),
);

/** A browser that hides its zone sends these, and so does a server that knows none. */
const UTC = /^(?:etc )?(?:utc|uct|gmt|z|zulu|universal|greenwich|coordinated universal time)(?:[+-]?0)?$/;

/** Names of Rails, Windows and people that are neither an IANA name, a main city nor a country's zone. */
const LABELS: Readonly<Record<string, string>> = {
  'Africa/Algiers': 'west central africa',
  'Africa/Johannesburg': 'pretoria, south africa',
  'America/Anchorage': 'alaska',
  'America/Chicago': 'central, us central, central us & canada',
  'America/Denver': 'mountain, us mountain, mountain us & canada',
  'America/Guatemala': 'central america',
  'America/Halifax': 'atlantic, atlantic canada',
  'America/Indiana/Indianapolis': 'indiana east',
  'America/Lima': 'quito',
  'America/Los_Angeles': 'pacific, us pacific, pacific us & canada',
  'America/Mexico_City': 'guadalajara, monterrey, central mexico',
  'America/New_York': 'eastern, us eastern, eastern us & canada, new york',
  'America/Nuuk': 'greenland',
  'America/Phoenix': 'arizona',
  'America/Regina': 'saskatchewan',
  'America/Sao_Paulo': 'brasilia',
  'America/St_Johns': 'newfoundland',
  'Asia/Colombo': 'sri jayawardenepura, sri lanka',
  'Asia/Dubai': 'abu dhabi, gulf, arabian gulf, دبي',
  'Asia/Jerusalem': 'tel aviv, israel, ירושלים, תל אביב, שעון ישראל',
  'Asia/Karachi': 'islamabad',
  'Asia/Kolkata': 'india, chennai, mumbai, new delhi, delhi, bangalore',
  'Asia/Kuwait': 'kuwait',
  'Asia/Riyadh': 'arab, arabia, arabian, الرياض',
  'Asia/Seoul': 'korea, korean, 서울, 한국 표준시, 대한민국 표준시',
  'Asia/Shanghai': 'china, beijing, chongqing, 北京, 上海, 北京时间, 中国标准时间',
  'Asia/Tokyo': 'japan, osaka, sapporo, 東京, 大阪, 日本標準時, 日本時間',
  'Asia/Yangon': 'rangoon',
  'Atlantic/Cape_Verde': 'cape verde is.',
  'Atlantic/South_Georgia': 'mid-atlantic',
  'Australia/Adelaide': 'australian central, central australia',
  'Australia/Brisbane': 'east australia',
  'Australia/Perth': 'australian western, western australia',
  'Australia/Sydney': 'australian eastern, eastern australia, canberra, melbourne',
  'Europe/Athens': 'eastern european, αθήνα',
  'Europe/Berlin':
    'central european, central europe, germany, mitteleuropäische zeit, mitteleuropäische normalzeit, ' +
    "mitteleuropäische sommerzeit, heure d'europe centrale, heure normale d'europe centrale, hora de europa central",
  'Europe/Dublin': 'ireland, irish',
  'Europe/Kyiv': 'kiev',
  'Europe/Lisbon': 'western european, western europe',
  'Europe/London': 'greenwich mean, british, united kingdom, edinburgh, uk, dublin edinburgh lisbon london',
  'Europe/Moscow': 'moscow, st. petersburg, москва, санкт-петербург, московское время',
  'Europe/Zurich': 'bern',
  'Pacific/Apia': 'samoa',
  'Pacific/Auckland': 'new zealand, wellington',
  'Pacific/Fakaofo': 'tokelau is.',
  'Pacific/Guadalcanal': 'solomon is.',
  'Pacific/Honolulu': 'hawaii, hawaii-aleutian',
  'Pacific/Majuro': 'marshall is.',
  'Pacific/Chatham': 'chatham is.',
  'Pacific/Midway': 'midway island',
  'Pacific/Noumea': 'new caledonia',
  'Pacific/Tongatapu': "nuku'alofa",
};

/** Names in Microsoft's table that IANA has replaced. */
const RENAMED: Readonly<Record<string, string>> = {
  'America/Buenos_Aires': 'America/Argentina/Buenos_Aires',
  'America/Godthab': 'America/Nuuk',
  'America/Indianapolis': 'America/Indiana/Indianapolis',
  'Asia/Calcutta': 'Asia/Kolkata',
  'Asia/Katmandu': 'Asia/Kathmandu',
  'Asia/Rangoon': 'Asia/Yangon',
  'Europe/Kiev': 'Europe/Kyiv',
};

/** The first entry of a name wins. */
function namesOfPlaces(): Map<string, string> {
  // '001' is the world: the zone that Windows itself takes without a country.
  const known = WINDOWS_TO_IANA_MAP.filter(({ territory }) => territory === '001').map(
    ({ windowsName, iana: [id = ''] }) => [readable(windowsName), RENAMED[id] ?? id] as const,
  );
  const labels = Object.entries(LABELS).flatMap(([id, names]) =>
    names.split(', ').map((name) => [readable(name), id] as const),
  );
  // Sydney in Nova Scotia is a main city too.
  const cities = [
    ...rawTimeZones.flatMap(({ name, group }) =>
      [name, ...group].map((id) => [readable(id.slice(id.lastIndexOf('/') + 1)), name] as const),
    ),
    ...rawTimeZones.flatMap(({ name, mainCities }) => mainCities.map((city) => [readable(city), name] as const)),
  ];
  const countries = rawTimeZones.map(
    ({ name, alternativeName }) => [withoutTime(readable(alternativeName)), name] as const,
  );
  const names = new Map<string, string>();
  for (const [name, id] of [...known, ...labels, ...cities, ...countries])
    if (id && !id.startsWith('Etc/') && !names.has(name)) names.set(name, id);
  return names;
}

/** Lower case, one blank for `_`, blanks and brackets, no accents: how people and programs spell the same name. */
const readable = (name: string): string =>
  name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll('’', "'")
    .replace(/[\s_()[\]]+/g, ' ')
    .trim();

/** "Japan Standard Time" and "Central European Summer Time" without the part that changes with the season. */
const withoutTime = (name: string): string =>
  name.replace(/(?: (?:standard|daylight|summer))? time\b(?: zone)?/, '').trim();

let places: Map<string, string> | undefined;

/** Intl takes most of a millisecond per zone, and there are a few hundred. */
const read = new LRUCache<string, NamedZone>({ max: 1_000, memoMethod: readName });

/**
 * Reads an IANA name, or one that Windows, Outlook, Rails, HubSpot, a browser's date or people use for a place; an
 * offset or an abbreviation is told apart, because it describes a clock and not the rules that it will follow.
 */
export const readZone = (name: string): NamedZone =>
  name.length > NAME_LENGTH_MAX ? { kind: 'none', rejected: UNKNOWN } : read.memo(name);

/** A clock that a program writes for its zone: a date-time with its offset, or a number of hours or seconds. */
function offsetIn(text: string): string {
  const ofTime = /^\d{4}-\d\d-\d\d[T ][\d:.]{5,15}\s?([+\u2212-]\d\d:?\d\d)$/.exec(text)?.[1];
  if (ofTime !== undefined) return ofTime;
  if (!/^[+\u2212-]?\d{1,5}(?:\.\d{1,2})?$/.test(text)) return text;
  const number = Number(text.replace('\u2212', '-'));
  const hours = Math.abs(number) >= SECONDS_MIN && number % 900 === 0 ? number / 3_600 : number;
  return hours === 0 || hours < -12 || hours > 14 ? text : `${hours < 0 ? '' : '+'}${hours}`;
}
const SECONDS_MIN = 3_600;

const QUOTES = /^[\s"'“”„«»`]+|[\s"'“”„«»`]+$/g;

function readName(name: string): NamedZone {
  const text = offsetIn(decode(name).normalize('NFKC').replace(QUOTES, ''))
    .replace(/_slash_/gi, '/')
    .replace(/_(plus|minus)_/gi, (_, sign: string) => (sign === 'plus' ? '+' : '-'));
  const path = text.replace(AREA_BEFORE, '$1/').replace(/\/(.*\S)\s*\(.*\)$/, '/$1');
  const zone = resolve(path.includes('/') ? path.replace(/ *\/ */g, '/').replaceAll(' ', '_') : text);
  // `Japan` and `US/Pacific` are IANA's older names.
  if (zone && isPlace(zone)) return { kind: 'place', id: AREA.test(readable(zone.id)) ? zone.id : zone.canonical };
  const label = readable(text.replace(OFFSET_BEFORE, ''));
  if (UTC.test(label)) return { kind: 'none', rejected: CLOCK };
  const id = abbreviations.get(label) ?? '';
  if (id) return { kind: 'abbreviation', id };
  const named = label && placeNamed(label);
  if (named) return { kind: 'place', id: named };
  const minutes = readOffset(text);
  const nearest = minutes === undefined ? undefined : BY_OFFSET[minutes];
  if (minutes !== undefined && nearest) return { kind: 'offset', minutes, id: nearest };
  // A code is more often an abbreviation that is not known.
  const country = label.length > 3 || /[^\0-\x7f]/.test(label) ? countryNamed(text) : undefined;
  const [only, second] = country === undefined ? [] : zonesOf(country);
  if (only !== undefined && second === undefined) return { kind: 'place', id: only };
  return { kind: 'none', rejected: zone ? CLOCK : UNKNOWN };
}

const OFFSET = String.raw`(?:utc|gmt)?\s*[+\u2212\u2013-]\s*\d{1,2}(?::?\d{2})?`;
/** "(UTC+09:00) Osaka", "(GMT-05:00) Eastern Time", and the "GMT+0900 (Japan Standard Time)" of a browser's date. */
const OFFSET_BEFORE = new RegExp(String.raw`^.*?(?:\(${OFFSET}\)|${OFFSET}(?=\s*\(|\s+\p{L}))\s*`, 'iu');

const AREAS = '(africa|america|antarctica|arctic|asia|atlantic|australia|europe|indian|pacific)';
const AREA = new RegExp(`^${AREAS}/`);
const AREA_BEFORE = new RegExp(`^${AREAS}\\s*[-:.]\\s*(?=[a-z])`, 'i');

function placeNamed(label: string): string | undefined {
  places ??= namesOfPlaces();
  const last = label.replace(AREA, '').split(' - ').at(-1) ?? '';
  const spellings = [label, withoutTime(label), last, ...last.split(/,\s*/)];
  for (const spelling of spellings) {
    const id = places.get(spelling) ?? places.get(`${spelling} standard time`);
    if (id) return id;
  }
  return undefined;
}

/** A form that does not encode its plus sends a blank: "UTC 9", "09:00". */
const OFFSET_ALONE = new RegExp(
  String.raw`^(?:(?:(etc\/gmt)|utc|gmt)?\s*([+\u2212\u2013-])\s*|(?:utc|gmt)\s+|(?=\d\d:\d\d$))` +
    String.raw`(\d{1,2})(?::?(\d{2})|\.(\d{1,2}))?(?:\s*\(.*\))?$`,
  'iu',
);

/** Minutes east of UTC; `Etc/GMT+5` is west (POSIX), all others mean what they say. */
function readOffset(text: string): number | undefined {
  const match = OFFSET_ALONE.exec(text.trim().replace(/^\((.*)\)$/, '$1'));
  if (!match) return undefined;
  const [, posix, sign, hours, minutes = '0', part = '0'] = match;
  const east = (sign === '+' || sign === undefined) !== Boolean(posix);
  return (east ? 1 : -1) * (60 * Number(hours) + Number(minutes) + 60 * Number(`0.${part}`));
}

const isPlace = ({ canonical, id }: { canonical: string; id: string }): boolean =>
  canonical !== 'UTC' && /[a-z]/.test(id) && !/^(?:Etc|SystemV)\//.test(id);

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
