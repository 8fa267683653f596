import type { Audience } from '@leadstream/contracts/events';
import type { Planning } from '../plan.ts';
import { renderStep } from '../render.ts';
import { tokensOf } from '../template-tokens.ts';
import { tokenInputOf } from '../token-input.ts';
import type { Call } from './shell.ts';

export interface Mail {
  /** RFC 3339 instant. */
  at: string;
  /** The lead's; null when it has none. */
  timeZone: string | null;
  sequence: string;
  version: number;
  step: string;
  /** The template: the step's action or one of its variants. */
  template: string;
  audience: Audience;
  subject: string;
  sendId: string;
  /** The wait for the quota of the provider. */
  waitedMs: number;
}

export type WrittenMail = Omit<Mail, 'at' | 'sendId' | 'waitedMs'>;

export interface Mailing {
  planning: Omit<Planning, 'now' | 'draw'>;
  /** The sender's. */
  mails: { bookingUrl?: string | undefined; fromName: string; names: 'trusted' | 'always' };
}

/** The mail of a call, before its claim. Throws Unrenderable. */
export function writtenMail(
  { leadId, lead: { state }, run, step }: Omit<Call, 'sendId'>,
  { mails, planning }: Mailing,
): WrittenMail {
  const { contact, dossier, rep: id } = state;
  const sequence = planning.sequence(run.sequence, run.version);
  if (!contact || !dossier || !sequence) throw new Error(`${run.sequence} has no mail for the lead`);
  const rep = sequence.assign && planning.reps?.find((one) => one.id === id);
  const settings = { ...mails, fromName: rep?.name ?? mails.fromName };
  const tokens = tokensOf(tokenInputOf({ ...state, contact, dossier, run }, step, sequence, settings));
  return {
    timeZone: state.zone?.id ?? null,
    sequence: run.sequence,
    version: run.version,
    step: step.id,
    template: step.action,
    audience: step.audience,
    subject: renderStep(sequence, step.id, tokens, { action: step.action, leadId }).subject,
  };
}
