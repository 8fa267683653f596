import type { Recorded } from '@leadstream/contracts/events';

/**
 * The bans on mail to a lead, each by the sequence of its event. Implemented from docs/architecture.md independently,
 * on purpose: a mistake in the services' fold must not hide itself here.
 */
export interface Standing {
  /** Answered or unsubscribed: an operator's restart lifts it. */
  declined: number | null;
  /** Sequences that the lead declined: a restart into one lifts that one. */
  left: ReadonlyMap<string, number>;
  /** Bounced or complained: permanent. */
  closed: number | null;
  erased: number | null;
  paused: number | null;
  /** A reply of unproven origin: an operator decides, or a proven reply. */
  held: number | null;
  /** The date of return from an out-of-office. */
  awayUntil: string | null;
}

export const unhindered: Standing = {
  declined: null,
  left: new Map(),
  closed: null,
  erased: null,
  paused: null,
  held: null,
  awayUntil: null,
};

export function standingAfter(standing: Standing, event: Recorded): Standing {
  if (event.type === 'lead.suppressed') return suppressedBy(standing, event);
  switch (event.type) {
    case 'lead.replied':
      return repliedTo(standing, event);
    case 'lead.unsubscribed':
      return unsubscribedFrom(standing, event);
    // A stranger's form is no evidence of the person's return.
    case 'lead.resubmitted':
      return event.data.trusted === false ? standing : { ...standing, awayUntil: null };
    case 'lead.bounced':
    case 'lead.complained':
      return { ...standing, closed: standing.closed ?? event.seq };
    case 'lead.erased':
      return { ...standing, erased: event.seq };
    case 'lead.restarted':
      return restartedInto(standing, event.data.route.sequence);
    case 'lead.recovered':
      return recovered(standing, event);
    case 'lead.paused':
      return { ...standing, paused: standing.paused ?? event.seq };
    case 'lead.resumed':
      return resumed(standing, event);
    case 'lead.triaged':
    case 'lead.enrolled':
    case 'lead.step-due':
    case 'lead.send-started':
    case 'lead.sent':
    case 'lead.send-deferred':
    case 'lead.send-failed':
    case 'lead.send-skipped':
    case 'lead.send-unknown':
    case 'lead.step-planned':
    case 'lead.sequence-completed':
    case 'lead.delivered':
    case 'lead.opened':
    case 'lead.clicked':
    case 'lead.undelivered':
    case 'lead.moved':
    case 'lead.migrated':
    case 'lead.lapsed':
    case 'lead.assigned':
    case 'lead.enriched':
    case 'lead.tagged':
    case 'lead.noted':
      return standing;
    default:
      return event satisfies never;
  }
}

const suppressedBy = (standing: Standing, { seq, data: { why } }: Recorded<'lead.suppressed'>): Standing =>
  why === 'bounced'
    ? { ...standing, closed: standing.closed ?? seq }
    : { ...standing, declined: standing.declined ?? seq };

/** Version 1 always ended an absence, too. */
const resumed = (standing: Standing, { data: { althoughAway = true } }: Recorded<'lead.resumed'>): Standing => ({
  ...standing,
  paused: null,
  held: null,
  awayUntil: althoughAway ? null : standing.awayUntil,
});

const restartedInto = (standing: Standing, sequence: string): Standing => ({
  ...standing,
  declined: null,
  held: null,
  left: new Map([...standing.left].filter(([id]) => id !== sequence)),
});

function unsubscribedFrom(standing: Standing, { seq, data: { sequence } }: Recorded<'lead.unsubscribed'>): Standing {
  if (sequence === undefined) return { ...standing, declined: standing.declined ?? seq };
  return standing.left.has(sequence) ? standing : { ...standing, left: new Map([...standing.left, [sequence, seq]]) };
}

function repliedTo(
  standing: Standing,
  { seq, data: { class: kind, until, authenticated } }: Recorded<'lead.replied'>,
): Standing {
  const isProven = authenticated !== false;
  switch (kind) {
    case 'human':
    case 'left':
    case 'unsubscribe':
      return isProven
        ? { ...standing, declined: standing.declined ?? seq, held: null }
        : { ...standing, held: standing.held ?? seq };
    case 'out-of-office':
      return isProven ? { ...standing, awayUntil: later(standing.awayUntil, until) } : standing;
    case 'auto':
      return standing;
  }
}

const later = (a: string | null, b: string | undefined): string | null =>
  b !== undefined && (a === null || Temporal.Instant.compare(b, a) > 0) ? b : a;

/** Facts from a witness outside the log count from the time of the recovery. */
function recovered(
  standing: Standing,
  { seq, data: { stop, declined = [], paused, unproven, awayUntil } }: Recorded<'lead.recovered'>,
): Standing {
  return {
    ...standing,
    declined: standing.declined ?? (stop?.why === 'responded' || stop?.why === 'unsubscribed' ? seq : null),
    closed: standing.closed ?? (stop?.why === 'bounced' || stop?.why === 'complained' ? seq : null),
    erased: standing.erased ?? (stop?.why === 'erased' ? seq : null),
    left: new Map([...declined.map((id) => [id, seq] as const), ...standing.left]),
    paused: standing.paused ?? (paused ? seq : null),
    held: standing.held ?? (unproven?.held ? seq : null),
    awayUntil: later(standing.awayUntil, awayUntil),
  };
}

/** The event since which the lead's mails wait. */
export const heldBy = ({ paused, held }: Standing): number | null => paused ?? held;

/** The event after which the lead may get no more mail; with a sequence, no more mail of that one. */
export const stopOf = ({ erased, closed, declined, left }: Standing, sequence?: string): number | null =>
  erased ?? closed ?? declined ?? (sequence === undefined ? null : (left.get(sequence) ?? null));
