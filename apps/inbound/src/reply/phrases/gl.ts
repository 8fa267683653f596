import { NO_PHRASES, type Phrases } from '../phrases.ts';

/** Galician. */
export const gl: Phrases = {
  ...NO_PHRASES,
  automaticSubject: ['resposta automática|mensaxe automática'],
  absenceSubject: ['fóra da oficina|de vacacións|estou de vacacións|ausente da oficina|ausencia|ausente'],
  awaySubject: ['vacacións'],
  away: ['de vacacións|fóra da oficina|ausente'],
  itself: ['esta é unha mensaxe automática|esta é unha resposta automática|mensaxe xerada automaticamente'],
  meanwhile: ['en caso de urxencia|para urxencias|casos urxentes|ao meu regreso'],
  urgent: ['urxen*'],
  wants: [
    'orzamento|prezo|prezos|oferta|demo|contrato|factura|interésame|interesa|interesado|interesada',
    'chámeme|chámame|envíeme|mándeme',
  ],
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
  months: [
    'xaneiro|xan',
    'febreiro',
    '',
    '',
    'maio',
    'xuño',
    'xullo|xul',
    '',
    'setembro',
    'outubro',
    'novembro',
    'decembro',
  ],
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
