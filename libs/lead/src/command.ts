import type { Decision, LostPlace, Nothing, Route } from '@leadstream/contracts/events';
import { present } from './dossier.ts';
import { decideMigration, type Migration } from './migrate.ts';
import { isHeld, STOP_RULES, type LeadState } from './state.ts';

/** A command of an operator, with its author and reason. */
export type Command = { by: string; reason?: string } & (
  | { kind: 'pause' | 'resume' }
  /**
   * `forgets`: the lead's events so far, where they hold personal data in clear. They will be deleted, and the log
   * begins anew. `replaces`: the positions of a lost log that those named.
   */
  | { kind: 'erase'; forgets?: number[]; replaces?: LostPlace[] }
  | { kind: 'restart'; route: Route }
  | { kind: 'move'; route: Route; step: number }
  | ({ kind: 'migrate' } & Migration)
  | { kind: 'tag'; add: string[]; remove: string[] }
  | { kind: 'resolve'; sendId: string; as: 'sent' | 'skipped' }
);

/** One event, or the reason why the command does not apply to the lead's state. */
export function decideCommand(state: LeadState, command: Command): Decision {
  if (!state.contact) return { nothing: 'unknown-lead' };
  // Concerns a mail and not the person: it is settled in every state of the lead.
  if (command.kind === 'resolve') return resolve(state, command);
  if (state.stop?.why === 'erased' && !(command.kind === 'erase' && command.forgets)) return { nothing: 'erased' };
  const who = { by: command.by, ...(command.reason ? { reason: command.reason } : {}) };
  switch (command.kind) {
    case 'pause':
      return state.paused ? { nothing: 'paused-already' } : { type: 'lead.paused', data: who };
    case 'resume':
      return isHeld(state) || state.awayUntil ? { type: 'lead.resumed', data: who } : { nothing: 'not-paused' };
    case 'erase':
      return {
        type: 'lead.erased',
        data: { ...who, ...present({ forgets: command.forgets, replaces: command.replaces }) },
      };
    case 'tag':
      return { type: 'lead.tagged', data: { ...who, add: command.add, remove: command.remove } };
    case 'migrate':
      return decideMigration(state, command, who);
    case 'restart':
      return newRun(state) ?? { type: 'lead.restarted', data: { ...who, route: command.route } };
    case 'move':
      return (
        newRun(state) ??
        unwanted(state, command.route) ?? {
          type: 'lead.moved',
          data: { ...who, route: command.route, step: command.step },
        }
      );
  }
}

/** The obstacle to a new run: an open claim could send into the old one. */
function newRun(state: LeadState): Nothing | undefined {
  if (state.phase.kind === 'claimed') return { nothing: 'claim-open' };
  if (state.stop && !STOP_RULES[state.stop.why].isLiftable) return { nothing: 'stopped', detail: state.stop.why };
  return undefined;
}

/** A move lifts no stop and no decline. */
function unwanted({ stop, declined }: LeadState, { sequence }: Route): Nothing | undefined {
  if (stop) return { nothing: 'stopped', detail: stop.why };
  return declined.includes(sequence) ? { nothing: 'declined', detail: sequence } : undefined;
}

/**
 * The lead may have moved on from its unknown sends by a reply, a stop or another run: then they are settled without a
 * move.
 */
function resolve(state: LeadState, { sendId, as, by, reason }: Extract<Command, { kind: 'resolve' }>): Decision {
  const send = Object.hasOwn(state.sends, sendId) ? state.sends[sendId] : undefined;
  if (!send) return { nothing: 'unknown-send', detail: sendId };
  const isParked = state.phase.kind === 'parked' && state.phase.sendId === sendId;
  if (!isParked && send.outcome !== 'unknown') return { nothing: 'not-resolvable', detail: send.outcome };
  if (reason && state.stop?.why === 'erased') return { nothing: 'reason-not-kept' };
  const { runId, step, stepId, audience, channel, attempt } = send;
  const about = { sendId, runId, step, stepId, audience, channel };
  return as === 'sent'
    ? { type: 'lead.sent', data: { ...about, attempt, provider: 'operator', evidence: 'operator', by } }
    : { type: 'lead.send-skipped', data: { ...about, guard: 'operator', ...(reason ? { reason } : {}) } };
}
