import type { Recorded } from '@leadstream/contracts/events';

/** The course of a lead: its mails, the plans before them, and what held them back. */
export interface Course {
  status: string;
  mails: string[];
  plans: string[];
  held: string[];
}

/** Read from the lead's events alone; `subjectOf` is undefined for a send that the provider did not take. */
export function courseOf(
  events: readonly Recorded[],
  status: string,
  subjectOf: (sendId: string) => string | undefined,
): Course {
  const sequences = new Map<string, string>();
  const course: Course = { status, mails: [], plans: [], held: [] };
  for (const event of events) {
    if (event.type === 'lead.enrolled') sequences.set(event.data.runId, event.data.sequence);
    if (event.type === 'lead.enrolled' || event.type === 'lead.step-planned') {
      const { id, delayMs, local, action } = event.data.planned;
      course.plans.push(`${event.at} ${id} ${action} +${delayMs} ms → ${local}`);
    }
    if (event.type === 'lead.send-skipped') course.held.push(`${event.at} ${event.data.stepId} ${event.data.guard}`);
    if (event.type !== 'lead.send-started') continue;
    const { runId, stepId, sendId, action, audience } = event.data;
    const subject = subjectOf(sendId);
    if (subject !== undefined)
      course.mails.push(`${event.at} ${sequences.get(runId)}/${stepId} ${action} to ${audience}: ${subject}`);
  }
  return course;
}
