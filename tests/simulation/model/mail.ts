import type { PlannedStep } from '@leadstream/contracts/events';
import type { Run } from '@leadstream/lead/state';
import { configs } from '../configuration.ts';
import { markLine } from '../marked-mail.ts';
import type { OutgoingMail } from '../esp.ts';

const { FROM_EMAIL, PUBLIC_URL, SALES_REP_EMAIL } = configs.sender;

/** The fields of a mail that the simulation reads. A run has one lead, so tokens need no lead id. */
export const mailTo = (address: string, { sequence }: Run, { action, audience }: PlannedStep): OutgoingMail => ({
  to: audience === 'staff' ? SALES_REP_EMAIL : address,
  replyTo: FROM_EMAIL,
  subject: `${sequence}/${action}`,
  text: `${markLine(sequence, action)}\n${PUBLIC_URL}/u/token?sequence=${sequence}\n`,
});
