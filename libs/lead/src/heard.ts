import type { Contact, Data, Dossier } from '@leadstream/contracts/events';
import { hmac } from './hmac.ts';
import { folded, meaningOf } from './intake/names.ts';

/** Keys of the texts and numbers that a lead keeps: an older one is at worst news again. */
export const HEARD_MAX = 50;

type Said = Pick<Data<'lead.resubmitted'>, 'contact' | 'dossier'>;

/** Parts of the names of fields for a message. */
const MESSAGES = [
  'message, comment, question, remark, notes, inquiry, enquiry, request, nachricht, anfrage, bemerkung, mitteilung',
  'mensaje, comentario, consulta, messaggio, richiesta, mensagem, demande, bericht, opmerking, wiadomość, mesaj, ' +
    'zpráva',
  'meddelande, besked, viesti, üzenet, сообщение, комментарий, メッセージ, 問い合わせ, 留言, 消息, 문의, 메시지, رسالة, הודעה',
].flatMap((list) => list.split(', ').map(folded));
const WORD = /\p{L}{2,}/gu;
/** A phrase in a script without spaces. */
const PHRASE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]{6}/u;
/** A program's own description, as forms send it in a hidden field. */
const PROGRAM = /^Mozilla\//;

export interface Spoken {
  name: string;
  text: string;
  /** Represents the text in the state, whatever its case and spaces. */
  key: string;
}

const spoken = (name: string, text: string): Spoken => {
  const number = meaningOf(name)?.known === 'phone' ? text.replace(/\D/g, '') : '';
  const said = number || text.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim();
  return { name, text: text.trim(), key: hmac('heard', said).slice(0, 16) };
};

/** The words to a person in a submission: the phone number and every text that is one. */
export function spokenIn({ contact, dossier }: { contact: Contact | null; dossier: Dossier | null }): Spoken[] {
  const fields = [...Object.entries(dossier?.fields ?? {}), ...Object.entries(dossier?.other ?? {})];
  const texts = fields.flatMap(([name, value]) =>
    [value].flat().flatMap((one) => (typeof one === 'string' && isSpoken(name, one) ? [spoken(name, one)] : [])),
  );
  return [...(contact?.phone ? [spoken('phone', contact.phone)] : []), ...texts];
}

const isSpoken = (name: string, text: string): boolean =>
  text.trim() !== '' &&
  !PROGRAM.test(text) &&
  (MESSAGES.some((part) => folded(name).includes(part)) ||
    meaningOf(name)?.known === 'phone' ||
    PHRASE.test(text) ||
    hasWords(text.trim()));

/** An id, a date or a link has no two words. */
const hasWords = (text: string): boolean => /\s/.test(text) && (text.match(WORD)?.length ?? 0) > 1;

/** The keys of all that was said to a person until now, the latest last. */
export const heardAfter = (heard: readonly string[], said: Said): string[] =>
  [...new Set([...heard, ...spokenIn(said).map(({ key }) => key)])].slice(-HEARD_MAX);
