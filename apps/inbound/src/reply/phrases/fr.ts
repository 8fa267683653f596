import type { Phrases } from '../phrases.ts';

/** French. */
export const fr: Phrases = {
  spaced: true,
  monthFirst: false,
  automaticSubject: [
    "réponse automatique|reponse auto|réponse d'absence|message d'absence|notification d'absence|avis d'absence",
  ],
  absenceSubject: ['absence du bureau|absent du bureau|absente du bureau|absent|absente'],
  bounceSubject: ["non remis|non distribuable|échec de la remise|notification d'échec"],
  delaySubject: ['différée|retardée'],
  deliveredSubject: ['remis :'],
  receiptSubject: ['lu|non lu'],
  receiptText: ['votre message'],
  away: ['en congé|en congés|en vacances|absent|absente|absence'],
  awaySubject: ['congé|congés|vacances|feries'],
  robot: ['réponse automatique|message automatique|généré automatiquement'],
  left: [
    'ne (?:travaille|fait) plus (?:partie|chez|pour|dans|ici|a|au)',
    'ne travaille plus',
    "(?:n'est|ne suis) plus (?:en poste|employee?|salariee?|chez|dans|au sein)",
    "(?:a|ai) quitte (?:l'entreprise|la societe|notre|ses fonctions|le groupe)",
  ],
  back: ['retour|reviens|reviendrai|rentre|rentrerai'],
  until: ['jusqu'],
  untilAtOnce: ['au'],
  afterDate: [],
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
  ],
  please: ['svp|merci|veuillez'],
  greeting: ['bonjour|madame'],
  negation: ['pas|jamais'],
  quoteTitle: ['message d'],
  quoteFrom: ['de'],
  quoteDate: ['le'],
  quoteWrote: ['a écrit'],
};
