/** Offsets are compared by the rules of one fixed year: the clock must not influence a replay. */
const RULES_OF_YEAR = 2026;

/** The zones of each country with several times, the most populous first (zone ids as in tzdata's zone.tab). */
const BY_POPULATION: Partial<Record<string, readonly string[]>> = {
  AU: ['Australia/Sydney', 'Australia/Brisbane', 'Australia/Perth', 'Australia/Adelaide', 'Australia/Darwin'],
  BR: ['America/Sao_Paulo', 'America/Manaus', 'America/Rio_Branco', 'America/Noronha'],
  CA: [
    'America/Toronto',
    'America/Vancouver',
    'America/Edmonton',
    'America/Winnipeg',
    'America/Halifax',
    'America/Regina',
    'America/St_Johns',
  ],
  CD: ['Africa/Kinshasa', 'Africa/Lubumbashi'],
  CL: ['America/Santiago'],
  CN: ['Asia/Shanghai'],
  EC: ['America/Guayaquil'],
  ES: ['Europe/Madrid', 'Atlantic/Canary'],
  FM: ['Pacific/Pohnpei'],
  GL: ['America/Nuuk'],
  ID: ['Asia/Jakarta', 'Asia/Makassar', 'Asia/Jayapura'],
  KI: ['Pacific/Tarawa'],
  MN: ['Asia/Ulaanbaatar', 'Asia/Hovd'],
  MX: ['America/Mexico_City', 'America/Tijuana', 'America/Hermosillo', 'America/Cancun', 'America/Ciudad_Juarez'],
  NZ: ['Pacific/Auckland'],
  PF: ['Pacific/Tahiti'],
  PG: ['Pacific/Port_Moresby'],
  PT: ['Europe/Lisbon', 'Atlantic/Azores'],
  RU: [
    'Europe/Moscow',
    'Asia/Yekaterinburg',
    'Asia/Krasnoyarsk',
    'Europe/Samara',
    'Asia/Vladivostok',
    'Asia/Irkutsk',
    'Asia/Omsk',
    'Asia/Yakutsk',
    'Europe/Kaliningrad',
  ],
  UA: ['Europe/Kyiv'],
  US: [
    'America/New_York',
    'America/Chicago',
    'America/Los_Angeles',
    'America/Denver',
    'America/Phoenix',
    'Pacific/Honolulu',
    'America/Anchorage',
  ],
  // One time each; the name of the place that most people know.
  AR: ['America/Argentina/Buenos_Aires'],
  DE: ['Europe/Berlin'],
  GB: ['Europe/London'],
};

const zonesByCountry = new Map<string, readonly string[]>();

/**
 * One zone for each distinct time in a country, the most populous first: Berlin and Büsingen are two ids and one time.
 * `country` is ISO 3166-1 alpha-2; empty for one without a zone in the runtime.
 */
export function zonesOf(country: string): readonly string[] {
  const cached = zonesByCountry.get(country);
  if (cached) return cached;
  const zones = distinct([
    ...(BY_POPULATION[country] ?? []),
    ...(new Intl.Locale(`und-${country}`).getTimeZones() ?? []),
  ]);
  zonesByCountry.set(country, zones);
  return zones;
}

const ranks = new Map(Object.values(BY_POPULATION).flatMap((ids = []) => ids.map((id, rank) => [id, rank] as const)));
const rankOf = (zoneId: string): number => ranks.get(zoneId) ?? Infinity;

/** One zone of each distinct time, the most populous first. */
export function distinct(zoneIds: readonly string[]): readonly string[] {
  const byTime = new Map<string, string>();
  for (const id of zoneIds.toSorted((a, b) => (rankOf(a) === rankOf(b) ? 0 : rankOf(a) - rankOf(b))))
    if (!byTime.has(timeOf(id))) byTime.set(timeOf(id), id);
  return [...byTime.values()];
}

/** Whether two zones have the same time throughout the year. */
export const isSameTime = (a: string, b: string): boolean => timeOf(a) === timeOf(b);

const times = new Map<string, string>();

/** The year's first offset and each change with its instant, as one text: equal texts, equal time. */
function timeOf(zoneId: string): string {
  const cached = times.get(zoneId);
  if (cached !== undefined) return cached;
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
  const time = parts.join(' ');
  times.set(zoneId, time);
  return time;
}

/** Minutes east of UTC, at the instant and in the zone's standard time. */
export function offsetsOf(zoneId: string, at: Temporal.Instant): { now: number; standard: number } {
  const minutes = (instant: Temporal.Instant) => instant.toZonedDateTimeISO(zoneId).offsetNanoseconds / 60e9;
  const year = at.toZonedDateTimeISO('UTC').year;
  const seasons = [1, 7].map((month) =>
    minutes(Temporal.PlainDate.from({ year, month, day: 1 }).toZonedDateTime('UTC').toInstant()),
  );
  return { now: minutes(at), standard: Math.min(...seasons) };
}
