import type { Phrases } from '../phrases.ts';

/** Portuguese. */
export const pt: Phrases = {
  spaced: true,
  monthFirst: false,
  automaticSubject: ['resposta automática'],
  absenceSubject: ['ausência|fora do escritório'],
  bounceSubject: ['não é possível entregar|não entregue|falha na entrega'],
  delaySubject: ['atrasada'],
  deliveredSubject: [],
  receiptSubject: ['lida|lido|não lida'],
  receiptText: ['a sua mensagem|sua mensagem'],
  away: ['de férias|em férias|fora do escritório'],
  awaySubject: ['férias'],
  robot: ['mensagem automática|resposta automática'],
  left: [
    'nao (?:trabalh[ao] mais|fa[zc]o? mais parte)',
    'ja nao (?:trabalha|faz parte|trabalho)',
    'deixou (?:a empresa|de trabalhar)',
  ],
  back: ['retorno|retornarei|volto|voltarei|regresso|regressarei'],
  until: ['até'],
  untilAtOnce: ['ao|a'],
  afterDate: [],
  between: ['a|ao|e'],
  months: [
    'janeiro', 'fev|fevereiro', 'marco', 'abr|abril', 'maio', 'junho', 'julho', 'ago|agosto', 'set|setembro',
    'out|outubro', '', 'dez|dezem*',
  ],
  weekdays: ['segunda', 'terca', 'quarta', 'quinta', 'sexta', 'sabado', 'domingo'],
  tomorrow: ['amanha'],
  stop: [
    '(?:quero |gostaria de )?(?:cancelar (?:a |minha )?(?:inscricao|subscricao|assinatura)|descadastrar|' +
      'remover|me descadastrar)',
    '(?:removam?|retirem?|excluam?|tirem?|descadastrem?) me(?: (?:da|de|desta|dessa)(?: sua)? (?:lista|' +
      'base|newsletter))?(?: de e ?mails?)?',
    'nao (?:quero|desejo) mais receber (?:e ?mails?|mensagens)',
  ],
  please: ['por|favor'],
  greeting: ['ola|bom dia|prezad'],
  negation: ['nao'],
  quoteTitle: [],
  quoteFrom: ['de'],
  quoteDate: ['em'],
  quoteWrote: ['escreveu'],
};
