import type { Report } from './report.ts';

/** The changes of a zone's clock in the simulated time, with the mails of that local day. */
export function clockChangesOf(
  zone: string,
  { from, until }: { from: string; until: string },
  mailsOn: (day: string) => number,
): Report['clockChanges'] {
  const found: Report['clockChanges'] = [];
  let at = Temporal.Instant.from(from).toZonedDateTimeISO(zone);
  for (;;) {
    const next = at.getTimeZoneTransition('next');
    if (!next || Temporal.Instant.compare(next.toInstant(), Temporal.Instant.from(until)) > 0) return found;
    found.push({
      zone,
      at: next.toInstant().toString(),
      from: next.subtract({ milliseconds: 1 }).offset,
      to: next.offset,
      mails: mailsOn(next.toPlainDate().toString()),
    });
    at = next;
  }
}
