import type { Data, Decision, LostPlace, Nothing, Route } from '@leadstream/contracts/events';
import { present } from './dossier.ts';
import { decideMigration, type Migration } from './migrate.ts';
import { isNotice, lastRun } from './run.ts';
import { CANARY_TAG } from './canary.ts';
import { isHeld, STOP_RULES, STOP_TAG, STOPS, type LeadState } from './state.ts';

/** A command of an operator, with its author and reason. */
export type Command = { by: string; reason?: string } & (
  | { kind: 'pause' }
  /** Ends a pause or the hold of unproven answers; an out-of-office only with `althoughAway`. */
  | { kind: 'resume'; althoughAway?: boolean }
  /** The person told one of us to stop, at this RFC 3339 instant. */
  | { kind: 'stop'; at: string }
  /** A list from elsewhere says so; the only command for an address without a lead. */
  | { kind: 'suppress'; why: Data<'lead.suppressed'>['why']; list: string }
  /**
   * `forgets`: the lead's events so far, where they hold personal data in clear. They will be deleted, and the log
   * begins anew. `replaces`: the positions of a lost log that those named.
   */
  | { kind: 'erase'; forgets?: number[]; replaces?: LostPlace[] }
  /** Without `route`: the lead's last sequence, by its route among `routes`, those of the deployed sequences. */
  | { kind: 'restart'; route: Route }
  | { kind: 'restart'; routes: readonly Route[] }
  | { kind: 'move'; route: Route; step: number }
  | ({ kind: 'migrate' } & Migration)
  | { kind: 'tag'; add: string[]; remove: string[] }
  /** The id of a deployed rep. */
  | { kind: 'assign'; rep: string }
  | { kind: 'note'; text: string }
  | { kind: 'resolve'; sendId: string; as: 'sent' | 'skipped' }
);

/** One event, or the reason why the command does not apply to the lead's state. */
export function decideCommand(state: LeadState, command: Command): Decision {
  if (command.kind === 'suppress') return suppress(state, command);
  if (!state.contact) return { nothing: 'unknown-lead' };
  // Concerns a mail and not the person: it is settled in every state of the lead.
  if (command.kind === 'resolve') return resolve(state, command);
  if (state.stop?.why === 'erased' && !(command.kind === 'erase' && command.forgets)) return { nothing: 'erased' };
  const who = { by: command.by, ...(command.reason ? { reason: command.reason } : {}) };
  switch (command.kind) {
    case 'pause':
      return state.paused ? { nothing: 'paused-already' } : { type: 'lead.paused', data: who };
    case 'resume':
      return resume(state, command, who);
    case 'stop':
      return stop(state, command, who);
    case 'erase':
      return {
        type: 'lead.erased',
        data: { ...who, ...present({ forgets: command.forgets, replaces: command.replaces }) },
      };
    case 'tag':
      return tag(state, command, who);
    case 'assign':
      return state.rep === command.rep
        ? { nothing: 'unchanged', detail: `the lead has the rep ${command.rep}` }
        : { type: 'lead.assigned', data: { rep: command.rep, ...who } };
    case 'note':
      return { type: 'lead.noted', data: { by: command.by, text: command.text } };
    case 'migrate':
      return decideMigration(state, command, who);
    case 'restart':
      return newRun(state, 'route' in command ? command.route : undefined) ?? restart(state, command, who);
    case 'move':
      return (
        newRun(state, command.route) ??
        unwanted(state, command.route) ?? {
          type: 'lead.moved',
          data: { ...who, route: command.route, step: command.step },
        }
      );
  }
}

type Of<Kind extends Command['kind']> = Extract<Command, { kind: Kind }>;
type Who = Pick<Command, 'by' | 'reason'>;

function resume(state: LeadState, { althoughAway = false }: Of<'resume'>, who: Who): Decision {
  if (!isHeld(state) && !(althoughAway && state.awayUntil)) return { nothing: state.awayUntil ? 'away' : 'not-paused' };
  const waitMs = remainingWaitMs(state);
  return { type: 'lead.resumed', data: { ...who, althoughAway, ...(waitMs === undefined ? {} : { waitMs }) } };
}

/**
 * The wait of the lead's planned mail that was left when the pause began: at most the drawn one, since hours outside of
 * the window are no part of it.
 */
function remainingWaitMs({ paused, phase, aside }: LeadState): number | undefined {
  const planned = [phase, aside?.phase].find((one) => one?.kind === 'planned' && one.step.audience === 'lead');
  if (!paused || planned?.kind !== 'planned') return undefined;
  const { at, delayMs } = planned.step;
  return Math.min(Math.max(0, Date.parse(at) - Date.parse(paused.at)), delayMs);
}

/** A stop in words replaces an answer's, and no stronger one. */
function stop(state: LeadState, { at }: Of<'stop'>, who: Who): Decision {
  if (state.stop && STOPS.indexOf(state.stop.why) >= STOPS.indexOf('unsubscribed'))
    return { nothing: 'stopped', detail: state.stop.why };
  const key = `operator/${at}`;
  if (state.known.includes(key)) return { nothing: 'known-already' };
  return { type: 'lead.unsubscribed', data: { key, provider: 'operator', at, via: 'operator', ...who } };
}

/** A stronger stop makes it needless, also an erasure. */
function suppress({ stop }: LeadState, { why, list, by }: Of<'suppress'>): Decision {
  return stop && STOPS.indexOf(stop.why) >= STOPS.indexOf(why)
    ? { nothing: stop.why === 'erased' ? 'erased' : 'stopped', detail: stop.why }
    : { type: 'lead.suppressed', data: { why, by, list } };
}

/** Only the tags that change are recorded. */
function tag({ tags }: LeadState, wanted: Of<'tag'>, who: Who): Decision {
  const reserved = [STOP_TAG, CANARY_TAG].find((one) => [...wanted.add, ...wanted.remove].includes(one));
  if (reserved) return { nothing: 'reserved-tag', detail: reserved };
  const remove = [...new Set(wanted.remove)].filter((one) => tags.includes(one));
  const add = [...new Set(wanted.add)].filter((one) => !tags.includes(one) && !wanted.remove.includes(one));
  return add.length + remove.length > 0
    ? { type: 'lead.tagged', data: { ...who, add, remove } }
    : { nothing: 'unchanged', detail: 'the lead has these tags already, or lacks them' };
}

function restart(state: LeadState, command: Of<'restart'>, who: Who): Decision {
  const route = 'route' in command ? command.route : lastRoute(state, command.routes);
  return 'nothing' in route ? route : { type: 'lead.restarted', data: { ...who, route } };
}

/** A tag that a later version of the sequence has no more still names it. */
function lastRoute(state: LeadState, routes: readonly Route[]): Data<'lead.restarted'>['route'] | Nothing {
  const last = lastRun(state);
  if (!last) return { nothing: 'no-run' };
  const ofSequence = routes.filter(({ sequence }) => sequence === last.sequence);
  const route = ofSequence.find((one) => one.tag === last.tag) ?? ofSequence[0];
  return route ? { ...route, tag: last.tag } : { nothing: 'not-deployed', detail: last.sequence };
}

/** The obstacle to a new run: an open claim could send into the old one. */
function newRun(state: LeadState, to: Route | undefined): Nothing | undefined {
  if (to && isNotice(to.sequence)) return { nothing: 'notice', detail: to.sequence };
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
  // An unknown post to a chat asks for no word: the mail that follows it may be under way.
  if (!isParked && send.channel === 'chat') return { nothing: 'not-resolvable', detail: 'chat' };
  if (reason && state.stop?.why === 'erased') return { nothing: 'reason-not-kept' };
  const { runId, step, stepId, audience, channel, attempt } = send;
  const about = { sendId, runId, step, stepId, audience, channel };
  return as === 'sent'
    ? { type: 'lead.sent', data: { ...about, attempt, provider: 'operator', evidence: 'operator', by } }
    : { type: 'lead.send-skipped', data: { ...about, guard: 'operator', ...(reason ? { reason } : {}) } };
}
