/** The words that decide, in the languages of the larger mail programs. Matched whole or at the start, never searched for. */

/** Subjects that mail programs put in front of an automatic reply. "Re: Automatic reply" is a person answering one. */
const AUTOMATIC_SUBJECTS = [
  'automatic reply', 'automatic response', 'auto reply', 'auto-reply', 'autoreply', 'auto response', 'auto-response', 'autoresponse',
  'out of office', 'out-of-office', 'out of the office',
  'automatische antwort', 'automatische rückantwort', 'abwesenheitsnotiz', 'abwesenheitsmeldung', 'abwesend',
  'réponse automatique', 'absence du bureau', 'respuesta automática', 'fuera de la oficina', 'risposta automatica', 'fuori sede', 'fuori ufficio',
  'automatisch antwoord', 'automatische beantwoording', 'afwezig', 'resposta automática', 'ausência temporária', 'autosvar', 'automatiskt svar', 'automatisk svar',
  'automaattinen vastaus', 'odpowiedź automatyczna', 'automatická odpověď', 'automatikus válasz', 'răspuns automat', 'otomatik yanıt',
  'автоматический ответ', 'автоматична відповідь', '自動応答', '自動返信', '自动答复', '自动回复', '自動回覆', '자동 회신',
];

/** What makes an automatic reply an absence rather than a receipt. Exchange's automatic replies are its out-of-office. */
const AWAY = /\bout[ -]of[ -](?:the[ -])?office\b|\bOOO\b|\baway\b|\bvacation\b|\bon (?:annual )?leave\b|\bholidays?\b|abwesen|urlaub|absen[tcz]|\bcong[ée]s?\b|vacances|vacaciones|fuera de|ausen|\bferie|fuori|afwezig|f[ée]rias|semester|отпуск|отсутств|休暇|不在|休假|부재/i;
const AWAY_SUBJECTS = /^(?:auto(?:matic|matische|matisch|matiskt?|matická|maattinen)[ -]|autosvar|(?:réponse|respuesta|resposta|risposta|odpowiedź) autom|自)/i;

/** Somebody who is gone for good, as automatic answers say it. A machine's words only: a person who writes so is a person. */
const LEFT = new RegExp([
  'no longer (?:works?|working|employed) (?:here|at|for|with|by)', 'no longer (?:with|part of|a member of|employed)',
  '(?:has|have) left (?:the |our |this )?(?:company|organi[sz]ation|firm|business|agency|team)',
  '(?:hat|habe) (?:das |unser |die )?(?:unternehmen|firma) verlassen', 'nicht mehr (?:im unternehmen|bei uns|für uns|in unserem)',
  'ne travaille plus', 'a quitté (?:l[’\']entreprise|la société)', 'ya no (?:trabaja|forma parte)', 'ha dejado la empresa',
  'non lavora più', 'ha lasciato l[’\']azienda', '(?:werkt|is) niet (?:meer|langer) (?:bij|voor|werkzaam)', 'não (?:trabalha mais|faz mais parte)',
].map((words) => `(?<!\\p{L})${words}(?!\\p{L})`).join('|'), 'iu');

/** Whole lines, without punctuation and without the words of PLEASE. */
const STOP = new Set([
  'unsubscribe', 'unsubscribe me', 'unsubscribe me from this list', 'unsubscribe from this list', 'unsubscribe me from your list', 'stop', 'stop it',
  'stop emailing me', 'stop emailing', 'stop mailing me', 'stop sending me emails', 'stop contacting me', 'do not contact me', 'do not contact me again',
  'do not email me again', 'don t contact me again', 'don t email me again', 'no more emails', 'no more mails', 'remove', 'remove me', 'remove me from your list',
  'remove me from this list', 'remove me from your mailing list', 'take me off your list', 'take me off this list', 'opt out', 'opt me out',
  'abmelden', 'abmeldung', 'abbestellen', 'austragen', 'mich abmelden', 'melden sie mich ab', 'melde mich ab', 'tragen sie mich aus', 'keine mails mehr',
  'keine e mails mehr', 'keine weiteren mails', 'keine weiteren e mails', 'keine werbung', 'stopp',
  'désabonner', 'se désabonner', 'me désabonner', 'désabonnez moi', 'désabonnement', 'désinscrire', 'me désinscrire', 'désinscrivez moi', 'désinscription',
  'darse de baja', 'darme de baja', 'dar de baja', 'baja', 'dame de baja', 'cancelar suscripción', 'cancelar la suscripción', 'no más correos',
  'cancelar inscrição', 'cancelar subscrição', 'descadastrar', 'descadastre me', 'remover', 'cancellami', 'disiscrivimi', 'disiscrizione', 'cancella iscrizione',
  'afmelden', 'uitschrijven', 'schrijf me uit', 'geen mail meer', 'avregistrera', 'avregistrera mig', 'avprenumerera', 'avmeld', 'avmeld meg', 'afmeld', 'afmeld mig',
  'peruuta tilaus', 'wypisz', 'wypisz mnie', 'odhlásit', 'leiratkozás', 'dezabonare', 'отписаться', 'отпишите меня', 'відписатися', 'aboneliği iptal et',
  '配信停止', '配信停止希望', '退订', '取消订阅', '退訂', '取消訂閱', '수신거부', '구독 취소',
]);
const PLEASE = new Set(['please', 'pls', 'bitte', 'svp', 'merci', 'por', 'favor', 'alsjeblieft', 'graag', 'prego', 'thanks', 'thank', 'you', 'danke', 'gracias', 'hi', 'hello', 'hallo']);

const LINE_LENGTH_MAX = 80;

const plain = (line: string): string => line.normalize('NFC').toLowerCase();

/** Whether a whole line, or a subject, says nothing but that its writer wants no more mail. */
export function asksToStop(line: string): boolean {
  // A quoted line is somebody else's.
  if (line.length > LINE_LENGTH_MAX || line.startsWith('>')) return false;
  const words = plain(line).split(/[^\p{L}\p{M}\p{N}]+/u).filter(Boolean);
  return STOP.has(words.join(' ')) || STOP.has(words.filter((word) => !PLEASE.has(word)).join(' '));
}

/** Whether a mail program marked the subject as an automatic reply's; Exchange often gives no other sign. */
export function isAutomaticSubject(subject: string): boolean {
  const start = plain(subject.slice(0, 100));
  return AUTOMATIC_SUBJECTS.some((words) => start.startsWith(words));
}

/** The words by which an automatic reply says that its person has left the company; of the first 4 KiB. */
export const hasLeft = (text: string): string | undefined => LEFT.exec(text.slice(0, 4_096).normalize('NFC'))?.[0];

/** Whether an automatic reply's subject speaks of an absence. */
export const isAway = (subject: string): boolean => AWAY.test(subject) || AWAY_SUBJECTS.test(subject);
