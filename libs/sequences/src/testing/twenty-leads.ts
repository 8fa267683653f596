import { leadCreated } from '@leadstream/contracts/lead-created';
import type { Recorded } from '@leadstream/contracts/events';
import { clean } from '@leadstream/lead/hygiene';
import { BUSINESS_HOURS } from '@leadstream/lead/weeks';
import type { Folder } from '../folder.ts';
import type { Mail } from '../simulator/mail.ts';
import { simulateLead, type Given } from '../simulator/simulate-lead.ts';
import { routed } from '../submission.ts';

const ZONE = 'Europe/Berlin';
/** Winter: Berlin is an hour ahead of UTC. */
const MORNING = '2026-12-07T08:00:00Z';
const NOON = '2026-12-07T12:00:00Z';
const EVENING = '2026-12-07T17:00:00Z';
export const TWENTY_UNTIL = '2026-12-14T12:00:00Z';

interface Person {
  source: string;
  at: string;
  /** A person's answer to the latest mail. */
  repliesAt?: string;
}

/**
 * Of a Monday: eight whitepapers at 09:00 in Berlin, of whom the first answers the first mail on Tuesday; four at
 * 18:00, of whom the first answers the second mail on Friday; and eight demo requests at 13:00.
 */
const PEOPLE: readonly Person[] = [
  { source: 'whitepaper', at: MORNING, repliesAt: '2026-12-08T12:00:00Z' },
  ...Array.from({ length: 7 }, () => ({ source: 'whitepaper', at: MORNING })),
  { source: 'whitepaper', at: EVENING, repliesAt: '2026-12-11T10:00:00Z' },
  ...Array.from({ length: 3 }, () => ({ source: 'whitepaper', at: EVENING })),
  ...Array.from({ length: 8 }, () => ({ source: 'demo_request', at: NOON })),
];

/** The events of twenty leads, each lead's in its order, as the services would have written them by the folder. */
export function twentyLeads({ sequences, routes, tags, reps }: Folder): Recorded[][] {
  if (!routes) throw new Error('the folder has no routes');
  return PEOPLE.map(({ source, at, repliesAt }, index) => {
    const lead = clean(leadCreated.parse({ email: `p${index}@example.com`, timeZone: ZONE, leadData: { source } }), {
      defaultRegion: 'US',
    });
    if ('refused' in lead) throw new Error(lead.refused.reason);
    const routing = { routes, sequences, defaultTimeZone: 'UTC', at: Temporal.Instant.from(at) };
    const intake = { seq: 1 + index, key: `form/${index}`, source: 'form' };
    const given: Given[] = [
      { atMs: Date.parse(at), submission: { ...routed(lead, routing), intake, trusted: true } },
      ...(repliesAt === undefined ? [] : [{ atMs: Date.parse(repliesAt), act: replies }]),
    ];
    return [
      ...simulateLead(`lead-${index}`, given, Date.parse(TWENTY_UNTIL), {
        planning: {
          delayScale: 1,
          hours: BUSINESS_HOURS,
          sequence: (id) => sequences.find((one) => one.id === id),
          isActive: (id) => sequences.some((one) => one.id === id),
          reps: reps?.reps,
        },
        tagRules: tags?.rules,
        reenrolAfterMs: 7 * 86_400_000,
        mails: { fromName: 'Sam', names: 'always' },
      }).events,
    ];
  });
}

const replies = (last: Mail | undefined) => ({
  fact: { kind: 'replied', class: 'human', matchedBy: 'token', ...(last ? { sendId: last.sendId } : {}) } as const,
});
