import { REPLY_TEXT_MAX, type Data } from '@leadstream/contracts/events';
import { spokenIn } from './heard.ts';
import type { LeadState } from './state.ts';

/** The words of a submission that a person has not read yet, a line each; undefined: none. */
export function newsIn(
  state: Pick<LeadState, 'heard' | 'contact' | 'dossier'>,
  said: Pick<Data<'lead.resubmitted'>, 'contact' | 'dossier'>,
): string | undefined {
  const news = spokenIn(said).filter(({ key }) => !state.heard.includes(key));
  if (news.length === 0) return undefined;
  const before = new Map(spokenIn(state).map(({ name, text }) => [name, text]));
  const lines = news.map(({ name, text }) => {
    const older = before.get(name);
    return `${name}: ${text}${older === undefined ? '' : `\n(${name} before: ${older})`}`;
  });
  return lines.join('\n').slice(0, REPLY_TEXT_MAX).toWellFormed();
}
