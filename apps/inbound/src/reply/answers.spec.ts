import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from '@jest/globals';
import { readMail } from '../mail/mail.ts';
import { classify } from './class.ts';
import type { Classified } from './facts.ts';
import type { Phrases } from './phrases.ts';
import { LANGUAGES } from './phrases/languages.ts';

/** An answer of the corpus, and its class. */
interface Answer {
  class: string;
  subject: string;
  headers?: Record<string, string>;
  text: string;
  until?: string;
}

const folder = new URL('../../../../libs/testing/src/answers/', import.meta.url);
const corpus = readdirSync(folder).map(
  (name) => [name.replace('.json', ''), JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as Answer[]] as const,
);
const all = corpus.flatMap(([language, answers]) =>
  answers.map((answer) => ({ language, answer, found: read(answer) })),
);

function read({ subject, headers = {}, text }: Answer): Classified {
  const head = Object.entries({ From: 'Jo Park <jo@example.org>', ...headers });
  const fields = {
    headers: head.map(([name, value]) => `${name}: ${value}`).join('\n'),
    envelope: '{"to":["r+abc@reply.example.com"],"from":"jo@example.org"}',
    subject,
    text,
  };
  return classify(readMail({ fields, cut: [], attachments: [] }), '2026-11-21T10:00:00Z');
}
const classOf = (found: Classified): string => ('class' in found ? found.class : found.notAReply);
const MACHINES = ['auto', 'out-of-office', 'left', 'receipt', 'bounce'];
const wrong = (of: (expected: string) => boolean, isWrong: (found: string, expected: string) => boolean): string[] =>
  all
    .filter(({ answer, found }) => of(answer.class) && isWrong(classOf(found), answer.class))
    .map(({ language, answer, found }) => `${language}: ${answer.subject} / ${answer.text} -> ${classOf(found)}`);

describe('the corpus of answers', () => {
  const isMachine = (one: string): boolean => MACHINES.includes(one);
  const isPerson = (one: string): boolean => one === 'human';
  const count = (of: (expected: string) => boolean): number => all.filter(({ answer }) => of(answer.class)).length;
  const people = wrong(isPerson, (one) => !isPerson(one));
  const machines = wrong(isMachine, (one) => !isMachine(one));

  afterAll(() => {
    process.stdout.write(
      `${all.length} answers in ${corpus.length - 1} languages; of ${count(isPerson)} people ${people.length} and of ` +
        `${count(isMachine)} machines ${machines.length} are misread\n`,
    );
  });

  it('has a file for every language of the phrases, with every class', () => {
    expect(corpus.map(([language]) => language).sort()).toEqual([...Object.keys(LANGUAGES), 'others'].sort());
    for (const [language, answers] of corpus)
      expect([language, ...new Set(answers.map((one) => one.class))]).toEqual(
        expect.arrayContaining(['human', 'auto', 'unsubscribe', ...(language === 'others' ? [] : ['out-of-office'])]),
      );
    expect(all.length).toBeGreaterThanOrEqual(300);
  });

  it('has no person who is taken for a machine', () => {
    expect(people).toEqual([]);
  });

  it('has at most 2 % of machines taken for people', () => {
    expect(machines.length > 0.02 * count(isMachine) ? machines : []).toEqual([]);
  });

  it('has no request for no more mail that is missed', () => {
    expect(
      wrong(
        (one) => one === 'unsubscribe',
        (one) => one !== 'unsubscribe',
      ),
    ).toEqual([]);
  });

  it('has the day of return of each absence', () => {
    const missed = all.filter(({ answer, found }) => answer.until !== ('until' in found ? found.until : undefined));
    expect(missed.map(({ language, answer, found }) => [language, answer.text, found])).toEqual([]);
  });

  it.each(Object.entries<Phrases>(LANGUAGES))('has no program that answers us with a yes: %s', (language, phrases) => {
    const wordOf = (list: readonly string[]): string =>
      list[0]?.split('|')[0]?.replace('*', '').replace(/,$/, '') ?? '';
    const [yes, away] = [wordOf(phrases.assent), wordOf(phrases.away)];
    expect([language, yes]).not.toEqual([language, '']);
    const [subject, headers] = ['x', { 'Auto-Submitted': 'auto-generated' }];
    for (const text of [`${yes}, ${away}`, `Sam, ${yes}, ${away}`])
      expect(read({ class: 'human', subject, headers, text })).toMatchObject({ class: 'human' });
    if (away)
      expect(read({ class: 'out-of-office', subject, headers, text: away })).not.toMatchObject({ class: 'human' });
  });

  it('has the words of a program in a subject, unless the person answers it', () => {
    const [headers, text] = [{ 'Auto-Submitted': 'auto-generated' }, 'Petra calls you on Thursday.'];
    const subject = 'Your ticket has been received';
    expect(read({ class: 'auto', subject, headers, text })).toMatchObject({ class: 'auto' });
    expect(read({ class: 'human', subject: `RE: ${subject}`, headers, text })).toMatchObject({ class: 'human' });
  });

  it('has short evidence with the words of each request', () => {
    for (const { answer, found } of all.filter(({ answer: one }) => one.class === 'unsubscribe')) {
      expect(found.evidence).toMatch(/^(?:subject )?says: ./);
      expect(found.evidence.length).toBeLessThanOrEqual(220);
      expect(`${answer.subject}\n${answer.text}`.replace(/\s+/g, ' ')).toContain(
        found.evidence.replace(/^(?:subject )?says: /, ''),
      );
    }
  });
});
