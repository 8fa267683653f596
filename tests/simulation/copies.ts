import type { Recorded } from '@leadstream/contracts/events';
import type { Stored } from './broker.ts';
import { COPY } from './esp.ts';
import { Reported } from './reported.ts';

/** Facts about the account's archive in a lead's log: the archive got a copy of the lead's mail. */
export function copyFaults(events: readonly Recorded[], feedback: readonly Stored[]): string[] {
  const ofCopies = new Set(
    feedback.filter(({ body }) => body instanceof Reported && body.report.email === COPY).map(({ seq }) => seq),
  );
  return events
    .filter(({ data }) => 'feedbackSeq' in data && data.feedbackSeq !== undefined && ofCopies.has(data.feedbackSeq))
    .map(({ seq, type }) => `${seq} is ${type} of a copy`);
}
