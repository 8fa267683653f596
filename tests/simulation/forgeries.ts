import type { Recorded } from '@leadstream/contracts/events';
import type { Shown } from './runtime.ts';

const DAY_MS = 86_400_000;

/** Unproven replies: the rep is notified once a day at most, and only a proven reply sets the status `responded`. */
export function forgeryFaults(events: readonly Recorded[], seen: readonly Shown[]): string[] {
  const answers = events.filter((event): event is Recorded<'lead.replied'> => event.type === 'lead.replied');
  const notices = answers
    .filter(({ data }) => data.authenticated === false && data.tellRep)
    .map(({ seq, data }) => ({ seq, ms: Date.parse(data.at) }));
  const hasAnswered = answers.some(
    ({ data }) => data.authenticated !== false && (data.class === 'human' || data.class === 'left'),
  );
  return [
    ...notices.flatMap(({ seq, ms }, index) =>
      notices.slice(0, index).some((before) => ms - before.ms < DAY_MS)
        ? [`${seq} tells the rep of unproven answers for the second time in a day`]
        : [],
    ),
    ...(hasAnswered
      ? []
      : seen
          .filter(({ status }) => status === 'responded')
          .map(() => 'the lead has answered by an answer that nothing proves')),
  ];
}
