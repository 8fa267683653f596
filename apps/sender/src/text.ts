import type { PlannedStep } from '@leadstream/contracts/events';
import { openUntil } from '@leadstream/lead/hours';
import type { LeadState } from '@leadstream/lead/state';
import type { Sms } from '@leadstream/providers/port';
import type { Rep } from '@leadstream/sequences/reps';
import type { Sequence } from '@leadstream/sequences/definition';
import { mailHash, partyHash, type MailHash } from '@leadstream/sequences/mail-hash';
import { renderStep, Unrenderable } from '@leadstream/sequences/render';
import { tokensOf } from '@leadstream/sequences/template-tokens';
import { tokenInputOf } from '@leadstream/sequences/token-input';
import type { Config } from './config.ts';

/** A gateway's longest; also where a step has no hours, which lint allows no text. */
const VALIDITY_SECONDS_MAX = 36_000;

/** A text before its call, which may come minutes later. `until`: the end of its step's hours. */
export type UnsentText = Omit<Sms, 'sendId' | 'leadId' | 'validitySeconds'> & { until: Temporal.Instant | null };

/** The text of one step without its ids. Throws Unrenderable when a value is missing. */
export function composeText(
  leadId: string,
  state: LeadState,
  step: PlannedStep,
  sequence: Sequence,
  config: Config,
  rep: Rep | undefined,
  now: Temporal.Instant,
): UnsentText & { hash: MailHash } {
  const { contact, dossier, run } = state;
  if (!contact || !dossier || !run) throw new Unrenderable('the lead has no contact, dossier or run');
  if (contact.email === '') throw new Unrenderable('the key of the lead’s personal data is destroyed');
  const settings = {
    bookingUrl: config.BOOKING_URL,
    fromName: (sequence.assign && rep?.name) ?? config.FROM_NAME,
    names: config.NAMES,
  };
  const tokens = tokensOf(tokenInputOf({ ...state, contact, dossier, run }, step, sequence, settings));
  const mail = renderStep(sequence, step.id, tokens, { action: step.action, leadId });
  // A lead without a number gets none: the claim's guard says so.
  const until = endOf(state, step, now);
  const to = contact.phone ?? '';
  return { to, text: mail.text, until, hash: { ...mailHash(leadId, mail), ...partyHash(leadId, { to }) } };
}

const endOf = ({ zone }: LeadState, { window }: PlannedStep, now: Temporal.Instant): Temporal.Instant | null =>
  window && zone ? openUntil(now, zone.id, window) : null;

/** A text that a phone does not take in its hours is dropped, and does not arrive at night. */
export function validityOf({ until }: UnsentText, now: Temporal.Instant): number {
  if (!until) return VALIDITY_SECONDS_MAX;
  const leftMs = until.epochMilliseconds - now.epochMilliseconds;
  return Math.min(Math.max(Math.floor(leftMs / 1_000), 1), VALIDITY_SECONDS_MAX);
}
