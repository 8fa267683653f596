import { anyOf, withoutAccents } from './text-patterns.ts';

/** Subjects that programs write, in the languages of the larger mail programs: they begin with these words. */

/** "Re: Automatic reply" is a person answering one. */
const AUTOMATIC = anyOf(
  'automatic reply|automatic response|automatic out of office|automated reply|automated response',
  'automated out of office|auto reply|auto-reply|autoreply|auto response|auto-response|autoresponse|vacation reply', 'vacation response|autoresponder',
  'automatische antwort|automatische rückantwort|automatische abwesenheit',
  'réponse automatique|reponse auto|réponse d\'absence|message d\'absence|notification d\'absence|avis d\'absence',
  'respuesta automática|contestación automática|mensaje automático', 'risposta automatica|messaggio di assenza|notifica di assenza',
  'automatisch antwoord|automatische beantwoording|automatische reactie|automatisch bericht',
  'resposta automática|resposta automàtica', 'autosvar|automatiskt svar|automatisk svar|frånvaromeddelande|fraværsmelding|fraværsbesked',
  'automaattinen vastaus|automaattivastaus|poissaoloilmoitus',
  'odpowiedź automatyczna|automatyczna odpowiedź|autoodpowiedź|automatická odpověď|automatická odpoveď',
  'automatikus válasz|răspuns automat|otomatik yanıt|otomatik cevap',
  'automatski odgovor|samodejni odgovor|automatinis atsakymas|automaatvastus|automātiskā atbilde',
  'automātiska atbilde|balasan otomatis|jawaban otomatis|trả lời tự động|thư trả lời tự động',
  'автоматический ответ|автоответ|автоматична відповідь|автоматичен отговор|аутоматски одговор|αυτόματη απάντηση',
  'תשובה אוטומטית|מענה אוטומטי|رد تلقائي|الرد التلقائي|ตอบกลับอัตโนมัติ|การตอบกลับอัตโนมัติ',
  '自動応答|自動返信|自動回信|自动答复|自动回复|自動回覆|自動回應|自動答覆|자동 회신|자동회신|자동 응답|자동응답',
);
/** What says that it is an absence, too. */
const ABSENCE = anyOf(
  'out of office|out-of-office|out of the office|i am out of|i\'m out of|i am currently out of',
  'i\'m currently out of|on vacation|on annual leave|away from my mail|away from the office|ooo',
  'abwesenheit|abwesenheitsnotiz|abwesenheitsmeldung|abwesenheitsnachricht|abwesend|nicht im büro',
  'absence du bureau|absent du bureau|absente du bureau|absent|absente', 'fuera de la oficina|fuera de oficina|ausente|ausencia',
  'fuori sede|fuori ufficio|assenza dall\'ufficio', 'afwezig|afwezigheid|afwezigheidsbericht|afwezigheidsmelding|niet aanwezig|niet op kantoor',
  'ausência|fora do escritório', 'frånvaro|frånvarande|inte på kontoret|ej på kontoret|ikke på kontoret|ikke til stede|ute av kontoret|fravær', 'poissa',
  'poza biurem|nieobecność|mimo kancelář|mimo kanceláře|nepřítomnost|házon kívül|ofis dışında|în afara biroului',
  'вне офиса|отсутствие на рабочем месте|εκτός γραφείου', '不在通知|不在のお知らせ|不在|休暇|外出|不在办公室|부재중',
);
const isAutomatic = new RegExp(`^(?:${AUTOMATIC}|${ABSENCE})(?![\\p{Script=Latin}\\p{Script=Cyrillic}])`, 'u');
const isAbsence = new RegExp(`^${ABSENCE}`, 'u');
/** Notes and Sieve put this in front of what was answered, and people who write of cars. */
const AUTO = /^auto ?: .*(?:\bis out of (?:the )?office\b|\bau(?:ß|ss)er haus\b|\babwesend\b|\bis away\b|\bnot in the office\b)/u;

const bounces = new RegExp(`^(?:${anyOf(
  'undeliverable|undelivered|undelivered mail returned to sender|mail delivery failed|mail delivery failure',
  'mail delivery system|delivery failure|delivery has failed|delivery notification: delivery has failed',
  'delivery status notification|failure notice|failed delivery|mail system error|message undeliverable',
  'returned mail|returned to sender|non-delivery|nondeliverable|mail could not be delivered|message not delivered', 'could not be delivered|delivery report',
  'unzustellbar|nicht zustellbar|unzustellbare nachricht|zustellung fehlgeschlagen|fehler bei der nachrichtenzustellung',
  'non remis|non distribuable|échec de la remise|notification d\'échec', 'no se puede entregar|no se pudo entregar|correo no entregado|devuelto',
  'non recapitabile|impossibile recapitare|mancato recapito', 'onbestelbaar|niet bezorgd', 'não é possível entregar|não entregue|falha na entrega',
  'olevererbart|kan inte levereras|ikke levert|kan ikke leveres|uleveret|ei voida toimittaa|niedostarczone',
  'niedostarczalna|nie można dostarczyć|nedoručitelné|nedoručiteľné|kézbesíthetetlen|nelivrabil|teslim edilemedi',
  'недоставлено|не удалось доставить|недоставленное сообщение|μη παραδόσιμο',
  '配信不能|配信できません|未送达|无法送达|無法傳遞|未傳遞|退信|系统退信|배달되지 않음|배달 못함',
)})`, 'u');
/** Of a delivery that may still come, or has: no bounce. */
const delivered = new RegExp(`${anyOf('delay', 'delayed', 'still being retried', 'could not send message for past', 'verzögert', 'différée', 'retardée', 'retrasado',
  'in ritardo', 'vertraagd', 'atrasada', 'fördröjd', 'forsinket', 'опоздание', 'задержка', '遅延', '延迟', '延遲')}`
  + `|^${anyOf('delivered:', 'relayed:', 'expanded:', 'successful mail delivery', 'delivery status notification (relay)', 'delivery status notification (success)',
    'zugestellt:', 'remis :', 'entregado:', '送达:', '配信済み:')}`, 'u');

const receipts = new RegExp(`^(?:${anyOf('read', 'not read', 'gelesen', 'ungelesen', 'nicht gelesen', 'lu', 'non lu', 'leído', 'no leído', 'letto', 'non letto',
  'da leggere', 'gelezen', 'niet gelezen', 'lida', 'lido', 'não lida', 'läst', 'ej läst', 'oläst', 'læst', 'lest', 'ulest', 'luettu', 'przeczytano', 'przeczytane',
  'nieprzeczytane', 'přečteno', 'прочитано', 'не прочитано', 'прочтено', '已读', '未读', '已讀', '開封済み', '既読',
  '읽음')} ?[:：]|return receipt|read receipt|lesebestätigung|empfangsbestätigung)`, 'u');
/** How their text begins: somebody who calls a mail "Read: …" does not write so. */
const ofAMessage = new RegExp(`^${anyOf('your message', 'this is a receipt', 'this is a return receipt', 'the message', 'return receipt', 'ihre nachricht',
  'dies ist eine', 'votre message', 'el mensaje', 'su mensaje', 'il messaggio', 'messaggio', 'uw bericht', 'a sua mensagem', 'sua mensagem', 'ditt meddelande',
  'meddelelsen', 'din meddelelse', 'meldingen',
  'viesti', 'wiadomość', 'twoja wiadomość', 'vaše zpráva', 'сообщение', 'ваше сообщение', '您的邮件', '邮件', '郵件', 'メッセージ', '메시지')}`, 'u');

/** Folded, and without what mail gateways put in front: `[EXTERNAL]`, `*EXT*`. */
const start = (subject: string): string => withoutAccents(subject.slice(0, 200)).replace(/^(?:\s|\[[^[\]]{1,30}\]|\*{1,3}[^*]{1,30}\*{1,3}|(?:external|extern|ext) ?:)+/, '');

/** Whether a mail program marked the subject as an automatic reply's; Exchange often gives no other sign. */
export const isAutomaticSubject = (subject: string): boolean => isAutomatic.test(start(subject)) || AUTO.test(start(subject));

/** Whether such a subject is an absence's: Exchange's own words are its out-of-office. */
export const isAbsenceSubject = (subject: string): boolean =>
  isAbsence.test(start(subject)) || AUTO.test(start(subject)) || (isAutomatic.test(start(subject)) && !/^auto(?:mated)?[- ]?re(?:ply|sponse|sponder)/.test(start(subject)));

/** Whether a mail server calls its report so. People answer these too, with a "Re:". */
export const isBounceSubject = (subject: string): boolean => bounces.test(start(subject));

/** Whether a report's subject tells of a delay or a delivery. */
export const isNoFailure = (subject: string): boolean => delivered.test(start(subject));

/** A read receipt of programs that send no RFC 8098 report. */
export const isReadReceipt = (subject: string, text: string): boolean => receipts.test(start(subject)) && ofAMessage.test(withoutAccents(text.trimStart().slice(0, 100)));
