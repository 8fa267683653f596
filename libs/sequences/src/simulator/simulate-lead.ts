import type { Recorded } from '@leadstream/contracts/events';
import type { LeadState } from '@leadstream/lead/state';
import type { Submission } from '@leadstream/lead/triage';
import { Agenda } from './agenda.ts';
import type { Mail } from './mail.ts';
import { SimulatedLead } from './simulated-lead.ts';
import type { Act, Setting } from './world.ts';

/** An input at a time, whatever the lead was sent; an act is told the lead's latest mail. */
export type Given = { atMs: number } & ({ submission: Submission } | { act: (last: Mail | undefined) => Act });

/**
 * One lead from its first submission to `untilMs`, decided by the services' deciders on a clock of its own: a plan is
 * hunted in the millisecond in which it is due. Throws an error when the deciders do not come to an end.
 */
export function simulateLead(
  leadId: string,
  given: readonly Given[],
  untilMs: number,
  setting: Setting,
): { mails: Mail[]; events: readonly Recorded[]; state: LeadState } {
  const [events, mails]: [Recorded[], Mail[]] = [[], []];
  const agenda = new Agenda();
  const lead = new SimulatedLead(leadId, {
    agenda,
    untilMs,
    setting,
    recorded: (event) => void events.push(event),
    mailed: (mail) => void mails.push(mail),
  });
  for (const one of given)
    if ('submission' in one) lead.submit(one.submission, one.atMs);
    else lead.act(one.act, one.atMs);
  agenda.runUntil(untilMs);
  return { mails, events, state: lead.log.newest.state };
}
