import { describe, expect, it } from '@jest/globals';
import { LANGUAGES } from './phrases/languages.ts';
import { statedReturn } from './return-date.ts';

/** A Saturday. */
const RECEIVED = '2026-11-21T10:00:00Z';
const dayAfter = (day: string): string => `${Temporal.PlainDate.from(day).add({ days: 1 }).toString()}T00:00:00Z`;

describe('the day that an out-of-office names', () => {
  it.each([
    ['2026-12-01', 'I am out of the office until Tuesday,\r\nDecember 1 and will answer then.'],
    ['2026-12-02', 'I will return to the office the morning of Wednesday, December 2nd.'],
    ['2026-11-30', 'I will be back at 9:00 am on Monday, 30 November 2026.'],
    ['2026-11-24', 'Out until 5pm on 24 November.'],
    ['2026-12-01', 'Available again from 1 December.'],
    ['2026-12-15', 'AUTO: Jane is out of the office (returning 12/15/2026)'],
    ['2026-11-25', 'away till 25/11/2026.'],
    ['2026-11-30', 'returning 2026/11/30'],
    ['2026-11-24', 'until 24-Nov-2026'],
    ['2026-12-03', 'I return on the 3rd of December'],
    ['2026-11-30', 'Ich bin bis einschließlich 30. November abwesend.'],
    ['2026-12-01', 'Ab dem 1.12. bin ich wieder erreichbar.'],
    ['2026-11-30', 'Am Montag, den 30. November 2026, bin ich wieder im Büro.'],
    ['2026-12-07', 'Ich kehre am 07.12.26 zurück.'],
    ['2026-11-24', 'bis 17:00 Uhr am 24.11.2026'],
    ['2026-12-01', 'Je suis absente jusqu’au 1er décembre inclus.'],
    ['2026-12-05', "en congé jusqu'au 05/12/2026"],
    ['2026-12-02', 'Je reviens le 2 déc.'],
    ['2026-11-30', 'hasta el 30 de noviembre de 2026'],
    ['2026-12-01', 'Volveré el 1º de diciembre.'],
    ['2026-12-02', 'Rientro il 2 dicembre.'],
    ['2026-11-30', 'Tornerò lunedì 30/11/2026'],
    ['2026-12-04', 'afwezig tot en met 4 december'],
    ['2026-12-01', 'Vanaf 1 december ben ik weer bereikbaar.'],
    ['2026-11-27', 'Ik ben t/m 27-11-2026 met vakantie.'],
    ['2026-11-30', 'ausente até 30 de novembro'],
    ['2026-12-01', 'Regresso a 01/12/2026.'],
    ['2026-11-30', 'Jestem na urlopie do 30 listopada.'],
    ['2026-12-04', 'på semester till och med den 4 december'],
    ['2026-12-04', 'ferie til og med d. 4. december'],
    ['2026-12-07', 'tilbake på kontoret 7. desember'],
    ['2026-11-30', 'Olen lomalla 30.11.2026 asti.'],
    ['2026-12-07', 'Palaan töihin 7.12.'],
    ['2026-11-30', 'mimo kancelář do 30. listopadu 2026'],
    ['2026-11-30', 'Szabadságon vagyok 2026. november 30-ig.'],
    ['2026-11-30', 'până la 30 noiembrie'],
    ['2026-11-30', '30 Kasım 2026 tarihine kadar izindeyim.'],
    ['2026-11-30', 'Θα επιστρέψω στις 30 Νοεμβρίου.'],
    ['2026-11-30', 'Я в отпуске до 30 ноября 2026 г.'],
    ['2026-12-01', '2026年12月1日(火)より出社いたします。'],
    ['2026-11-30', '我将于2026年11月30日返回办公室。'],
    ['2026-11-30', '11월 30일까지 휴가입니다.'],
    ['2026-12-01', '2026. 12. 1.에 복귀합니다.'],
  ])('is %s: %s', (day, text) => {
    expect(statedReturn(text, RECEIVED)).toBe(dayAfter(day));
  });

  it.each([
    ['2026-12-05', 'from November 20 to December 5, 2026'],
    ['2026-11-27', 'I am away 23-27 November.'],
    ['2026-11-27', 'Nov 23 – Nov 27'],
    ['2026-11-29', 'between 21/11 and 29/11/2026'],
    ['2026-12-05', 'vom 20.11. bis 5.12. im Urlaub'],
    ['2026-12-04', '23.11.2026 - 04.12.2026'],
    ['2026-11-30', 'du 20 au 30 novembre 2026'],
    ['2026-11-30', 'del 20 al 30 de noviembre'],
    ['2026-12-04', 'dal 20 novembre al 4 dicembre'],
    ['2026-11-30', 'de 20 a 30 de novembro de 2026'],
    ['2026-12-04', 'od 20.11.2026 do 04.12.2026.'],
    ['2026-12-04', 'lomalla 20.11.–4.12.2026.'],
    ['2026-11-30', '11月20日から11月30日まで不在'],
    ['2026-11-30', '11月20日至11月30日休假'],
  ])('is the end %s of %s', (day, text) => {
    expect(statedReturn(text, RECEIVED)).toBe(dayAfter(day));
  });

  it.each([
    ['2026-11-23', 'Back on Monday.'],
    ['2026-11-25', 'away until Wednesday'],
    ['2026-11-28', 'back on Saturday'],
    ['2026-11-23', 'bis Montag'],
    ['2026-11-23', 'De retour lundi.'],
    ['2026-11-25', 'hasta el miércoles'],
    ['2026-11-22', 'I am back tomorrow.'],
  ])('is %s, the next that is called so: %s', (day, text) => {
    expect(statedReturn(text, RECEIVED)).toBe(dayAfter(day));
  });

  it.each([
    'I was back on 2026-08-01.',
    'away until 1 October',
    'back on Monday, 16 November 2026',
    'until October 2026',
    'within 24/7 hours again',
    'I am back.\n\n24 November is our open day.',
    'I am back soon. On 24 November we launch.',
    'Please do not hesitate to call Bob before December 10',
    'from 1 December I am away',
    'until 13.13.2026',
    'back in 5 minutes',
    'bis 2026',
  ])('is none: %s', (text) => {
    expect(statedReturn(text, RECEIVED)).toBeUndefined();
  });

  describe('a date in figures with two readings', () => {
    it.each([
      ['that is still to come', 'until 05/12/2026', '2026-11-21', '2026-12-05'],
      ['that is still to come, whichever comes first', 'until 12/01/2026', '2026-11-21', '2026-12-01'],
      ['that is still to come, of a range’s end', 'from 10/12/2026 to 11/12/2026', '2026-11-21', '2026-12-11'],
      ['that is still to come, written short', 'until 05-12-26', '2026-11-21', '2026-12-05'],
      ['that is still to come, without its year', 'I am back 12/05.', '2026-11-21', '2026-12-05'],
      ['that is today, and not over', 'back 11/12', '2026-12-11', '2026-12-11'],
      ['within 60 days, where the other is further', 'back 07/10', '2026-07-01', '2026-07-10'],
      ['that comes later, where both are near', 'until 02/03', '2026-02-02', '2026-03-02'],
      ['of the year that begins', 'back 04/01', '2026-12-28', '2027-01-04'],
      ['of the year that begins, although it is said to be', 'back 01/04/2027', '2026-12-28', '2027-01-04'],
      [
        'that another language makes certain',
        'En congé jusqu’au 06/05/2026. I am back 06/05/2026.',
        '2026-05-01',
        '2026-05-06',
      ],
      ['that is also said in words', 'Away until 6 May. I return on 05/06.', '2026-05-01', '2026-05-06'],
    ])('is the one %s: %s', (_, text, today, day) => {
      expect(statedReturn(text, `${today}T10:00:00Z`)).toBe(dayAfter(day));
    });

    it.each([
      ['the later one of two', 'back 02/01', '2026-12-28', '2027-01-27'],
      ['the later one of two, with their year', 'back 01/02/2027', '2026-12-28', '2027-01-27'],
      ['one on the 60th day', 'back 11/10', '2026-08-12', '2026-09-11'],
    ])('is no later than 30 days from now, for %s: %s', (_, text, today, cap) => {
      expect(statedReturn(text, `${today}T10:00:00Z`)).toBe(dayAfter(cap));
    });

    it.each([
      ['both are over', 'until 05/07/2026', '2026-11-21'],
      ['both are far', 'until 05/07/2027', '2026-11-21'],
      ['both are next year’s, and far', 'until 03/04', '2026-11-21'],
      ['the nearer comes in 61 days', 'back 11/10', '2026-08-11'],
      ['they are a part of something', 'back after 1/2 day', '2026-12-28'],
      ['they are half of one that is none', 'until 05/12/2026/7', '2026-11-21'],
    ])('is none where %s: %s', (_, text, today) => {
      expect(statedReturn(text, `${today}T10:00:00Z`)).toBeUndefined();
    });
  });

  it('is at most 30 days from now, however long the absence', () => {
    expect([
      statedReturn('on leave until March 1, 2027', RECEIVED),
      statedReturn('Rückkehr: 7. Jänner', RECEIVED),
      statedReturn('until 2029-01-01', RECEIVED),
    ]).toEqual(['2026-12-22T00:00:00Z', '2026-12-22T00:00:00Z', undefined]);
  });

  it.each([
    'until ',
    'back on 1 ',
    '1 - ',
    '1 jan ',
    '12. ',
    '1/1/',
    'a. ',
    '(a) ',
    '月',
    '1月1日',
    'do a b c d ',
    'until 2/3 bis 5.6. ',
    '8:00 ',
    '\n ',
    'jan',
  ])('is looked for in time linear in what is read: %j', (piece) => {
    for (let i = 0; i < 50; i++) statedReturn(piece.repeat(100_000), RECEIVED);
  });
});

/** Croatian October is Polish and Czech November. */
const OTHER_MONTH = 'hr 10';

describe('the months of each language', () => {
  it.each(Object.keys(LANGUAGES))('are read as their calendar writes them: %s', (language) => {
    const written = (['long', 'numeric'] as const).flatMap((month) =>
      Array.from({ length: 12 }, (_, place) => {
        const day = new Date(Date.UTC(2026, place, 19));
        const format = { day: 'numeric', month, year: 'numeric', timeZone: 'UTC', calendar: 'gregory' } as const;
        const text = new Intl.DateTimeFormat(language, format).format(day);
        const received = `2026-${String(place + 1).padStart(2, '0')}-03T00:00:00Z`;
        return { name: `${language} ${place + 1}`, text, found: statedReturn(`until ${text}`, received), day };
      }),
    );
    const missed = written
      .filter(
        ({ name, found, day }) => name !== OTHER_MONTH && !found?.startsWith(day.toISOString().slice(0, 8) + '20'),
      )
      .map(({ text, found }) => [text, found]);
    expect(missed).toEqual([]);
  });
});
