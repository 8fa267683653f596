import type { Recorded } from '@leadstream/contracts/events';

const LENGTH_MAX = 80;

/**
 * The name under which the lead's source is paused, `<caller> <tag>`: implemented from ADR 25 independently of the code
 * that pauses.
 */
export function sourceOf(events: readonly Recorded[]): string {
  const [caller, tag] = events.reduce<[string | undefined, string | undefined]>(
    (origin, { type, data }) => {
      if (type === 'lead.triaged') return [data.intake.source, data.route.tag];
      if (type === 'lead.resubmitted') return data.route ? [data.intake.source, data.route.tag] : origin;
      return type === 'lead.recovered' && data.origin ? [data.origin.caller, data.origin.tag] : origin;
    },
    [undefined, undefined],
  );
  return `${caller || 'unknown'} ${tag ?? 'unknown'}`.replace(/[^!#-[\]-~ ]/g, '?').slice(0, LENGTH_MAX);
}
