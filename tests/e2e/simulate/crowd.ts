import type { Recorded } from '@leadstream/contracts/events';
import { leadCreated } from '@leadstream/contracts/lead-created';
import type { ProviderResponse } from '@leadstream/lead/claim';
import { clean } from '@leadstream/lead/hygiene';
import { statusOf } from '@leadstream/lead/state';
import { BUSINESS_HOURS } from '@leadstream/lead/weeks';
import type { Folder } from '@leadstream/sequences/folder';
import type { Routes } from '@leadstream/sequences/definition';
import { simulateCrowd, type Arrival } from '@leadstream/sequences/simulator/simulate-crowd';
import type { Setting } from '@leadstream/sequences/simulator/world';
import { routed } from '@leadstream/sequences/submission';
import { exampleSettings } from '@leadstream/testing/example-settings';
import { BOOKING_URL, lead } from '../stack.ts';
import { courseOf, type Course } from './course.ts';
import { actOf, TICK_MS, type Answer } from './fates.ts';
import type { Person } from './pipeline.ts';

const RESPONSES = {
  'rate-limited': { response: { kind: 'refused', class: 'rate-limited' } },
  'server-error': { response: { kind: 'refused', class: 'server-error' } },
  permanent: { response: { kind: 'permanent', class: 'permanent' } },
  timeout: { response: { kind: 'unknown', class: 'timeout' } },
  'timeout, but taken': { response: { kind: 'unknown', class: 'timeout' }, isTaken: true },
} satisfies Record<Answer, { response: ProviderResponse; isTaken?: boolean }>;

const DAY_MS = 86_400_000;

/** The same leads in the simulator. */
export async function simulated(
  people: readonly Person[],
  idOf: (email: string) => string,
  folder: Folder,
  untilMs: number,
): Promise<Map<string, Course>> {
  const persons = new Map(people.map((person) => [idOf(person.email), person]));
  const events = new Map<string, Recorded[]>();
  const subjects = new Map<string, string>();
  const courses = new Map<string, Course>();
  const subjectOf = (sendId: string) => subjects.get(sendId);
  await simulateCrowd(
    arrivalsOf(people, idOf, folder),
    { ...settingOf(folder, persons), untilMs },
    {
      recorded: (event) => void events.set(event.leadId, [...(events.get(event.leadId) ?? []), event]),
      mailed: ({ sendId, subject }) => void subjects.set(sendId, subject),
      ended: (leadId, state) =>
        void courses.set(leadId, courseOf(events.get(leadId) ?? [], statusOf(state), subjectOf)),
    },
  );
  return courses;
}

function settingOf({ sequences, reps }: Folder, persons: ReadonlyMap<string, Person>): Setting {
  const [calls, mails] = [new Map<string, number>(), new Map<string, number>()];
  const next = (of: Map<string, number>, leadId: string): number => {
    const value = (of.get(leadId) ?? 0) + 1;
    of.set(leadId, value);
    return value;
  };
  return {
    tickMs: TICK_MS,
    reenrolAfterMs: 7 * DAY_MS,
    planning: {
      delayScale: 1,
      hours: BUSINESS_HOURS,
      sequence: (id) => sequences.find((one) => one.id === id),
      isActive: (id) => sequences.some((one) => one.id === id),
      reps: reps?.reps,
    },
    mails: { bookingUrl: BOOKING_URL, fromName: exampleSettings('tests').FROM_NAME, names: 'always' },
    respond: ({ audience }, leadId) => {
      const answers = persons.get(leadId)?.fate.answers;
      const answer = audience === 'lead' && answers ? answers[next(calls, leadId) - 1] : undefined;
      return answer && RESPONSES[answer];
    },
    react: ({ audience, sendId }, leadId) => [
      { afterMs: 0, act: { fact: { kind: 'delivered', sendId } } },
      ...(audience === 'lead' ? (persons.get(leadId)?.fate.after?.[next(mails, leadId)] ?? []) : []).map((due) => ({
        afterMs: due.afterTicks * TICK_MS,
        act: actOf(due, sendId, sequences),
      })),
    ],
  };
}

function arrivalsOf(people: readonly Person[], idOf: (email: string) => string, { routes, sequences }: Folder) {
  const submissions = people.flatMap((person) => {
    const { fate, arrivesMs, source } = person;
    const later = fate.submitsAgain;
    return [
      { person, source, atMs: arrivesMs, again: later !== undefined },
      ...(later ? [{ person, source: later.source, atMs: arrivesMs + later.afterTicks * TICK_MS, again: false }] : []),
    ];
  });
  return submissions
    .sort((a, b) => a.atMs - b.atMs)
    .map(({ person: { email, timeZone }, source, atMs, again }, index): Arrival => {
      const cleaned = clean(leadCreated.parse(lead(email, source, { timeZone })), { defaultRegion: 'DE' });
      if ('refused' in cleaned) throw new Error(cleaned.refused.reason);
      const at = Temporal.Instant.fromEpochMilliseconds(atMs);
      const submission = {
        ...routed(cleaned, { routes: routes as Routes, sequences, defaultTimeZone: 'Europe/Berlin', at }),
        intake: { seq: index + 1, key: `form/${index}`, source: 'form' },
        trusted: true,
      };
      return { leadId: idOf(email), atMs, submission, again };
    });
}
