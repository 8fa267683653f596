import type { Audience, StepChannel } from '@leadstream/contracts/events';
import { GUARDS } from './guards.ts';
import { isDeclined, isHeld, isUnwanted, nextActionAt, type LeadState, type Phase, type StopWhy } from './state.ts';

/** The mover of a lead. `time`: a planned step; `service`: a service has it now; `outside`: only the lead itself. */
export type Mover = 'time' | 'service' | 'operator' | 'outside';

export interface Next {
  kind: Mover;
  /** The step concerned, by its name. */
  step: string | null;
  /** RFC 3339; null: at once, or not before something happens. */
  at: string | null;
  /** The same in the lead's own zone. */
  local: string | null;
  /** One sentence without personal data. */
  text: string;
}

/** `2026-11-23 10:00 Europe/Berlin`; seconds only where there are some. */
export function localTime(instant: string, zoneId = 'UTC'): string {
  const wall = Temporal.Instant.from(instant).toZonedDateTimeISO(zoneId).toPlainDateTime();
  const smallestUnit = wall.second === 0 ? 'minute' : 'second';
  return `${wall.toString({ smallestUnit }).replace('T', ' ')} ${zoneId}`;
}

const STOPPED: Readonly<Record<StopWhy, string>> = {
  responded: 'a person has answered',
  unsubscribed: 'the lead wants no mail',
  bounced: 'the address does not work',
  complained: 'the lead reported spam',
  erased: 'the lead is erased',
};
export const PARKED: Readonly<Record<Extract<Phase, { kind: 'parked' }>['why'], string>> = {
  unknown: 'it is unknown whether the provider took it',
  failed: 'the provider refused it for good',
  unrenderable: 'the mail has a token without a value',
};

const KINDS: Readonly<Record<StepChannel, string>> = { email: 'mail', sms: 'text' };

/** The last answer of each enricher, and its facts: `domain enriched at …: company Acme`. */
export const enrichmentLines = ({ enrichment, zone }: Pick<LeadState, 'enrichment' | 'zone'>): string[] =>
  Object.entries(enrichment).map(([enricher, { outcome, at, retryAt, facts = {} }]) => {
    const again = retryAt
      ? `, again at ${localTime(retryAt, zone?.id)}`
      : outcome === 'unavailable'
        ? ', given up'
        : '';
    const found = Object.entries(facts).map(([name, value]) => `${name} ${String(value)}`);
    const listed = found.length > 0 ? `: ${found.join(', ')}` : '';
    return `${enricher} ${outcome} at ${localTime(at, zone?.id)}${again}${listed}`;
  });

/** The reason why nothing more goes to the lead, as text; undefined: something may. */
export function unwantedWhy(state: LeadState, sequence = state.run?.sequence): string | undefined {
  if (state.stop) return STOPPED[state.stop.why];
  return isDeclined(state, sequence) ? `the lead declined ${sequence}` : undefined;
}

const heldWhy = ({ paused, unproven }: LeadState): string =>
  paused ? `paused by ${paused.by}` : `held by ${unproven.count} unproven answers`;

type Moved = Pick<Next, 'kind' | 'text'> & { at?: string | null | undefined };

/** The lead's next event and its time, if nothing else happens first. */
export function nextOf(state: LeadState): Next {
  const { phase, zone } = state;
  const { kind, text, at = null } = moved(state);
  const step = 'step' in phase ? phase.step.id : null;
  return { kind, step, at, local: at === null ? null : localTime(at, zone?.id), text };
}

function moved(state: LeadState): Moved {
  const { phase, zone } = state;
  if (phase.kind === 'none') return { kind: 'outside', text: 'nothing has begun' };
  if (phase.kind === 'completed')
    return { kind: 'outside', text: `nothing: ${unwantedWhy(state) ?? 'its run has ended'}` };
  if (phase.kind === 'enrolling')
    return { kind: 'service', text: `the scheduler plans the first step of ${phase.route.sequence}` };
  const { id, audience, channel } = phase.step;
  const what = audience === 'lead' ? `the ${KINDS[channel]} "${id}"` : `the notice "${id}" to the rep`;
  const at = (instant: string): string => localTime(instant, zone?.id);
  const waits = (moves: Moved): Moved => obstacle(state, audience, what) ?? moves;
  switch (phase.kind) {
    case 'claimed':
      return { kind: 'service', at: phase.deadline, text: `the provider’s response to ${what} is awaited` };
    case 'settled':
      return { kind: 'service', text: `the scheduler plans the step after ${what}` };
    case 'parked':
      return { kind: 'operator', text: `an operator has to settle ${what}: ${PARKED[phase.why]}` };
    case 'planned': {
      const time = nextActionAt(state) ?? phase.step.at;
      return waits({ kind: 'time', at: time, text: `${what} is due at ${at(time)}` });
    }
    case 'due':
      return waits({ kind: 'service', text: `the sender has ${what}` });
    case 'deferred':
      return waits({ kind: 'time', at: phase.retryAt, text: `${what} is tried again after ${at(phase.retryAt)}` });
    case 'held': {
      const text = `the scheduler plans ${what} again: ${GUARDS[phase.guard].says}`;
      return waits({ kind: 'service', at: phase.until, text });
    }
  }
}

function obstacle(state: LeadState, audience: Audience, what: string): Moved | undefined {
  if (isUnwanted(state, audience)) return { kind: 'outside', text: `nothing: ${unwantedWhy(state)}` };
  if (audience === 'lead' && isHeld(state))
    return { kind: 'operator', text: `${what} waits until an operator resumes the lead, ${heldWhy(state)}` };
  return undefined;
}
