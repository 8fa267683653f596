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
    'absence du bureau|absent du bureau|absente du bureau|absent|absente|en congés|en congé|absence',
    'en vacances|je suis absent|je suis absente|actuellement absent|absent(e) du bureau|je suis en congé',
    'je suis en congés|je suis en vacances|absence temporaire',
  ],
  bounceSubject: ["non remis|non distribuable|échec de la remise|notification d'échec"],
  delaySubject: ['différée|retardée'],
  deliveredSubject: ['remis :'],
  receiptSubject: ['lu|non lu'],
  receiptText: ['votre message'],
  away: ['en congé|en congés|en vacances|absent|absente|absence|congé maternité|congé parental', 'congé de maternité'],
  awaySubject: ['congé|congés|vacances|feries|congé maternité|congé parental|fermeture annuelle'],
  itself: [
    'ceci est un message automatique|ceci est une réponse automatique|ceci est un e-mail automatique',
    'ceci est un email automatique|ceci est un courriel automatique',
    'ce message a été généré automatiquement|cet e-mail a été généré automatiquement',
    'ce message est généré automatiquement|message automatique, merci',
  ],
  meanwhile: [
    "en cas d'urgence|pour toute urgence|pour les urgences|cas urgent|demande urgente",
    'ne consulte pas ma messagerie|ne consulterai pas|pas accès à ma messagerie|pas accès à mes mails',
    'ne sera pas lu|ne seront pas lus|ne sera pas transféré|à mon retour|dès mon retour',
    'veuillez adresser vos',
  ],
  urgent: ['urgen*'],
  updated: ['a été mise à jour|a été mis à jour|a ajouté un commentaire'],
  wants: [
    'devis|prix|tarif|tarifs|démo|démonstration|contrat|facture|intéresse|intéressé|intéressée|intéressés',
    "appelez-moi|rappelez-moi|envoyez-moi|envoyez-nous|budget|me convient|nous convient|d'accord|ça me va",
    'je signe|signons|signer|je peux décider|votre dossier|nous plaît|me plaît|parlons|parlons-en|on se parle',
    'essayer|tester|un essai|on en parle',
  ],
  robot: [
    'réponse automatique|message automatique|généré automatiquement|ticket a été créé',
    'ne pas répondre à ce|merci de ne pas répondre|message généré automatiquement',
    'accusons réception',
    'demande a bien été enregistrée|demande a été enregistrée|ticket a été créé|demande a bien été reçue|' +
      'demande a été reçue',
    "en cours de traitement par notre équipe d'assistance|en cours de traitement par notre équipe de support",
    "examinée par notre équipe d'assistance|examinée par notre équipe de support",
    'traitée par notre équipe d’assistance|examinée par notre équipe d’assistance',
    'évaluer notre|êtes-vous satisfait|donnez-nous votre avis|accusé de réception',
  ],
  receipt: [
    'votre demande a bien été|bien reçu votre message|bien reçu votre demande|nous avons bien reçu',
    "numéro de ticket|dans les plus brefs délais|réponse vous sera|pour ajouter d'autres commentaires",
    'a bien été reçue|votre message a bien été|merci de nous avoir contactés|un conseiller vous répondra',
    'votre demande a été|prendra contact|vous répondra|reviendront vers vous|reviendra vers vous',
    'vous recontactera|sous 48|sous 24|vous contactera|numéro de dossier',
  ],
  challenge: [
    "vérification de l'expéditeur|prouver que vous êtes|confirmer que vous êtes",
    "demande d'authentification|vous authentifier et débloquer|débloquer votre message|" +
      'pour que votre message soit remis',
  ],
  left: [
    'ne (?:travaille|fait) plus (?:partie|chez|pour|dans|ici|a|au)',
    'ne travaille plus',
    "(?:n'est|ne suis) plus (?:en poste|employee?|salariee?|chez|dans|au sein)",
    "(?:a|ai) quitte (?:l'entreprise|la societe|notre|ses fonctions|le groupe)",
  ],
  back: ['retour|reviens|reviendrai|rentre|rentrerai|de nouveau|à nouveau|joignable'],
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
    '(?:veuillez )?(?:me )?(?:desinscrire|desabonner|retirer)(?: moi)?(?: de (?:la|votre|cette) (?:liste|' +
      'newsletter|base))?(?: de diffusion)?',
    '(?:ne m ecrivez plus|ne plus m ecrire|ne plus me (?:contacter|solliciter|deranger|relancer)|cessez de m ' +
      'ecrire|laissez moi tranquille)',
    '(?:plus de|stop aux) (?:mails|e ?mails|messages|relances)',
    '(?:supprimez|effacez|retirez|enlevez) (?:moi|mon adresse|mes donnees)(?: de (?:la|votre|vos|cette) ' +
      '(?:listes?|base|fichiers?)(?: de diffusion)?)?',
    'desinscription|desabonnement',
    'arretez(?: (?:de m ecrire|de m envoyer (?:des|vos) (?:mails|e ?mails|messages)|vos (?:mails|e ?mails|relances)))?',
    'stop pub|stop mail',
  ],
  please: [
    'svp|merci|veuillez',
    'cordialement|bien|a|vous|bonne|journée|salutations|beaucoup|madame|monsieur',
    's|il|vous|plait|te|svp|stp',
  ],
  dismissal: ['(?:je ne suis |nous ne sommes )?pas interesse[es]*', 'non merci'],
  greeting: ['bonjour|madame'],
  quoteTitle: ['message d'],
  quoteFrom: ['de'],
  quoteDate: ['le'],
  quoteWrote: ['a écrit'],
  assent: ["oui|volontiers|avec plaisir|d'accord|bien sûr|parfait|cela m'intéresse|ça m'intéresse|non merci"],
  recallSubject: ['rappel|rappeler'],
  recallText: ['(?:souhaite|souhaiterait|aimerait|voudrait) (?:rappeler|retirer) le message'],
  removal: ['enlever|enlevez|ôter|supprim*|retir*|ray*|effac*|désinscri*|désabonn*|radi*'],
  refusal: ['ne|n|pas|plus|jamais|aucun|cess*|arrêt*'],
  mailing: ['envoyer|envoyez|écrire|écrivez|contacter|contactez|solliciter|sollicitez|relancer|adresser|adressez'],
  ofList: [
    'je|souhaite|voudrais|veux|être|de|me|m|moi|nous|mon|mes|notre|adresse|e|mail|mails|email|emails|courriel',
    'courriels|électronique|nom|coordonnées|données|votre|vos|cette|la|les|des|du|liste|listes|diffusion|base',
    "fichier|fichiers|newsletter|mailing|contacts|messages|à|d|l|l'avenir|avenir|bien|vouloir|ces|cet|ce|tous",
    'toute|toutes',
  ],
  ticket: [
    'votre demande|votre ticket|votre message|votre requête|votre dossier|votre courriel|votre e-mail',
    'un ticket|ta demande|votre mail|votre réclamation|ticket',
  ],
  filed: [
    'enregistrée|enregistré|reçue|reçu|créé|créée|ouvert|ouverte|fermé|fermée|clôturé|clôturée|transmise',
    'transmis|pris en charge|prise en charge|parvenu|parvenue|traité|traitée|attribué|attribuée',
  ],
};
