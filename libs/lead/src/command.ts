import type { Decision, Route } from '@leadstream/contracts/events';
import { CLAIM_OPEN, ERASED } from './triage.ts';
import { isHeld, SENDS_MAX, STOP_RULES, type LeadState } from './state.ts';

/** What an operator asks for, with who asks and why. */
export type Command = { by: string; reason?: string } & (
  | { kind: 'pause' | 'resume' }
  /** `forgets`: its events so far, where they hold personal data in clear: they will be deleted, and its log begins anew. */
  | { kind: 'erase'; forgets?: number[] }
  | { kind: 'restart'; route: Route }
  | { kind: 'move'; route: Route; step: number }
  | { kind: 'tag'; add: string[]; remove: string[] }
  | { kind: 'resolve'; sendId: string; as: 'sent' | 'skipped' }
);

/** One event, or the reason why the lead can't be treated so as it stands. */
export function decideCommand(state: LeadState, command: Command): Decision {
  if (!state.contact) return { nothing: 'no such lead' };
  // About a mail, and not about the person: it is settled whatever the lead is.
  if (command.kind === 'resolve') return resolve(state, command);
  if (state.stop?.why === 'erased' && !(command.kind === 'erase' && command.forgets)) return { nothing: ERASED };
  const who = { by: command.by, ...(command.reason ? { reason: command.reason } : {}) };
  switch (command.kind) {
    case 'pause': return state.paused ? { nothing: 'paused already' } : { type: 'lead.paused', data: who };
    case 'resume': return isHeld(state) || state.awayUntil ? { type: 'lead.resumed', data: who } : { nothing: 'not paused' };
    case 'erase': return { type: 'lead.erased', data: { ...who, ...(command.forgets ? { forgets: command.forgets } : {}) } };
    case 'tag': return { type: 'lead.tagged', data: { ...who, add: command.add, remove: command.remove } };
    case 'restart': return newRun(state) ?? { type: 'lead.restarted', data: { ...who, route: command.route } };
    case 'move': return newRun(state) ?? unwanted(state, command.route) ?? { type: 'lead.moved', data: { ...who, route: command.route, step: command.step } };
  }
}

/** What stands against a new run: a claim in flight could send into the old one. */
function newRun(state: LeadState): { nothing: string } | undefined {
  if (state.phase.kind === 'claimed') return { nothing: CLAIM_OPEN };
  if (state.stop && !STOP_RULES[state.stop.why].isLiftable) return { nothing: `the lead is ${state.stop.why}` };
  return undefined;
}

/** A move lifts nothing that the lead has said. */
function unwanted({ stop, declined }: LeadState, { sequence }: Route): { nothing: string } | undefined {
  if (stop) return { nothing: `the lead is ${stop.why}` };
  return declined.includes(sequence) ? { nothing: `the lead has declined ${sequence}; a restart lifts that` } : undefined;
}

/** The lead may have gone on without its unknown sends, by an answer, a stop or another run: they are settled all the same, and move nothing. */
function resolve(state: LeadState, { sendId, as, by, reason }: Extract<Command, { kind: 'resolve' }>): Decision {
  const send = Object.hasOwn(state.sends, sendId) ? state.sends[sendId] : undefined;
  if (!send) return { nothing: `${sendId} is none of the last ${SENDS_MAX} sends of this lead, and it remembers no others` };
  const isParked = state.phase.kind === 'parked' && state.phase.sendId === sendId;
  if (!isParked && send.outcome !== 'unknown') return { nothing: `the send is ${send.outcome}; only one whose outcome is unknown, or that its run is parked on, can be resolved` };
  if (reason && state.stop?.why === 'erased') return { nothing: 'the lead is erased, so no reason is kept of it: leave it out' };
  const { runId, step, stepId, audience, channel, attempt } = send;
  const about = { sendId, runId, step, stepId, audience, channel };
  return as === 'sent'
    ? { type: 'lead.sent', data: { ...about, attempt, provider: 'operator', evidence: 'operator', by } }
    : { type: 'lead.send-skipped', data: { ...about, guard: 'operator', ...(reason ? { reason } : {}) } };
}
