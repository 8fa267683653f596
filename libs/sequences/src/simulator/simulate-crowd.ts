import type { Recorded } from '@leadstream/contracts/events';
import type { LeadState } from '@leadstream/lead/state';
import type { Submission } from '@leadstream/lead/triage';
import { Agenda } from './agenda.ts';
import type { Mail } from './mail.ts';
import { SimulatedLead } from './simulated-lead.ts';
import { Turns, type Quota } from './turns.ts';
import type { Setting } from './world.ts';

/** A submission. `again`: the same lead submits once more later, so that its state is kept. */
export interface Arrival {
  leadId: string;
  atMs: number;
  submission: Submission;
  again: boolean;
}

/** Sees what happens in the order of the simulated time. */
export interface Observer {
  recorded?(event: Recorded, after: LeadState): void;
  mailed?(mail: Mail, leadId: string): void;
  /** The lead's last state; nothing more happens to it. */
  ended?(leadId: string, state: LeadState): void;
  /** After each arrival: the number of leads in memory, and of mails that wait for the quota. */
  arrived?(atMs: number, leads: number, waiting: number): void;
}

export interface CrowdSetting extends Setting {
  untilMs: number;
  quota?: Quota;
}

/**
 * Leads that share a clock and the provider's quota. Arrivals come in the order of their time and are read one by one;
 * a lead to which nothing more can happen leaves the memory.
 */
export async function simulateCrowd(
  arrivals: Iterable<Arrival> | AsyncIterable<Arrival>,
  { untilMs, quota, ...setting }: CrowdSetting,
  observer: Observer,
): Promise<void> {
  const agenda = new Agenda();
  const turns = quota && new Turns(agenda, quota);
  const leads = new Map<string, SimulatedLead>();
  const kept = new Set<string>();
  const leave = (leadId: string, lead: SimulatedLead): void => {
    observer.ended?.(leadId, lead.log.newest.state);
    leads.delete(leadId);
  };
  const touched = new Set<string>();
  const world = {
    agenda,
    untilMs,
    setting,
    ...(turns ? { turns } : {}),
    recorded: (event: Recorded, after: LeadState) => observer.recorded?.(event, after),
    settled: (leadId: string) => void touched.add(leadId),
    mailed: (mail: Mail, leadId: string) => observer.mailed?.(mail, leadId),
  };
  const settle = (): void => {
    for (const leadId of touched) {
      const lead = leads.get(leadId);
      if (lead?.isOver && !kept.has(leadId)) leave(leadId, lead);
    }
    touched.clear();
  };
  for await (const { leadId, atMs, submission, again } of arrivals) {
    if (atMs > untilMs) break;
    agenda.runUntil(atMs - 1);
    settle();
    const lead = leads.get(leadId) ?? new SimulatedLead(leadId, world);
    leads.set(leadId, lead);
    if (again) kept.add(leadId);
    else kept.delete(leadId);
    lead.submit(submission, atMs);
    observer.arrived?.(atMs, leads.size, turns?.waiting ?? 0);
  }
  agenda.runUntil(untilMs);
  for (const [leadId, lead] of leads) leave(leadId, lead);
}
