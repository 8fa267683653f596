import { anyOf, wholeWords, withoutAccents } from './text-patterns.ts';

/** What a machine's answer says, in the languages of the larger mail programs; over folded text. */

const ABSENCE = new RegExp([
  wholeWords(
    'out of office|out of the office|ooo|away from|currently away|on vacation|on holiday|on holidays|on leave',
    'on annual leave|on parental leave|on maternity leave|on paternity leave|on sick leave|am away|is away',
    'im urlaub|in urlaub|abwesend|außer haus|nicht im büro|nicht im hause|nicht im haus|in elternzeit', 'im mutterschutz|elternzeit',
    'en congé|en congés|en vacances|absent|absente|absence', 'de vacaciones|fuera de la oficina|fuera de oficina|ausente',
    'in ferie|fuori ufficio|fuori sede|assente', 'op vakantie|met vakantie|afwezig|niet aanwezig|met verlof', 'de férias|em férias|fora do escritório',
    'na urlopie|nieobecn*|poza biurem', 'semester|på semester|frånvarande|föräldraledig',
    'på ferie|holder ferie|har ferie|ikke på kontoret|fraværende', 'lomalla|poissa', 'na dovolené|mimo kancelář|szabadságon|în concediu|izindeyim|izinde',
    'в отпуске|отсутству*|у відпустці|σε άδεια|εκτός γραφείου',
  ),
  anyOf('休暇|不在|休假|外出中|出差|휴가|부재'),
].join('|'), 'u');
const ABSENCE_SUBJECT = new RegExp(`${wholeWords('away|vacation|holiday|holidays|ooo|urlaub*|abwesen*|congé|congés|vacances|vacaciones|ferie|feries|férias',
  'semester|urlop|loma|отпуск|відпустка')}|${ABSENCE.source}`, 'u');

/** What ticket systems and robots call their own answers. */
const ROBOT = new RegExp([
  wholeWords('automatic reply|automated reply|automatic message|automated message|automatic response|automated response',
    'automatically generated|auto generated|do not reply to this|ticket has been created|ticket number|ticket id',
    'have received your request|have received your message|have received your email|received your inquiry', 'your request has been received',
    'automatisch generiert*|automatisch erstellt*|automatische nachricht|automatische antwort|automatisch versendet*',
    'réponse automatique|message automatique|généré automatiquement', 'respuesta automática|mensaje automático|generado automáticamente',
    'risposta automatica|messaggio automatico|generato automaticamente', 'automatisch gegenereerd|automatisch bericht|mensagem automática|resposta automática',
    'automatiskt meddelande|automatisk svar|wiadomość automatyczna|wygenerowana automatycznie', 'автоматическое сообщение|автоматически'),
  anyOf('自動送信|自動返信|自动发送|自动回复|자동 발송'),
].join('|'), 'u');

/** Somebody who is gone for good. A machine's words only: a person who writes so is a person. */
const LEFT = new RegExp([
  `(?<!\\p{L})(?:${[
    'no longer (?:works?|working|employed) (?:here|at|for|with|by|in)', '(?:is|am|are) no longer (?:at|with)(?! (?:my|the|home)\\b)',
    'no longer (?:with|part of|a member of|employed|an employee)',
    '(?:has|have) (?:left (?:the |our |this )?(?:company|organi[sz]ation|firm|business|agency|team)|retired)',
    'left (?:the|our|this) (?:company|organi[sz]ation|firm|business|agency|team)', '(?:has|have) moved on(?: from)?',
    '(?:e-?mail address|email|address|mailbox|inbox|account) (?:is|has been) (?:no longer (?:in use|active|valid)|deactivated|closed)',
    '(?:hat|habe) (?:das |unser |die )?(?:unternehmen|firma) verlassen', 'nicht mehr (?:im unternehmen|bei uns|fur uns|in unserem)', '(?:arbeitet|arbeite) nicht mehr',
    '(?<=\\b(?:ist|bin) (?:seit (?:dem |kurzem )?)?(?:[\\d.]{1,12} )?)nicht mehr (?:bei|fur|in)(?=(?: [^\\s.]{1,30}){1,5} (?:tatig|beschaftigt|angestellt))',
    'aus (?:dem unternehmen|der firma|unserem unternehmen) ausgeschieden', 'im ruhestand', 'andat[oa] in pensione',
    "ne (?:travaille|fait) plus (?:partie|chez|pour|dans|ici|a|au)", 'ne travaille plus', "(?:n'est|ne suis) plus (?:en poste|employee?|salariee?|chez|dans|au sein)", "(?:a|ai) quitte (?:l'entreprise|la societe|notre|ses fonctions|le groupe)",
    'ya no (?:trabaja|trabajo|labora|laboro|forma parte|formo parte|pertenece)', '(?:ha|he) dejado (?:la empresa|de trabajar)', 'ha causado baja',
    'non (?:lavora|lavoro) piu', 'non (?:fa|faccio) piu parte', "ha lasciato l'azienda",
    '(?:werkt|is|ben|werk) niet (?:meer|langer) (?:bij|voor|werkzaam|in dienst)', 'is (?:inmiddels )?uit dienst', 'nao (?:trabalh[ao] mais|fa[zc]o? mais parte)',
    'ja nao (?:trabalha|faz parte|trabalho)', 'deixou (?:a empresa|de trabalhar)',
    '(?:nie pracuje juz|juz nie pracuje|nie jest juz pracowni)\\p{L}*', '(?:har slutat|arbetar inte langre|jobbar inte langre)',
    '(?:er ikke l(?:æ|e)ngere ansat|arbejder ikke l(?:æ|e)ngere|er fratradt|jobber ikke lenger|arbeider ikke lenger|har sluttet|er ikke lenger ansatt)',
    'ei (?:ole|tyoskentele) enaa(?=(?: [^\\s.]{1,30}){0,3} (?:palveluksessa|toissa))', 'ei (?:tyoskentele enaa|enaa tyoskentele)',
    '(?:jiz|uz)(?= (?:[^\\s.]{1,20} ){0,3}nepracuj[ei])', 'больше не работа[ею]т?', 'больше не являет\\p{L}* сотрудни\\p{L}*', 'уволил(?:ся|ась)',
  ].join('|')})(?!\\p{L})`,
  '退職(?:いた|致|し)', '已(?:经)?离职', '已(?:經)?離職', '퇴사',
].join('|'), 'u');

/** The company's name follows. */
const LEFT_SOMEWHERE = /\b(?:has|have) left(?= \p{Lu}\p{L}+)/u;

const TEXT_LENGTH = 4_096;
const read = (text: string): string => withoutAccents(text.slice(0, TEXT_LENGTH)).replace(/\s+/g, ' ');

/** The words by which an automatic answer says that its person has left the company, or that its address has no reader any more; of the first 4 KiB. */
export const hasLeft = (text: string): string | undefined => (LEFT.exec(read(text)) ?? LEFT_SOMEWHERE.exec(text.slice(0, TEXT_LENGTH)))?.[0];

/** Whether an automatic answer speaks of an absence; a subject needs fewer words for it than a text. */
export const isAway = (subject: string, text: string): boolean => ABSENCE_SUBJECT.test(read(subject)) || ABSENCE.test(read(text));

/** Whether a text calls itself a machine's. */
export const isRobot = (text: string): boolean => ROBOT.test(read(text));
