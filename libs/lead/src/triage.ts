import type { Change, Contact, Data, Decision, Dossier, Route, Zone } from '@leadstream/contracts/events';
import { isDeclined, type LeadState } from './state.ts';

/** A submission, cleaned, with what its source makes of it. */
export interface Submission {
  contact: Contact;
  changes: Change[];
  zone: Zone;
  dossier: Dossier;
  route: Route;
  /** Where somebody goes who may not be mailed any more: their rep is told. */
  returning: Route;
  intake: Data<'lead.triaged'>['intake'];
}

/** A route change has to wait for the claim that is open: tried again, never dropped. */
export const CLAIM_OPEN = 'a claim is open';

/** A submission makes a lead, or adds to one; what it starts depends on what is under way. */
export function decideTriage(state: LeadState, submission: Submission): Decision {
  const { contact, changes, zone, dossier, route, intake } = submission;
  if (state.known.includes(intake.key)) return { nothing: 'submission is known' };
  // What an erased lead's log held is gone; a form must not fill it again by itself.
  if (state.stop?.why === 'erased') return { nothing: 'the lead is erased' };
  const tags = [route.tag];
  if (!state.contact) return { type: 'lead.triaged', data: { contact, changes, tags, zone, route, dossier, intake } };
  const { route: next, reason } = reroute(state, submission);
  if (next && state.phase.kind === 'claimed') return { nothing: CLAIM_OPEN };
  return { type: 'lead.resubmitted', data: { contact, changes, tags, zone, dossier, intake, route: next, reason } };
}

function reroute(state: LeadState, { route, returning }: Submission): { route: Route | null; reason: string } {
  const underWay = routeUnderWay(state);
  const no = state.stop ? `the lead is ${state.stop.why}` : state.declined.includes(route.sequence) ? `the lead has declined ${route.sequence}` : undefined;
  if (no && underWay?.sequence === returning.sequence) return { route: null, reason: 'the rep is being told already' };
  // What a lead that is not stopped still wants is not taken from it by what it has declined.
  if (!state.stop && underWay && route.rank <= underWay.rank) return { route: null, reason: `${underWay.sequence} is under way` };
  if (no) return { route: returning, reason: `${no}: the rep is told, no mail goes to the lead` };
  return { route, reason: underWay ? `${route.sequence} outranks ${underWay.sequence}` : 'no run was under way' };
}

/** null: none is; nor is one that the lead has declined, and of which only a send is still to be settled. */
function routeUnderWay(state: LeadState): Route | null {
  const { phase, run } = state.aside ?? state;
  if (phase.kind === 'enrolling') return phase.route;
  if (phase.kind === 'none' || phase.kind === 'completed' || !run) return null;
  return isDeclined(state) && phase.step.audience === 'lead' ? null : run.route;
}
