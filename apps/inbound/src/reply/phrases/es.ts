import { NO_PHRASES, type Phrases } from '../phrases.ts';

/** Spanish. */
export const es: Phrases = {
  ...NO_PHRASES,
  automaticSubject: [
    'respuesta automática|contestación automática|mensaje automático',
    'respuesta automatizada|acuse de recibo|auto respuesta|autorespuesta|respuesta auto',
  ],
  absenceSubject: [
    'fuera de la oficina|fuera de oficina|ausente|ausencia|de vacaciones|estoy de vacaciones',
    'estoy fuera de la oficina|fuera de la oficina por vacaciones|no estoy en la oficina|estoy ausente',
    'cerrado por vacaciones|mensaje de ausencia|ausencia temporal',
  ],
  bounceSubject: ['no se puede entregar|no se pudo entregar|correo no entregado|devuelto'],
  delaySubject: ['retrasado'],
  deliveredSubject: ['entregado:'],
  receiptSubject: ['leído|no leído'],
  receiptText: ['el mensaje|su mensaje'],
  away: ['de vacaciones|fuera de la oficina|fuera de oficina|ausente|baja por maternidad|baja médica'],
  awaySubject: ['vacaciones|baja por maternidad|baja por paternidad|baja médica|permiso de paternidad'],
  itself: [
    'este es un mensaje automático|esta es una respuesta automática|este es un correo automático',
    'este mensaje ha sido generado automáticamente|este correo ha sido generado automáticamente',
    'este mensaje se ha generado automáticamente|mensaje generado automáticamente',
  ],
  meanwhile: [
    'en caso de urgencia|para urgencias|asuntos urgentes|temas urgentes|caso urgente|cuestiones urgentes',
    'no tendré acceso|sin acceso al correo|no leeré|no será leído|no será reenviado|a mi regreso',
    'a mi vuelta|dirigir sus mensajes',
  ],
  urgent: ['urgen*'],
  updated: ['ha sido actualizada|se ha actualizado|ha añadido un comentario'],
  wants: [
    'presupuesto|precio|precios|oferta|demo|demostración|contrato|factura|interesa|interesado|interesada',
    'interesados|llámeme|llámame|envíeme|envíame|envíenme|mándame|mándeme|mande|me viene bien|nos viene bien',
    'de acuerdo|me va bien|firmar|firmamos|puedo decidir|adelante|probar|probarlo|hablamos|hablemos|nos gusta',
    'me gusta|una prueba|la prueba',
  ],
  robot: [
    'respuesta automática|mensaje automático|generado automáticamente|se ha creado un ticket',
    'no responda a este|no responda este',
    'solicitud ha sido recibida|solicitud ha sido registrada|ticket ha sido creado|se ha creado un ticket|' +
      'hemos recibido su solicitud',
    'nuestro personal de asistencia|nuestro personal de soporte',
    'revisada por nuestro equipo|revisada por nuestro personal|siendo revisada por',
    'valore nuestro|cómo lo hicimos|encuesta de satisfacción|confirmación de recepción|acuse de recibo',
  ],
  receipt: [
    'hemos recibido su mensaje|hemos recibido su solicitud|hemos recibido tu mensaje',
    'hemos recibido su consulta|número de ticket|a la mayor brevedad|lo antes posible',
    'hemos recibido tu solicitud|su solicitud ha sido recibida|para agregar comentarios',
    'para añadir comentarios|se ha recibido su solicitud|su solicitud se ha recibido|gracias por contactarnos',
    'gracias por ponerse en contacto|un agente le|se pondrá en contacto|se pondrá en contacto con usted',
    'le responderá|le contactará|número de caso|será atendido|orden de llegada|te contestará|le contestará',
    'a la brevedad',
  ],
  left: [
    'ya no (?:trabaja|trabajo|labora|laboro|forma parte|formo parte|pertenece)',
    '(?:ha|he) dejado (?:la empresa|de trabajar)',
    'ha causado baja',
  ],
  back: ['regreso|regresaré|vuelvo|volveré|vuelta|reincorporo|reincorporaré|de nuevo|nuevamente|disponible'],
  until: ['hasta'],
  untilAtOnce: ['al'],
  between: ['al|y|a'],
  months: [
    'ene|enero',
    'febrero',
    '',
    'abr|abril',
    'mayo',
    'junio',
    'julio',
    'ago|agosto',
    'septiembre',
    'octubre',
    'noviembre',
    'dic|diciembre',
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
    '(?:dadme|darnos|damos?|dad) de baja(?: de (?:la|su|esta|tu|vuestra) lista)?',
    '(?:quitar|quitad|quitadme|sacar|borrar)(?:me)? de (?:la|su|esta|tu|vuestra) lista',
    'no (?:deseo|quiero) recibir (?:mas )?(?:sus )?(?:correos|emails|mensajes)(?: suyos)?',
    'deje de (?:escribirme|enviarme correos)',
    'dejen de (?:escribirme|enviarme correos)',
    'quiero cancelar mi suscripcion',
    'anular suscripcion',
    '(?:quiero |deseo |solicito |me gustaria )?(?:darme de baja|dadme de baja|deme de baja|denme de baja|dar ' +
      'de baja|mi baja|baja|la baja)(?: (?:de|en) (?:la|esta|su|vuestra) (?:lista|newsletter|base de datos|' +
      'boletin))?',
    '(?:no (?:me )?(?:escriban?|escribas|contacten?|envien?|envies|manden?|mandes|molesten?)(?: me)?(?: ' +
      'mas)?(?: (?:correos?|e ?mails?|mensajes|publicidad))?(?: mas)?)',
    '(?:eliminen?|borren?|quiten?|saquen?|remuevan?)(?: ?me)?(?: (?:mi correo|mis datos|mi direccion))?(?: ' +
      'de (?:la|esta|su|sus) (?:listas?|base(?: de datos)?)(?: de (?:correo|distribucion))?)?',
    '(?:eliminenme|borrenme|quitenme|saquenme|eliminame|borrame|quitame|sacame)(?: de (?:la|esta|su|tu) ' +
      '(?:lista|base)(?: de (?:correo|distribucion|datos))?)?',
    '(?:dejen|deja|dejad) de (?:escribirme|enviarme (?:correos|e ?mails|mensajes)|mandarme (?:correos|e ' +
      '?mails|mensajes)|molestar)',
    'cancelar (?:la |mi )?(?:suscripcion|subscripcion)|desuscribir(?:me)?|desuscribanme|desuscribirse',
    'no (?:quiero|deseo) (?:recibir )?mas (?:correos?|e ?mails?|mensajes)',
    'basta|alto',
  ],
  please: ['por|favor|gracias', 'saludos|un|cordiales|muchas|atentamente|buenas|tardes|buenos|dias', 'favor'],
  dismissal: ['no (?:me |nos )?interesa', 'no (?:estoy|estamos) interesad[oa]s?', 'no gracias'],
  greeting: ['hola|buenos dias|estimad'],
  quoteTitle: ['mensaje'],
  quoteFrom: ['de'],
  quoteDate: ['el'],
  quoteWrote: ['escribió'],
  challenge: [
    'confirmar que no es un robot|confirme que es una persona|para que su mensaje sea entregado|' +
      'verificación del remitente|confirmación de remitente',
  ],
  assent: ['sí,|claro|por supuesto|de acuerdo|me interesa|nos interesa|encantado|perfecto|no gracias'],
  recallSubject: ['recuperar|recuperación|recuperación de mensaje|retirar'],
  recallText: ['(?:desea|quiere|desearia|quisiera) (?:recuperar|retirar) (?:el|este) mensaje'],
  removal: ['sacar|saque|saquen|elimin*|borr*|quit*|suprim*|exclu*|retir*'],
  refusal: ['no|nunca|paren|basta|dej*'],
  mailing: [
    'enviar|envíe|envíen|envíes|enviarme|escribir|escriba|escriban|escribirme|escribáis|enviéis|contacten',
    'contactar|contactarme|mandar|manden|mande|mandarme|mandéis|remitan',
  ],
  ofList: [
    'me|mi|mis|nuestra|nuestro|dirección|correo|correos|electrónico|electrónicos|email|emails|e|mail|mails',
    'nombre|datos|de|del|la|las|el|los|su|sus|vuestra|vuestro|esta|tu|lista|listas|distribución|base|boletín',
    'envíos|contactos|más|mensajes|a|ruego|solicito|quiero|que|favor|publicidad|les|estos|esos|otro|otros',
  ],
  ticket: [
    'su solicitud|su caso|su ticket|su mensaje|su consulta|tu solicitud|tu caso|tu ticket|tu mensaje',
    'tu consulta|su petición|caso|su correo|ticket|solicitud|incidencia|reclamación',
  ],
  filed: [
    'registrado|registrada|recibido|recibida|creado|creada|abierto|abierta|cerrado|cerrada|resuelto|resuelta',
    'asignado|llegado|derivado|derivada|asignada',
  ],
};
