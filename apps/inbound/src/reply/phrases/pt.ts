import { NO_PHRASES, type Phrases } from '../phrases.ts';

/** Portuguese. */
export const pt: Phrases = {
  ...NO_PHRASES,
  automaticSubject: [
    'resposta automática',
    'mensagem automática|confirmação de recebimento|resposta automatizada|confirmação de receção',
  ],
  absenceSubject: [
    'ausência|ausência do escritório|fora do escritório|ausência temporária|ausente',
    'de férias|estou de férias|em férias|ausente do escritório|estou fora do escritório',
  ],
  bounceSubject: ['não é possível entregar|não entregue|falha na entrega'],
  delaySubject: ['atrasada'],
  receiptSubject: ['lida|lido|não lida'],
  receiptText: ['a sua mensagem|sua mensagem'],
  away: ['de férias|em férias|fora do escritório'],
  awaySubject: ['férias'],
  robot: ['mensagem automática|resposta automática|ticket foi criado|chamado foi aberto', 'não responda a este'],
  receipt: [
    'recebemos sua mensagem|recebemos a sua mensagem|recebemos o seu pedido',
    'recebemos sua solicitação|o mais breve possível|em breve|assim que possível',
  ],
  left: [
    'nao (?:trabalh[ao] mais|fa[zc]o? mais parte)',
    'ja nao (?:trabalha|faz parte|trabalho)',
    'deixou (?:a empresa|de trabalhar)',
  ],
  back: ['retorno|retornarei|volto|voltarei|regresso|regressarei'],
  until: ['até'],
  untilAtOnce: ['ao|a'],
  between: ['a|ao|e'],
  months: [
    'janeiro',
    'fev|fevereiro',
    'marco',
    'abr|abril',
    'maio',
    'junho',
    'julho',
    'ago|agosto',
    'set|setembro',
    'out|outubro',
    '',
    'dez|dezem*',
  ],
  weekdays: ['segunda', 'terca', 'quarta', 'quinta', 'sexta', 'sabado', 'domingo'],
  tomorrow: ['amanha'],
  stop: [
    '(?:quero |gostaria de )?(?:cancelar (?:a |minha )?(?:inscricao|subscricao|assinatura)|descadastrar|' +
      'remover|me descadastrar)',
    '(?:removam?|retirem?|excluam?|tirem?|descadastrem?) me(?: (?:da|de|desta|dessa)(?: sua)? (?:lista|' +
      'base|newsletter))?(?: de e ?mails?)?',
    'nao (?:quero|desejo) mais receber (?:e ?mails?|mensagens)',
    'pare(?:m)? de (?:me )?(?:enviar|mandar) (?:e ?mails?|mensagens)',
    'quero (?:me )?(?:descadastrar|sair da lista)',
    'cancelar subscrição',
    'cancelem? minha inscricao',
    'nao me (?:envie|enviem|mandem|mande) mais (?:e ?mails?|mensagens)',
  ],
  please: ['por|favor', 'obrigado|obrigada|atenciosamente|cumprimentos|abraço|abs|saudações|com|os|melhores'],
  dismissal: ['nao (?:tenho|temos) interesse', 'nao obrigad[oa]', 'sem interesse'],
  greeting: ['ola|bom dia|prezad'],
  quoteFrom: ['de'],
  quoteDate: ['em'],
  quoteWrote: ['escreveu'],
};
