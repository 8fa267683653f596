import { NO_PHRASES, type Phrases } from '../phrases.ts';

/** French. */
export const fr: Phrases = {
  ...NO_PHRASES,
  automaticSubject: [
    "réponse automatique|reponse auto|réponse d'absence|message d'absence|notification d'absence|avis d'absence",
    'message automatique|réponse automatisée|accusé de réception|réponse auto',
    'accusé de réception automatique',
  ],
  absenceSubject: [
    'absence du bureau|absent du bureau|absente du bureau|absent|absente',
    'en congés|en congé|absence|en vacances|je suis absent|je suis absente|actuellement absent',
  ],
  bounceSubject: ["non remis|non distribuable|échec de la remise|notification d'échec"],
  delaySubject: ['différée|retardée'],
  deliveredSubject: ['remis :'],
  receiptSubject: ['lu|non lu'],
  receiptText: ['votre message'],
  away: ['en congé|en congés|en vacances|absent|absente|absence'],
  awaySubject: ['congé|congés|vacances|feries'],
  robot: [
    'réponse automatique|message automatique|généré automatiquement|ticket a été créé',
    'ne pas répondre à ce|merci de ne pas répondre|message généré automatiquement',
    'accusons réception',
  ],
  receipt: [
    'votre demande a bien été|bien reçu votre message|bien reçu votre demande',
    'nous avons bien reçu|numéro de ticket|dans les plus brefs délais|réponse vous sera',
  ],
  challenge: ["vérification de l'expéditeur|prouver que vous êtes|confirmer que vous êtes"],
  left: [
    'ne (?:travaille|fait) plus (?:partie|chez|pour|dans|ici|a|au)',
    'ne travaille plus',
    "(?:n'est|ne suis) plus (?:en poste|employee?|salariee?|chez|dans|au sein)",
    "(?:a|ai) quitte (?:l'entreprise|la societe|notre|ses fonctions|le groupe)",
  ],
  back: ['retour|reviens|reviendrai|rentre|rentrerai'],
  until: ['jusqu'],
  untilAtOnce: ['au'],
  between: ['au|et'],
  months: ['janv|janvier', 'fevr|fevrier', 'mars', 'avr|avril', 'mai', 'juin', 'juil|juillet', 'aout', '', '', '', ''],
  weekdays: ['lundi', 'mardi', 'mercredi', 'jeudi', 'vendredi', 'samedi', 'dimanche'],
  tomorrow: ['demain'],
  stop: [
    '(?:je (?:souhaite|veux|voudrais) |veuillez )?(?:de )?(?:me |se |nous )?(?:desabonner|desinscrire|' +
      'desabonnement|desinscription|desabonnez moi|desinscrivez moi)(?: de (?:votre|cette|la|vos) (?:listes?|' +
      'newsletters?|mailing)(?: de diffusion)?)?',
    '(?:veuillez |de )?(?:(?:me |nous )?(?:retirer|supprimer|enlever|rayer)|(?:retirez|supprimez|enlevez|' +
      'rayez) moi) de (?:votre|vos|cette|la) (?:listes?|base|newsletters?|mailing|fichiers?)(?: (?:de ' +
      ')?(?:diffusion|donnees|clients))?',
    'je ne (?:souhaite|veux|desire) plus recevoir (?:de |vos |ces |d )?(?:mails?|e ?mails?|messages?|' +
      'newsletters?)',
    'ne m (?:ecrivez|envoyez|contactez) plus(?: (?:de )?(?:mails?|e ?mails?|messages?))?',
    '(?:merci de )?ne plus (?:me|nous) (?:contacter|ecrire|solliciter)',
    'ne plus recevoir (?:vos|de) (?:mails?|e ?mails?|messages?)',
    'arrêtez(?: de m écrire| vos mails| vos messages| les mails)?',
    'stop(?: aux)? (?:mails?|pub|publicité)',
    'plus de (?:mails?|messages?|e ?mails?)',
  ],
  please: ['svp|merci|veuillez', 'cordialement|bien|a|vous|bonne|journée|salutations|beaucoup|madame|monsieur'],
  dismissal: ['(?:je ne suis |nous ne sommes )?pas interesse[es]*', 'non merci'],
  greeting: ['bonjour|madame'],
  quoteTitle: ['message d'],
  quoteFrom: ['de'],
  quoteDate: ['le'],
  quoteWrote: ['a écrit'],
};
