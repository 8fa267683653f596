import type { PlannedStep } from '@leadstream/contracts/events';
import type { LeadState, Run } from '@leadstream/lead/state';
import { configs, REPS } from '../configuration.ts';
import { markLine } from '../marked-mail.ts';
import type { OutgoingMail } from '../esp.ts';
import type { OutgoingText } from '../gateway.ts';

const { FROM_EMAIL, PUBLIC_URL, SALES_REP_EMAIL } = configs.sender;
const emailOf = (id: string | null): string => REPS.find((rep) => rep.id === id)?.email ?? SALES_REP_EMAIL;

/** The fields of a mail that the simulation reads. A run has one lead, so tokens need no lead id. */
export const mailTo = (
  { contact, rep }: LeadState,
  { sequence }: Run,
  { action, audience }: PlannedStep,
): OutgoingMail => ({
  to: audience === 'staff' ? emailOf(rep) : (contact?.email ?? ''),
  replyTo: { email: FROM_EMAIL },
  subject: `${sequence}/${action}`,
  text: `${markLine(sequence, action)}\n${PUBLIC_URL}/u/token?sequence=${sequence}\n`,
});

/** The same of a text. */
export const textTo = ({ contact }: LeadState, { sequence }: Run, { action }: PlannedStep): OutgoingText => ({
  to: contact?.phone ?? '',
  text: markLine(sequence, action),
});
