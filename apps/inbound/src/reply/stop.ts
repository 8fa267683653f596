import { withoutAccents } from './text-patterns.ts';

/**
 * Sentences that say nothing but that their writer wants no more mail, in words without punctuation, folded and without
 * those of PLEASE. What is said around it, or with it, makes it a person's answer: that stops the mails too.
 */
const LIST = '(?: (?:from|of|to|off|out of)? ?(?:(?:this|these|those|your|the|all|any|my|further|future|more|of|such) )*(?:(?:mailing|e ?mail|mail|contact|distribution|marketing|sales) )?(?:lists?|e ?mails?|mails?|mailings?|newsletters?|messages?|database|system|communications?|correspondence|crm|here|it))';
const MAILS = '(?:mails?|e ?mails?|nachrichten|werbung|newsletter|werbemails?)';
const WISHES: Readonly<Record<string, readonly string[]>> = {
  english: [
    `(?:i (?:want|wish|would like|d like) to )?(?:be )?(?:un ?subscribed?|opt out|opt me out)(?: me| us)?${LIST}?`,
    `(?:i (?:want|wish|would like|d like) to be )?(?:remove|removed|delete me|take me off|take us off)(?: me| us| my (?:e ?mail )?(?:address|name|email|details))?${LIST}?`,
    `i (?:no longer (?:want|wish)|do not (?:want|wish)|don t (?:want|wish))(?: to)? (?:receive|get)${LIST}(?: from you)?(?: anymore| any more)?`,
    'stop(?: it)?', `stop (?:e ?mailing|mailing|contacting|spamming|messaging|bothering|writing|sending)(?: to)?(?: me| us)?${LIST}?(?: (?:again|anymore|any more))?`,
    `(?:do not|don t|never) (?:e ?mail|mail|contact|write|message|send)(?: to)?(?: me| us)?${LIST}?(?: (?:ever )?again| anymore| any ?more)?`,
    'no (?:more|further) (?:e ?mails?|mails?|messages?|mailings?)(?: from you| to me)?',
  ],
  german: [
    '(?:ich (?:mochte|will) )?(?:mich |uns )?(?:abmelden|abmeldung|abbestellen|abbestellung|austragen)(?: (?:vom|von|aus)(?: (?:dem|der|ihrem|ihrer|diesem))? (?:verteiler|liste|newsletter))?',
    'stopp',
    '(?:(?:melden|tragen|nehmen|loschen|streichen|entfernen) sie|melde|trage|nimm|losche|streiche|entferne) (?:mich|uns|meine (?:e ?mail )?adresse)(?: (?:aus|von|vom)(?: (?:dem|der|ihrem|ihrer|eurem|eurer|deinem|diesem|dieser|ihren))?(?: (?:mail|e mail|email))? ?(?:verteiler|mailverteiler|liste|mailingliste|newsletter|datenbank))?(?: (?:ab|aus|heraus|raus))?',
    `ich (?:mochte|will) (?:keine|nicht)(?: weiteren)?(?: ${MAILS})?(?: von ihnen)?(?: mehr)? (?:erhalten|bekommen)`,
    `(?:senden|schicken|schreiben)(?: sie)? (?:mir |uns )?(?:keine|nicht)(?: weiteren)?(?: ${MAILS})?(?: mehr)?`, `keine(?: weiteren)? ${MAILS}(?: mehr)?`,
  ],
  french: [
    '(?:je (?:souhaite|veux|voudrais) |veuillez )?(?:de )?(?:me |se |nous )?(?:desabonner|desinscrire|desabonnement|desinscription|desabonnez moi|desinscrivez moi)(?: de (?:votre|cette|la|vos) (?:listes?|newsletters?|mailing)(?: de diffusion)?)?',
    '(?:veuillez |de )?(?:(?:me |nous )?(?:retirer|supprimer|enlever|rayer)|(?:retirez|supprimez|enlevez|rayez) moi) de (?:votre|vos|cette|la) (?:listes?|base|newsletters?|mailing|fichiers?)(?: (?:de )?(?:diffusion|donnees|clients))?',
    'je ne (?:souhaite|veux|desire) plus recevoir (?:de |vos |ces |d )?(?:mails?|e ?mails?|messages?|newsletters?)',
    'ne m (?:ecrivez|envoyez|contactez) plus(?: (?:de )?(?:mails?|e ?mails?|messages?))?',
  ],
  spanish: [
    '(?:quiero |deseo |solicito )?(?:darme de baja|darse de baja|dar de baja|dame de baja|denme de baja|deme de baja|la baja|baja)(?: de (?:la|su|esta|tu) (?:lista|newsletter|suscripcion))?',
    '(?:eliminen?me|eliminame|borren?me|borrame|quiten?me|saquen?me) de (?:la|su|esta|tu) (?:lista|base)(?: de (?:correos?|datos|distribucion))?',
    'no me (?:envien|envie|escriban|escriba|contacten|manden)(?: mas)?(?: (?:correos|emails|mensajes))?', '(?:quiero )?cancelar (?:la |mi )?suscripcion',
    'no (?:quiero|deseo) recibir mas (?:correos|emails|mensajes)', 'no mas correos',
  ],
  italian: ['(?:vorrei |voglio |chiedo di )?(?:cancellami|cancellatemi|cancellarmi|cancellazione|disiscrivimi|disiscrivetemi|disiscrivermi|disiscrizione|rimuovimi|rimuovetemi|toglietemi|toglimi|cancella iscrizione)(?: (?:dalla|da questa|dalla vostra|dalle vostre|dal) (?:mailing list|lista|newsletter|liste|database))?',
    'non (?:voglio|desidero) piu ricevere (?:le vostre |vostre |queste )?(?:e ?mail|mail|newsletter|comunicazioni)'],
  dutch: [
    '(?:ik (?:wil|wens) )?(?:me |mij )?(?:afmelden|uitschrijven|uit te schrijven|af te melden)(?: (?:van|voor|uit) (?:deze|de|uw|jullie) (?:lijst|mailinglijst|nieuwsbrief|mailing))?',
    '(?:schrijf|meld|haal|verwijder) (?:me|mij)(?: (?:uit|van|af))?(?: (?:de|deze|uw|jullie) (?:lijst|mailinglijst|nieuwsbrief))?(?: af)?',
    '(?:ik wil )?geen (?:mails?|e ?mails?)(?: meer)?(?: ontvangen)?',
  ],
  portuguese: [
    '(?:quero |gostaria de )?(?:cancelar (?:a |minha )?(?:inscricao|subscricao|assinatura)|descadastrar|remover|me descadastrar)',
    '(?:removam?|retirem?|excluam?|tirem?|descadastrem?) me(?: (?:da|de|desta|dessa)(?: sua)? (?:lista|base|newsletter))?(?: de e ?mails?)?',
    'nao (?:quero|desejo) mais receber (?:e ?mails?|mensagens)',
  ],
  nordic: [
    '(?:avregistrera|avprenumerera|ta bort)(?: mig)?(?: (?:fran|ur) (?:listan|er lista|denna lista|utskicket|utskicken))?',
    '(?:afmeld|avmeld)(?: mig| meg)?(?: (?:fra|av) (?:listen|lista|nyhedsbrevet|nyhetsbrevet))?',
    '(?:fjern|slet|slett|meld) (?:mig|meg)(?: (?:fra|av|af) (?:listen|lista|jeres liste|deres liste|nyhedsbrevet|nyhetsbrevet))?',
    '(?:poista|poistakaa) (?:minut|osoitteeni)(?: (?:listalta|postituslistalta|listaltanne))?', '(?:peruuta|peru) (?:uutiskirjeen )?tilaus',
  ],
  slavic: [
    '(?:o )?(?:mnie )?(?:wypisz|wypisac|wypisanie|usuniecie|usun)(?: (?:mnie|sie))?(?: (?:z|ze) (?:tej |waszej |panstwa )?(?:listy|newslettera|bazy))?',
    '(?:me |mne )?(?:odhlasit|odhlaste|odhlas)(?: (?:me|mne|se))?(?: (?:z|ze) (?:odberu|seznamu|newsletteru))?',
    '(?:хочу )?(?:отписаться|отпишите(?: меня)?|отписать(?: меня)?|(?:удалите|уберите|исключите) меня)(?: (?:от|из|с) (?:вашеи |этои |всех )?(?:рассылки|рассылок|базы|списка))?',
    'не (?:пишите|присылаите) мне(?: больше)?', 'відписатися|відпишіть мене',
  ],
  others: [
    'leiratkozas|dezabonare|abonelig[iı] iptal et', '配信(?:を)?停止(?:希望|希望します)?(?:を?お願い(?:いた)?します|してくたさい)?', '请?(?:退订|取消订阅)', '請?(?:退訂|取消訂閱)',
    '(?:수신 ?거부|구독 ?취소)(?: ?(?:부탁드립니다|해 ?주세요))?',
  ],
};
const wish = new RegExp(`^(?:${Object.values(WISHES).flat().join('|')})$`, 'u');
const PLEASE = new Set(withoutAccents('can could would you please pls kindly just immediately now bitte svp merci veuillez por favor alsjeblieft graag gelieve prego per favore tack takk tak thanks thank thx danke gracias hi hello hallo proszę prosím прошу пожалуйста').split(' '));
const GREETING = /^(?:hi|hello|hey|dear|hallo|guten tag|sehr geehrte|liebe|lieber|bonjour|madame|hola|buenos dias|estimad|ciao|buongiorno|gentile|beste|geachte|dag|ola|bom dia|prezad|czesc|dzien dobry|szanown|hej|hei|kaere|dobry den|здравствуите|добрыи день|уважаем|您好|你好|안녕)/u;

const LINE_LENGTH_MAX = 120;

function wishes(sentence: string): boolean {
  const words = withoutAccents(sentence).split(/[^\p{L}\p{N}]+/u).filter(Boolean);
  return wish.test(words.join(' ')) || wish.test(words.filter((word) => !PLEASE.has(word)).join(' '));
}

/** Whether a whole line, or a subject, says nothing but that its writer wants no more mail. */
export const asksToStop = (line: string): boolean => line.length <= LINE_LENGTH_MAX && !line.startsWith('>') && wishes(line);

/** A greeting may stand in front. */
function firstLine(text: string): string {
  const [first = '', second = ''] = text.split('\n').map((line) => line.trim()).filter(Boolean);
  const isGreeting = first.length <= 40 && GREETING.test(withoutAccents(first)) && !asksToStop(first) && !/[.!?,] *\S/.test(first.replace(/\b(?:sra?|mrs?|ms|dr|hr|fr|m)\./gi, ''));
  return isGreeting ? second : first;
}

/**
 * Whether a mail begins with a wish for no more mail: a line, or a sentence of more than one word in it. One word among
 * others ("Wait, stop, …") is none, nor is what a sentence before it may have turned around ("Do not, by mistake, …").
 */
export function beginsWithStop(text: string): boolean {
  const line = firstLine(text);
  if (line.length > 2 * LINE_LENGTH_MAX || line.startsWith('>')) return false;
  if (asksToStop(line)) return true;
  return line.split(/[.!?;,:–—]+/).some((sentence, index, all) =>
    /\S\s+\S/.test(sentence.trim()) && asksToStop(sentence.trim()) && !all.slice(0, index).some((before) => /\b(?:do not|don['’]t|never|nicht|kein|pas|jamais|no me|nunca|niet|non|nao|inte|ikke)\b/i.test(before)));
}
