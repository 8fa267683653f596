import type { PlannedStep } from '@leadstream/contracts/events';
import type { Run } from '@leadstream/lead/state';
import { configs } from '../configuration.ts';
import { lineOf } from '../marked-mail.ts';
import type { Letter } from '../esp.ts';

const { FROM_EMAIL, PUBLIC_URL, SALES_REP_EMAIL } = configs.sender;

/** As much of a letter as anybody looks at. There is one lead, so its tokens need no name. */
export const letterTo = (address: string, { sequence }: Run, { action, audience }: PlannedStep): Letter => ({
  to: audience === 'staff' ? SALES_REP_EMAIL : address,
  replyTo: FROM_EMAIL,
  subject: `${sequence}/${action}`,
  text: `${lineOf(sequence, action)}\n${PUBLIC_URL}/u/token?sequence=${sequence}\n`,
});
