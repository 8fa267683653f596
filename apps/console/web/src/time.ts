/** One clock for the page, the server's: a laptop's own may be wrong, and a test shifts the services'. */
let offsetMs = 0;

export function setClock(serverNow: string): void {
  offsetMs = Date.parse(serverNow) - Date.now();
}
export const serverNowMs = (): number => Date.now() + offsetMs;

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const;

/** `1 d 19 h`, `3 min 30 s`: the largest unit and the one below it. */
export function span(ms: number): string {
  const left = Math.abs(ms);
  const first = UNITS.findIndex(([, size]) => left >= size);
  if (first < 0) return '0 s';
  let rest = left;
  return UNITS.slice(first, first + 2)
    .flatMap(([unit, size]) => {
      const count = Math.floor(rest / size);
      rest -= count * size;
      return count > 0 ? `${count} ${unit}` : [];
    })
    .join(' ');
}

/** `3 h ago`, of one unit; `just now` within ten seconds. */
export function ago(iso: string, nowMs: number): string {
  const ms = nowMs - Date.parse(iso);
  if (ms < 10_000) return 'just now';
  const [unit, size] = UNITS.find(([, least]) => ms >= least) ?? ['s', 1_000];
  return `${Math.floor(ms / size)} ${unit} ago`;
}

export const due = (iso: string, nowMs: number): string => {
  const ms = Date.parse(iso) - nowMs;
  return ms > 0 ? `in ${span(ms)}` : `${span(ms)} late`;
};

const format = (options: Intl.DateTimeFormatOptions) => {
  const known = new Map<string, Intl.DateTimeFormat>();
  return (iso: string, zone?: string | null): string => {
    const key = zone ?? '';
    const found = known.get(key) ?? formatIn(options, zone);
    known.set(key, found);
    return found.format(new Date(iso));
  };
};

/** A zone that this browser does not know is shown as UTC. */
function formatIn(options: Intl.DateTimeFormatOptions, zone?: string | null): Intl.DateTimeFormat {
  const all = { hourCycle: 'h23', ...options } as const;
  try {
    return new Intl.DateTimeFormat('en-GB', { ...all, ...(zone ? { timeZone: zone } : {}) });
  } catch {
    return new Intl.DateTimeFormat('en-GB', { ...all, timeZone: 'UTC' });
  }
}

/** `Mon 30 Nov, 09:15`, in a zone, else in the browser's. */
export const wall = format({ weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });
export const clock = format({ hour: '2-digit', minute: '2-digit' });
export const seconds = format({ hour: '2-digit', minute: '2-digit', second: '2-digit' });
export const weekday = format({ weekday: 'short', hour: '2-digit', minute: '2-digit' });
export const day = format({ weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
const dated = format({ dateStyle: 'full', timeStyle: 'long' });

/** The instant as a tooltip has it. */
export const exact = (iso: string): string => `${dated(iso)} · ${iso}`;

/** `Copenhagen` of Europe/Copenhagen. */
export const place = (zone: string): string => (zone.split('/').at(-1) ?? zone).replaceAll('_', ' ');

export function offset(zone: string, iso: string): string {
  const parts = formatIn({ timeZoneName: 'shortOffset' }, zone).formatToParts(new Date(iso));
  return (parts.find(({ type }) => type === 'timeZoneName')?.value ?? '').replace('GMT', 'UTC');
}
