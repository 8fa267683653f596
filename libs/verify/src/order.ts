import { isDeepStrictEqual } from 'node:util';
import type { PlannedStep, Recorded } from '@leadstream/contracts/events';
import type { Claim } from './claims.ts';
import { isOf, type Course, type LeadPosition, type Next } from './course.ts';
import type { Finding } from './finding.ts';

/** Runs, plans and due steps, on which claims depend, without a request in the log before them. */
export function disorder(course: Course, claims: readonly Claim[]): Finding[] {
  const versions = new Map<string, number>();
  return course.flatMap(({ event, place }): Finding[] => {
    const { next } = place;
    const wrong = event.type === 'lead.migrated' ? migrated(next, event, claims, versions) : faultOf(place, event);
    for (const [runId, version] of versionsOf(event)) versions.set(runId, version);
    if (wrong === undefined) return [];
    const before = 'planSeq' in next ? [next.planSeq] : 'askSeq' in next ? [next.askSeq] : [];
    return [
      { rule: 'unplanned', leadId: event.leadId, seqs: [...before, event.seq], says: `event ${event.seq} ${wrong}` },
    ];
  });
}

function faultOf(place: LeadPosition, event: Recorded): string | undefined {
  const { next, sequences } = place;
  switch (event.type) {
    case 'lead.resumed':
      return resumed(place, event.data);
    case 'lead.enrolled':
      return begun(next, event.data);
    case 'lead.step-planned':
      return planned(next, event.data);
    case 'lead.step-due':
      return due(next, event);
    case 'lead.sequence-completed':
      return ended(next, event.data, sequences);
    case 'lead.send-skipped':
      return event.data.sendId !== undefined || (next.kind === 'sender' && isOf(next, event.data))
        ? undefined
        : `holds step ${event.data.step} back, which was not due`;
    default:
      return undefined;
  }
}

/** The version of the run that an event begins. */
function versionsOf({ id, type, data }: Recorded): [string, number][] {
  if (type === 'lead.enrolled') return [[data.runId, data.version]];
  if (type === 'lead.migrated') return [[id, data.to]];
  return type === 'lead.recovered' && data.run ? [[data.run.id, data.run.version]] : [];
}

/** Only a run under way in the version goes to another one, without a send of its step, and at the planned time. */
function migrated(
  next: Next,
  { seq, data: { runId, from, planned: plan } }: Recorded<'lead.migrated'>,
  claims: readonly Claim[],
  versions: ReadonlyMap<string, number>,
): string | undefined {
  if (!('audience' in next) || next.runId !== runId || next.kind === 'plan' || next.kind === 'outcome')
    return `moves run ${runId} to another version, and that run is not under way`;
  if (claims.some((claim) => claim.seq < seq && isOf(next, claim)))
    return `moves step ${next.step} of run ${runId} to another version, and that step has a claim`;
  if (versions.get(runId) !== from)
    return `moves run ${runId} from version ${from}, and it is of ${versions.get(runId)}`;
  return isDeepStrictEqual(placeless(plan), placeless(next.plan))
    ? undefined
    : `moves run ${runId} to another version, and to another time or recipient`;
}

/** A pause takes nothing from the wait of the mail that it stopped, and adds nothing. */
function resumed(
  { next, aside, pausedAt }: LeadPosition,
  { althoughAway, waitMs }: Recorded<'lead.resumed'>['data'],
): string | undefined {
  // Version 1 had neither.
  if (althoughAway === undefined) return undefined;
  const [waiting] = [next, aside].flatMap((one) => (one?.kind === 'time' && one.audience === 'lead' ? [one] : []));
  const leftMs =
    waiting && pausedAt !== null
      ? Math.min(Math.max(0, Date.parse(waiting.plan.at) - Date.parse(pausedAt)), waiting.plan.delayMs)
      : undefined;
  return waitMs === leftMs ? undefined : `leaves ${waitMs} ms of a wait, and the pause left ${leftMs} ms`;
}

const placeless = ({ index: _, id: __, action: ___, when: ____, exits: _____, ...plan }: PlannedStep) => plan;

function begun(
  next: Next,
  { runId, sequence, planned: { index } }: Recorded<'lead.enrolled'>['data'],
): string | undefined {
  if (next.kind !== 'enrolment' || next.runId !== runId) return `begins run ${runId}, which nothing waits for`;
  if (next.sequence !== null && next.sequence !== sequence)
    return `begins ${sequence}, and ${next.sequence} was asked for`;
  return index === next.step ? undefined : `begins with step ${index}, and step ${next.step} was asked for`;
}

function planned(next: Next, { runId, planned: plan, why }: Recorded<'lead.step-planned'>['data']): string | undefined {
  if ((next.kind !== 'plan' && next.kind !== 'again') || next.runId !== runId)
    return `plans step ${plan.index} of run ${runId}, which nothing waits for`;
  const wanted = next.kind === 'plan' ? next.step + 1 : next.step;
  if (plan.index !== wanted) return `plans step ${plan.index}, and step ${wanted} comes next`;
  if (next.kind === 'plan') return undefined;
  const wants = why === 'retry' ? [next.plan, { ...next.plan, ...keptDeadline(next.plan, plan.at) }] : [next.plan];
  if (!wants.some((want) => isDeepStrictEqual(timeless(plan), timeless(want))))
    return 'plans a step again, and not as it was planned before';
  return next.from !== null && Temporal.Instant.compare(plan.at, next.from) < 0
    ? `plans a step again for ${plan.at}, before ${next.from}, which its refusal says`
    : undefined;
}

/** A retry of a step that is left out when late keeps its deadline; older builds gave it all of its time again. */
function keptDeadline({ at, latenessMaxMs, whenLate }: PlannedStep, again: string): Partial<PlannedStep> {
  if (whenLate !== 'skip' || latenessMaxMs === undefined) return {};
  return { latenessMaxMs: Math.max(0, Date.parse(at) + latenessMaxMs - Date.parse(again)) };
}

const timeless = ({ at: _, local: __, holds: ___, ...plan }: PlannedStep) => plan;

function due(next: Next, { at, data }: Recorded<'lead.step-due'>): string | undefined {
  if ((next.kind !== 'time' && next.kind !== 'sender') || !isOf(next, data))
    return `calls step ${data.step} of run ${data.runId} due, which nothing waits for`;
  return Temporal.Instant.compare(at, next.plan.at) < 0
    ? `calls step ${data.step} due at ${at}, before its time ${next.plan.at}`
    : undefined;
}

function ended(
  next: Next,
  { runId, sequence, why }: Recorded<'lead.sequence-completed'>['data'],
  sequences: ReadonlyMap<string, string>,
): string | undefined {
  const isAwaited =
    next.kind === 'plan' ||
    next.kind === 'again' ||
    next.kind === 'enrolment' ||
    (next.kind === 'time' && why === 'exit');
  if (!isAwaited || next.runId !== runId) return `ends run ${runId} of ${sequence}, which nothing waits for`;
  const wanted = (next.kind === 'enrolment' ? next.sequence : sequences.get(runId)) ?? sequence;
  return sequence === wanted ? undefined : `ends ${sequence}, and run ${runId} is of ${wanted}`;
}
