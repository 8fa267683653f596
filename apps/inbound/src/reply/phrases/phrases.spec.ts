import { describe, expect, it } from '@jest/globals';
import { hasLeft, isAway } from '../absence.ts';
import type { Phrases } from '../phrases.ts';
import { statedReturn } from '../return-date.ts';
import { asksToStop, requestToStop } from '../stop.ts';
import { isAutomaticSubject } from '../subjects.ts';
import { LANGUAGES, type Language } from './languages.ts';

/** A Saturday. */
const RECEIVED = '2026-11-21T10:00:00Z';

/** A real sentence for each group of phrases that the language has. */
interface Samples {
  automatic: string;
  away?: string;
  left?: string;
  back?: [text: string, midnightAfter: string];
  stop?: string;
  greeted?: string;
}

const SAMPLES = {
  en: {
    automatic: 'Automatic reply: x',
    away: 'I am on annual leave.',
    left: 'Jane has left the company.',
    back: ['I am back on Tuesday, December 1.', '2026-12-02'],
    stop: 'Please remove me from your list.',
    greeted: 'Hi Sam',
  },
  de: {
    automatic: 'Automatische Antwort: x',
    away: 'Ich bin im Urlaub.',
    left: 'Jane hat das Unternehmen verlassen.',
    back: ['bis 30. November', '2026-12-01'],
    stop: 'Bitte nehmen Sie mich aus dem Verteiler',
    greeted: 'Guten Tag',
  },
  fr: {
    automatic: 'Réponse automatique : x',
    away: 'Je suis en congé.',
    left: 'Jane a quitté la société.',
    back: ['Je reviens le 2 décembre.', '2026-12-03'],
    stop: 'Merci de me retirer de votre liste',
    greeted: 'Bonjour',
  },
  es: {
    automatic: 'Respuesta automática: x',
    away: 'Estoy de vacaciones.',
    left: 'Jane ya no trabaja aquí.',
    back: ['hasta el 30 de noviembre', '2026-12-01'],
    stop: 'Por favor, elimíneme de su lista',
    greeted: 'Hola',
  },
  it: {
    automatic: 'Risposta automatica: x',
    away: 'Sono in ferie.',
    left: 'Jane non lavora più qui.',
    back: ['Rientro il 2 dicembre.', '2026-12-03'],
    stop: 'Cancellatemi dalla mailing list',
    greeted: 'Buongiorno',
  },
  nl: {
    automatic: 'Automatisch antwoord: x',
    away: 'Ik ben met vakantie.',
    left: 'Jane werkt niet meer bij ons.',
    back: ['tot en met 4 december', '2026-12-05'],
    stop: 'Gelieve mij uit te schrijven',
    greeted: 'Beste Sam',
  },
  pt: {
    automatic: 'Resposta automática: x',
    away: 'Estou de férias.',
    left: 'A Jane já não trabalha connosco.',
    back: ['até 30 de novembro', '2026-12-01'],
    stop: 'Por favor, remova-me da lista',
    greeted: 'Bom dia',
  },
  sv: {
    automatic: 'Autosvar: x',
    away: 'Jag är på semester.',
    left: 'Jane har slutat.',
    back: ['till och med den 4 december', '2026-12-05'],
    stop: 'Ta bort mig från listan',
    greeted: 'Hej',
  },
  da: {
    automatic: 'Fraværsbesked',
    away: 'Jeg holder ferie.',
    left: 'Jane er ikke længere ansat.',
    back: ['tilbage den 7. december', '2026-12-08'],
    stop: 'Afmeld mig fra nyhedsbrevet',
    greeted: 'Hej',
  },
  nb: {
    automatic: 'Automatisk svar: x',
    away: 'Jeg har ferie.',
    left: 'Jane har sluttet.',
    back: ['tilbake 7. desember', '2026-12-08'],
    stop: 'Fjern meg fra listen',
    greeted: 'Hei',
  },
  fi: {
    automatic: 'Automaattinen vastaus: x',
    away: 'Olen lomalla.',
    left: 'Jane ei työskentele enää täällä.',
    back: ['Palaan töihin 7. joulukuuta', '2026-12-08'],
    stop: 'Poistakaa minut listalta',
    greeted: 'Hei',
  },
  pl: {
    automatic: 'Automatyczna odpowiedź: x',
    away: 'Jestem na urlopie.',
    left: 'Jane nie pracuje już w Acme.',
    back: ['do 30 listopada', '2026-12-01'],
    stop: 'Proszę mnie wypisać z listy',
    greeted: 'Dzień dobry',
  },
  cs: {
    automatic: 'Automatická odpověď: x',
    away: 'Jsem na dovolené.',
    left: 'Jane již ve společnosti nepracuje.',
    back: ['do 30. listopadu 2026', '2026-12-01'],
    stop: 'Prosím odhlásit z odběru',
    greeted: 'Dobrý den',
  },
  sk: { automatic: 'Automatická odpoveď: x' },
  hu: { automatic: 'Automatikus válasz: x', away: 'Szabadságon vagyok.', stop: 'leiratkozás' },
  ro: {
    automatic: 'Răspuns automat: x',
    away: 'Sunt în concediu.',
    back: ['până la 30 noiembrie', '2026-12-01'],
    stop: 'dezabonare',
  },
  tr: {
    automatic: 'Otomatik yanıt: x',
    away: 'Şu anda izindeyim.',
    back: ['30 Kasım 2026 tarihine kadar', '2026-12-01'],
    stop: 'abonelig\u0306i iptal et',
  },
  ru: {
    automatic: 'Автоматический ответ: x',
    away: 'Я в отпуске.',
    left: 'Джейн больше не работает у нас.',
    back: ['до 30 ноября', '2026-12-01'],
    stop: 'Уберите меня из рассылки',
    greeted: 'Здравствуйте',
  },
  uk: {
    automatic: 'Автоматична відповідь: x',
    away: 'Я у відпустці.',
    back: ['повернуся 30 листопада', '2026-12-01'],
    stop: 'відпишіть мене',
  },
  bg: { automatic: 'Автоматичен отговор: x' },
  sr: { automatic: 'Аутоматски одговор: x' },
  hr: { automatic: 'Automatski odgovor: x' },
  sl: { automatic: 'Samodejni odgovor: x' },
  lt: { automatic: 'Automatinis atsakymas: x' },
  et: { automatic: 'Automaatvastus: x' },
  lv: { automatic: 'Automātiskā atbilde: x' },
  id: { automatic: 'Balasan otomatis: x' },
  vi: { automatic: 'Trả lời tự động: x' },
  el: {
    automatic: 'Αυτόματη απάντηση: x',
    away: 'Είμαι σε άδεια.',
    back: ['Θα επιστρέψω στις 30 Νοεμβρίου.', '2026-12-01'],
  },
  he: { automatic: 'תשובה אוטומטית: x' },
  ar: { automatic: 'رد تلقائي: x' },
  th: { automatic: 'ตอบกลับอัตโนมัติ: x' },
  ja: {
    automatic: '自動応答: x',
    away: '現在不在です',
    left: '田中は退職いたしました。',
    back: ['2026年12月1日より出社', '2026-12-02'],
    stop: '配信停止をお願いします',
  },
  zh: {
    automatic: '自动回复: x',
    away: '我正在休假',
    left: '他已离职',
    back: ['2026年11月30日返回', '2026-12-01'],
    stop: '请取消订阅',
    greeted: '您好',
  },
  ko: {
    automatic: '자동 회신: x',
    away: '휴가 중입니다',
    left: '퇴사하였습니다',
    back: ['11월 30일까지', '2026-12-01'],
    stop: '수신거부 부탁드립니다',
    greeted: '안녕하세요',
  },
  af: { automatic: 'Outomatiese antwoord: x' },
  eu: { automatic: 'Erantzun automatikoa: x' },
  mk: { automatic: 'Автоматски одговор: x' },
  sq: { automatic: 'Përgjigje automatike: x' },
} satisfies Partial<Record<Language, Samples>>;

const samples = Object.entries<Samples>(SAMPLES);
const languages = Object.entries<Phrases>(LANGUAGES);

describe.each(samples)('the phrases of %s', (_, { automatic, away, left, back, stop, greeted }) => {
  it('are found in a sentence for each group', () => {
    expect(isAutomaticSubject(automatic)).toBe(true);
    expect(away === undefined || isAway('', away)).toBe(true);
    expect(left === undefined || hasLeft(left) !== undefined).toBe(true);
    expect(stop === undefined || asksToStop(stop)).toBe(true);
    expect(greeted === undefined || !stop || requestToStop(`${greeted}\n\n${stop}`) !== undefined).toBe(true);
    expect(back && statedReturn(back[0], RECEIVED)).toBe(back && `${back[1]}T00:00:00Z`);
  });
});

describe.each(languages)('the lists of %s', (_, phrases) => {
  it('have twelve months or none, seven weekdays or none, and no empty word', () => {
    expect([0, 12]).toContain(phrases.months.length);
    expect([0, 7]).toContain(phrases.weekdays.length);
    const { spaced: _, monthFirst: __, months: ___, ...lists } = phrases;
    const words = Object.values<readonly string[]>(lists)
      .flat()
      .filter((some) => !/[()]/.test(some));
    expect(words.flatMap((some) => some.split('|'))).not.toContain('');
  });
});
