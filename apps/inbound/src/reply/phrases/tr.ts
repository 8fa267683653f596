import { NO_PHRASES, type Phrases } from '../phrases.ts';

/** Turkish. */
export const tr: Phrases = {
  ...NO_PHRASES,
  automaticSubject: [
    'otomatik yanıt|otomatik cevap',
    'otomatik mesaj|otomatik yanit|otomatik bilgilendirme|otomatik ileti',
  ],
  absenceSubject: [
    'ofis dışında',
    'ofis dışındayım|izindeyim|yıllık izin|yıllık izindeyim|yıllık izinde|tatildeyim',
    'iş yeri dışında|işyeri dışında|ofiste değilim',
  ],
  bounceSubject: ['teslim edilemedi'],
  away: ['izindeyim|izinde', 'yıllık izin*|ofis dışında*|tatildeyim'],
  robot: [
    'otomatik mesaj|lütfen bu e-postayı yanıtlamayın|bu e-postayı yanıtlamayın|destek talebi',
    'otomatik olarak gönderil*|otomatik olarak oluşturul*',
  ],
  receipt: [
    'mesajınız alınmıştır|mesajınızı aldık|talebiniz alınmıştır|talebiniz bize ulaştı',
    'en kısa sürede|talep numarası',
  ],
  back: ['döneceğim|dönüyorum|dönüş'],
  afterDate: ['kadar'],
  months: [
    'ocak*',
    'subat*',
    'mart',
    'nisan*',
    'mayıs*',
    'haziran*',
    'temmuz*',
    'agustos*',
    'eylul*',
    'ekim*',
    'kasım*',
    'aralık*',
  ],
  stop: [
    'abonelig[iı] iptal et',
    'abonelikten çık(?:ar|mak istiyorum|ın|artın|arın)?(?: beni)?',
    '(?:beni )?(?:listeden|listenizden|mail listesinden) (?:çıkarın|silin)(?: beni)?',
    'bana (?:bir daha |artık )?(?:mail|e ?posta|mesaj) (?:atmayın|göndermeyin|yazmayın)',
    '(?:mail|e ?posta) (?:almak istemiyorum|göndermeyin)',
    'aboneliğimi iptal edin',
    'bana (?:bir daha |artık |tekrar )?(?:yazmayın|ulaşmayın)',
    '(?:artık |bir daha )(?:yazmayın|mail atmayın|e ?posta göndermeyin)',
    '(?:beni )?(?:listeden|listenizden|mail listenizden|e ?posta listenizden) (?:çıkarın|çıkart|çıkar|' +
      'çıkarınız|silin|siliniz)',
    'abonelikten (?:ayrıl|çık|ayrılmak istiyorum)|üyelikten çıkar|aboneliği iptal|üyeliğimi iptal edin',
    '(?:mail|e ?posta|mesaj) (?:atmayın|göndermeyin|istemiyorum)',
  ],
  please: ['lütfen|teşekkürler|teşekkür|ederim|saygılarımla|iyi|günler|selamlar|çalışmalar'],
  dismissal: ['ilgilenmiyorum|ilgilenmiyoruz', 'hayır teşekkürler'],
  greeting: ['merhaba|iyi günler|sayın|selam'],
  weekdays: ['pazartesi*', 'salı*', 'çarşamba*', 'perşembe*', 'cuma', 'cumartesi*', 'pazar'],
};
