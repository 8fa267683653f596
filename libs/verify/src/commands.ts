import type { EventType, Recorded } from '@leadstream/contracts/events';
import type { Course, LeadPosition } from './course.ts';
import type { Finding } from './finding.ts';
import { heldBy, stopOf } from './standing.ts';

/** As docs/sequences.md names it; stops set it and restarts remove it. */
const STOP_TAG = 'STOP_SEQUENCE';
/** Sequences that only a reply or a submission starts. */
const NOTICES: readonly string[] = ['reply-notice', 'unproven-answers', 'news-notice'];

/** Operators' commands that the lead's position did not allow. */
export const commandFaults = (course: Course): Finding[] =>
  course.flatMap(({ event, place }): Finding[] => {
    if (event.type === 'lead.unsubscribed' && event.data.via !== 'operator') return [];
    const wrong = faultOf(place, event);
    const says = `event ${event.seq} ${wrong}`;
    return wrong === undefined ? [] : [{ rule: 'command', leadId: event.leadId, seqs: [event.seq], says }];
  });

function faultOf<K extends EventType>(place: LeadPosition, event: Recorded<K>): string | undefined {
  const check = CHECKS[event.type];
  if (!check) return undefined;
  return place.standing.erased === null ? check(place, event) : 'is a command to a lead that was erased';
}

type Check<K extends EventType> = (place: LeadPosition, event: Recorded<K>) => string | undefined;
const always = () => undefined;

const besideStop = ({ standing }: LeadPosition): string | undefined =>
  standing.closed === null ? undefined : 'stops a lead that may get no mail any more';

/** The obstacles to each command; null: no command, or one that every lead may get. */
const CHECKS: { readonly [K in EventType]: Check<K> | null } = {
  'lead.paused': ({ standing }) => (standing.paused === null ? undefined : 'pauses a lead that is paused'),
  // Version 1 always ended an absence, too.
  'lead.resumed': ({ standing }, { data: { althoughAway = true } }) =>
    heldBy(standing) === null && !(althoughAway && standing.awayUntil !== null)
      ? 'resumes a lead that nothing holds'
      : undefined,
  'lead.restarted': (place, { data: { route } }) =>
    place.standing.closed === null ? newRun(place, route) : 'restarts a lead that may get no mail any more',
  'lead.moved': (place, { data: { route } }) =>
    stopOf(place.standing, route.sequence) === null ? newRun(place, route) : 'moves a lead that wants no such mail',
  'lead.migrated': always,
  'lead.tagged': (_, { data: { add, remove } }) =>
    [...add, ...remove].includes(STOP_TAG) ? `changes the tag ${STOP_TAG}` : undefined,
  'lead.assigned': always,
  'lead.noted': always,
  'lead.unsubscribed': besideStop,
  'lead.suppressed': besideStop,
  'lead.erased': null,
  'lead.enriched': null,
  'lead.triaged': null,
  'lead.resubmitted': null,
  'lead.enrolled': null,
  'lead.step-due': null,
  'lead.send-started': null,
  'lead.sent': null,
  'lead.send-deferred': null,
  'lead.send-failed': null,
  'lead.send-skipped': null,
  'lead.send-unknown': null,
  'lead.step-planned': null,
  'lead.sequence-completed': null,
  'lead.delivered': null,
  'lead.opened': null,
  'lead.clicked': null,
  'lead.bounced': null,
  'lead.undelivered': null,
  'lead.complained': null,
  'lead.replied': null,
  'lead.lapsed': null,
  'lead.recovered': null,
};

/** The claim could send into the run that was left. */
function newRun({ next }: LeadPosition, { sequence }: { sequence: string }): string | undefined {
  if (next.kind === 'outcome') return 'begins another run beside an open claim';
  return NOTICES.includes(sequence) ? `begins ${sequence}, which only a reply or a submission starts` : undefined;
}
