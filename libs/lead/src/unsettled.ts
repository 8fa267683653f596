import type { Recorded } from '@leadstream/contracts/events';
import { stateAfter } from './evolve.ts';
import { GUARDS } from './guards.ts';
import { isUnsettled, statusOf } from './state.ts';

/** A send that only an operator, or the provider's own event, can settle. */
export interface Unsettled {
  leadId: string;
  status: string;
  /** The send's own run, possibly an earlier one. */
  sequence: string | null;
  step: string;
  /** null: no send was claimed, because the mail could not be composed. */
  sendId: string | null;
  why: 'unknown' | 'failed' | 'unrenderable';
  /** True while the run waits for it; otherwise the lead has continued without an outcome. */
  parked: boolean;
  since: string;
  class: string | null;
  reason: string | null;
}

/** All unsettled sends of the lead with these events, oldest first. */
export function unsettledOf(events: readonly Recorded[]): Unsettled[] {
  const state = stateAfter(events);
  const { phase, run, sends } = state;
  const found: (Pick<Unsettled, 'sendId' | 'step' | 'why' | 'parked'> & { runId: string | undefined })[] = [
    ...(phase.kind === 'parked'
      ? [{ sendId: phase.sendId, step: phase.step.id, why: phase.why, parked: true, runId: run?.id }]
      : []),
    ...Object.entries(sends)
      .filter(([sendId, send]) => isUnsettled(send) && !('sendId' in phase && phase.sendId === sendId))
      .map(([sendId, { stepId, runId }]) => ({ sendId, step: stepId, why: 'unknown' as const, parked: false, runId })),
  ];
  return found
    .map(({ runId, ...send }) => ({
      leadId: events[0]?.leadId ?? '',
      status: statusOf(state),
      sequence: sequenceOf(events, runId),
      ...send,
      ...told(events, send.sendId),
    }))
    .sort((a, b) => Date.parse(a.since) - Date.parse(b.since));
}

const sequenceOf = (events: readonly Recorded[], runId: string | undefined): string | null =>
  events
    .filter((event) => event.type === 'lead.enrolled' || event.type === 'lead.migrated')
    .find(({ id, type, data }) => (type === 'lead.migrated' ? id : data.runId) === runId)?.data.sequence ?? null;

function told(events: readonly Recorded[], sendId: string | null): Pick<Unsettled, 'since' | 'class' | 'reason'> {
  const event = events.findLast(
    (each): each is Recorded<'lead.send-unknown' | 'lead.send-failed' | 'lead.send-skipped'> =>
      sendId === null
        ? each.type === 'lead.send-skipped' && GUARDS[each.data.guard].ends === 'unrenderable'
        : (each.type === 'lead.send-unknown' || each.type === 'lead.send-failed') && each.data.sendId === sendId,
  );
  return {
    since: event?.at ?? '',
    class: (event && 'class' in event.data ? event.data.class : null) ?? null,
    reason: event?.data.reason ?? null,
  };
}
