import { createHmac } from 'node:crypto';

/** The lead that gets both mails, and the lead whose answer to the first one has to stop the second. */
export const CANARY_KINDS = ['silent', 'answering'] as const;
export type CanaryKind = (typeof CANARY_KINDS)[number];

/** One lead of the canary. All of it derives from the time that it begins. */
export interface Round {
  kind: CanaryKind;
  /** The time of its submission, in milliseconds since 1970. */
  atMs: number;
  /** `<kind>-<time>`: also the submission's idempotency key. */
  id: string;
  address: string;
}

export interface Timetable {
  everyMs: number;
  domain: string;
  /** The caller's key: without it nobody can submit an address before its round begins. */
  key: string;
}

/** Parts of an interval: minutes 7 and 37 of an hour, when no other job begins. */
const OFFSETS: Readonly<Record<CanaryKind, number>> = { silent: 7 / 60, answering: 37 / 60 };
/** Rounds that are looked back at: two failures in a row, and the one under way. */
const BACK = 3;
const MAC_LENGTH = 10;

export function roundAt(kind: CanaryKind, atMs: number, { domain, key }: Timetable): Round {
  const id = `${kind}-${new Date(atMs)
    .toISOString()
    .replace(/[-:]|\.\d+Z/g, '')
    .toLowerCase()}`;
  const mac = createHmac('sha256', key).update(`canary ${id}`).digest('hex').slice(0, MAC_LENGTH);
  return { kind, atMs, id, address: `${id}-${mac}@${domain}` };
}

/** The rounds of both kinds that began up to `nowMs` and not more than three intervals before it, the oldest first. */
export function roundsUntil(nowMs: number, timetable: Timetable): Round[] {
  const { everyMs } = timetable;
  const first = Math.floor(nowMs / everyMs) - BACK;
  return Array.from({ length: BACK + 1 }, (_, back) => (first + back) * everyMs)
    .flatMap((startMs) =>
      CANARY_KINDS.map((kind) => roundAt(kind, wholeSecond(startMs + everyMs * OFFSETS[kind]), timetable)),
    )
    .filter(({ atMs }) => atMs <= nowMs && atMs > nowMs - BACK * everyMs)
    .sort((a, b) => a.atMs - b.atMs);
}

/** The address names the second. */
const wholeSecond = (ms: number): number => Math.floor(ms / 1_000) * 1_000;
