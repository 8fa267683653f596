import { eventually } from '@leadstream/testing/eventually';
import { freshEmail, lead, mailsTo, type Stack } from './stack.ts';

/** A lead that has its first mail, and waits for the second. */
export async function withFirstMail(stack: Stack) {
  const email = freshEmail();
  await stack.post(lead(email, 'whitepaper'));
  await stack.lead(email, ({ step, phase }) => step === 1 && phase === 'planned');
  return { email, mail: await eventually(() => mailsTo(stack.sandbox, email)[0]) };
}

/** Waits until the lead has this status and nothing is planned for it. */
export const stopped = (stack: Stack, email: string, status: string) =>
  stack.lead(email, (shown) => shown['status'] === status && shown['nextActionAt'] === null);
