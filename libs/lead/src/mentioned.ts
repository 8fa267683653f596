import type { Recorded } from '@leadstream/contracts/events';

const WORD_LENGTH_MIN = 2;

/** Whether a text that stays readable has an address in it, or a name or phone number of the lead's submissions. */
export function mentionsPerson(events: readonly Recorded[], text: string): boolean {
  const contacts = events.flatMap((event) =>
    event.type === 'lead.triaged' || event.type === 'lead.resubmitted' ? [event.data.contact] : [],
  );
  const words = contacts.flatMap((contact) =>
    [contact.firstName, contact.lastName, contact.phone].flatMap((word) =>
      word && word.length >= WORD_LENGTH_MIN ? [word.toLowerCase()] : [],
    ),
  );
  const said = text.toLowerCase();
  const isWord = (word: string) =>
    said.split(/[^\p{L}\p{N}\p{M}+'’-]+/u).includes(word) || (/[^\p{L}]/u.test(word) && said.includes(word));
  return /\S@\S/.test(text) || words.some(isWord);
}
