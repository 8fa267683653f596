import type { Phrases } from '../phrases.ts';

/** Spanish. */
export const es: Phrases = {
  spaced: true,
  monthFirst: false,
  automaticSubject: ['respuesta automática|contestación automática|mensaje automático'],
  absenceSubject: ['fuera de la oficina|fuera de oficina|ausente|ausencia'],
  bounceSubject: ['no se puede entregar|no se pudo entregar|correo no entregado|devuelto'],
  delaySubject: ['retrasado'],
  deliveredSubject: ['entregado:'],
  receiptSubject: ['leído|no leído'],
  receiptText: ['el mensaje|su mensaje'],
  away: ['de vacaciones|fuera de la oficina|fuera de oficina|ausente'],
  awaySubject: ['vacaciones'],
  robot: ['respuesta automática|mensaje automático|generado automáticamente'],
  left: [
    'ya no (?:trabaja|trabajo|labora|laboro|forma parte|formo parte|pertenece)',
    '(?:ha|he) dejado (?:la empresa|de trabajar)',
    'ha causado baja',
  ],
  back: ['regreso|regresaré|vuelvo|volveré|vuelta|reincorporo|reincorporaré'],
  until: ['hasta'],
  untilAtOnce: ['al'],
  afterDate: [],
  between: ['al|y|a'],
  months: [
    'ene|enero', 'febrero', '', 'abr|abril', 'mayo', 'junio', 'julio', 'ago|agosto', 'septiembre', 'octubre',
    'noviembre', 'dic|diciembre',
  ],
  weekdays: ['lunes', 'martes', 'miercoles', 'jueves', 'viernes', 'sabado', 'domingo'],
  tomorrow: ['manana'],
  stop: [
    '(?:quiero |deseo |solicito )?(?:darme de baja|darse de baja|dar de baja|dame de baja|denme de baja|' +
      'deme de baja|la baja|baja)(?: de (?:la|su|esta|tu) (?:lista|newsletter|suscripcion))?',
    '(?:eliminen?me|eliminame|borren?me|borrame|quiten?me|saquen?me) de (?:la|su|esta|tu) (?:lista|' +
      'base)(?: de (?:correos?|datos|distribucion))?',
    'no me (?:envien|envie|escriban|escriba|contacten|manden)(?: mas)?(?: (?:correos|emails|mensajes))?',
    '(?:quiero )?cancelar (?:la |mi )?suscripcion',
    'no (?:quiero|deseo) recibir mas (?:correos|emails|mensajes)',
    'no mas correos',
  ],
  please: ['por|favor|gracias'],
  greeting: ['hola|buenos dias|estimad'],
  negation: ['no me|nunca'],
  quoteTitle: ['mensaje'],
  quoteFrom: ['de'],
  quoteDate: ['el'],
  quoteWrote: ['escribió'],
};
