import Negotiator from 'negotiator';

/** The texts of the unsubscribe page in one language, as HTML: none of them takes a value. */
interface Texts {
  direction: 'ltr' | 'rtl';
  question: string;
  stopsAll: string;
  stop: string;
  choice: string;
  stopSeries: string;
  stopAll: string;
  done: string;
  doneAll: string;
  doneSeries: string;
}

/** English is first: it is what a visitor gets who asks for no language, or for none of these. */
const LANGUAGES = ['en', 'ar', 'de', 'es', 'fr', 'it', 'ja', 'nl', 'pl', 'pt'] as const;
export type Language = (typeof LANGUAGES)[number];

export const TEXTS = {
  en: {
    direction: 'ltr',
    question: 'No more mails?',
    stopsAll: 'One click and we stop writing to you.',
    stop: 'Stop the mails',
    choice: 'Stop only the series that this mail belongs to, or all mails from us.',
    stopSeries: 'Stop this series',
    stopAll: 'Stop all mails',
    done: 'Done',
    doneAll: 'We will not write to you again.',
    doneSeries:
      'We will not send you more of this series. Other mails that you ask us for still come. ' +
      'If you stopped all mails, we will not write to you again.',
  },
  ar: {
    direction: 'rtl',
    question: 'ألا تريد المزيد من الرسائل؟',
    stopsAll: 'بنقرة واحدة نتوقف عن مراسلتك.',
    stop: 'إيقاف الرسائل',
    choice: 'أوقف السلسلة التي تنتمي إليها هذه الرسالة فقط، أو جميع رسائلنا.',
    stopSeries: 'إيقاف هذه السلسلة',
    stopAll: 'إيقاف جميع الرسائل',
    done: 'تم',
    doneAll: 'لن نراسلك مرة أخرى.',
    doneSeries:
      'لن نرسل إليك المزيد من هذه السلسلة. ستصلك الرسائل الأخرى التي تطلبها. إذا أوقفت جميع الرسائل، فلن نراسلك ' +
      'مرة أخرى.',
  },
  de: {
    direction: 'ltr',
    question: 'Keine Mails mehr?',
    stopsAll: 'Ein Klick, und wir schreiben Ihnen nicht mehr.',
    stop: 'Mails abbestellen',
    choice: 'Bestellen Sie nur die Reihe ab, zu der diese Mail gehört, oder alle unsere Mails.',
    stopSeries: 'Diese Reihe abbestellen',
    stopAll: 'Alle Mails abbestellen',
    done: 'Erledigt',
    doneAll: 'Wir schreiben Ihnen nicht mehr.',
    doneSeries:
      'Aus dieser Reihe schicken wir Ihnen nichts mehr. Andere Mails, um die Sie bitten, kommen weiterhin. ' +
      'Haben Sie alle Mails abbestellt, schreiben wir Ihnen nicht mehr.',
  },
  es: {
    direction: 'ltr',
    question: '¿No quiere más correos?',
    stopsAll: 'Un clic y dejamos de escribirle.',
    stop: 'Cancelar los correos',
    choice: 'Cancele solo la serie a la que pertenece este correo, o todos nuestros correos.',
    stopSeries: 'Cancelar esta serie',
    stopAll: 'Cancelar todos los correos',
    done: 'Hecho',
    doneAll: 'No volveremos a escribirle.',
    doneSeries:
      'No le enviaremos más correos de esta serie. Seguirá recibiendo los demás correos que nos pida. ' +
      'Si canceló todos los correos, no volveremos a escribirle.',
  },
  fr: {
    direction: 'ltr',
    question: 'Plus aucun e-mail ?',
    stopsAll: 'Un clic et nous cessons de vous écrire.',
    stop: 'Arrêter les e-mails',
    choice: 'Arrêtez seulement la série dont cet e-mail fait partie, ou tous nos e-mails.',
    stopSeries: 'Arrêter cette série',
    stopAll: 'Arrêter tous les e-mails',
    done: 'C’est fait',
    doneAll: 'Nous ne vous écrirons plus.',
    doneSeries:
      'Nous ne vous enverrons plus rien de cette série. Les autres e-mails que vous demandez continuent d’arriver. ' +
      'Si vous avez arrêté tous les e-mails, nous ne vous écrirons plus.',
  },
  it: {
    direction: 'ltr',
    question: 'Niente più e-mail?',
    stopsAll: 'Un clic e smettiamo di scriverle.',
    stop: 'Interrompi le e-mail',
    choice: 'Interrompa solo la serie di cui fa parte questa e-mail, oppure tutte le nostre e-mail.',
    stopSeries: 'Interrompi questa serie',
    stopAll: 'Interrompi tutte le e-mail',
    done: 'Fatto',
    doneAll: 'Non le scriveremo più.',
    doneSeries:
      'Non le invieremo altro di questa serie. Le altre e-mail che richiede continueranno ad arrivare. ' +
      'Se ha interrotto tutte le e-mail, non le scriveremo più.',
  },
  ja: {
    direction: 'ltr',
    question: 'メールの配信を停止しますか？',
    stopsAll: 'ワンクリックで配信を停止します。',
    stop: '配信を停止する',
    choice: 'このメールのシリーズのみ、またはすべてのメールの配信を停止できます。',
    stopSeries: 'このシリーズを停止する',
    stopAll: 'すべてのメールを停止する',
    done: '完了しました',
    doneAll: '今後メールをお送りしません。',
    doneSeries:
      'このシリーズのメールは今後お送りしません。ご依頼いただいたその他のメールは引き続き届きます。' +
      'すべてのメールを停止された場合は、今後メールをお送りしません。',
  },
  nl: {
    direction: 'ltr',
    question: 'Geen mails meer?',
    stopsAll: 'Eén klik en we schrijven u niet meer.',
    stop: 'Stop de mails',
    choice: 'Stop alleen de reeks waar deze mail bij hoort, of al onze mails.',
    stopSeries: 'Stop deze reeks',
    stopAll: 'Stop alle mails',
    done: 'Klaar',
    doneAll: 'We schrijven u niet meer.',
    doneSeries:
      'We sturen u niets meer uit deze reeks. Andere mails waar u om vraagt, blijven komen. ' +
      'Hebt u alle mails gestopt, dan schrijven we u niet meer.',
  },
  pl: {
    direction: 'ltr',
    question: 'Koniec z wiadomościami?',
    stopsAll: 'Jedno kliknięcie i przestaniemy do Państwa pisać.',
    stop: 'Zatrzymaj wiadomości',
    choice: 'Można zatrzymać tylko serię, do której należy ta wiadomość, albo wszystkie nasze wiadomości.',
    stopSeries: 'Zatrzymaj tę serię',
    stopAll: 'Zatrzymaj wszystkie wiadomości',
    done: 'Gotowe',
    doneAll: 'Nie będziemy już do Państwa pisać.',
    doneSeries:
      'Nie wyślemy już nic z tej serii. Inne wiadomości, o które Państwo proszą, nadal będą przychodzić. ' +
      'Jeśli zatrzymano wszystkie wiadomości, nie będziemy już pisać.',
  },
  pt: {
    direction: 'ltr',
    question: 'Não quer mais e-mails?',
    stopsAll: 'Um clique e deixamos de lhe escrever.',
    stop: 'Parar os e-mails',
    choice: 'Pare apenas a série a que este e-mail pertence, ou todos os nossos e-mails.',
    stopSeries: 'Parar esta série',
    stopAll: 'Parar todos os e-mails',
    done: 'Feito',
    doneAll: 'Não voltaremos a escrever-lhe.',
    doneSeries:
      'Não lhe enviaremos mais e-mails desta série. Os outros e-mails que pedir continuam a chegar. ' +
      'Se parou todos os e-mails, não voltaremos a escrever-lhe.',
  },
} satisfies Record<Language, Texts>;

/** The language of `TEXTS` that the request's Accept-Language header prefers. */
export const languageOf = (headers: { 'accept-language'?: string | undefined }): Language =>
  LANGUAGES.find((language) => language === new Negotiator({ headers }).language(LANGUAGES)) ?? LANGUAGES[0];
