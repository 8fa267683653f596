import { NO_PHRASES, type Phrases } from '../phrases.ts';

/** Galician. */
export const gl: Phrases = {
  ...NO_PHRASES,
  automaticSubject: ['resposta automática|mensaxe automática'],
  absenceSubject: ['fóra da oficina|de vacacións|estou de vacacións|ausente da oficina'],
  away: ['de vacacións|fóra da oficina'],
  robot: [
    'mensaxe automática|xerado automaticamente|non responda a esta',
    'a súa solicitude foi recibida|mensaxe automática',
  ],
  receipt: [
    'recibimos a súa mensaxe|recibimos a túa mensaxe|recibimos a súa solicitude|canto antes',
    'o antes posible',
    'grazas por contactar|o antes posible',
  ],
  back: ['regresarei|volverei'],
  until: ['ata'],
  months: ['xaneiro', 'febreiro', '', '', 'maio', 'xuño', 'xullo', '', 'setembro', 'outubro', 'novembro', 'decembro'],
  stop: [
    '(?:quero )?darme de baixa(?: da (?:lista|newsletter))?',
    '(?:elimíneme|elimínenme|bórrenme|quítenme) da (?:lista|súa lista)',
    'non (?:quero|desexo) recibir máis (?:correos|mensaxes)',
    'non me (?:envíen|escriban) máis(?: (?:correos|mensaxes))?',
    '(?:dádeme|déame|quero darme) de baixa(?: da lista)?',
    'non me (?:escriban|envíen)(?: máis)?(?: correos)?',
  ],
  please: ['por|favor|grazas|saúdos|atentamente|bos|días'],
  dismissal: ['non (?:me|nos) interesa', 'non grazas'],
  greeting: ['ola|bos días|estimad'],
  assent: ['si,|claro|por suposto'],
};
