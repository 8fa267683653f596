import { NO_PHRASES, type Phrases } from '../phrases.ts';

/** Turkish. */
export const tr: Phrases = {
  ...NO_PHRASES,
  automaticSubject: [
    'otomatik yanıt|otomatik cevap',
    'otomatik mesaj|otomatik yanit|otomatik bilgilendirme|otomatik ileti',
  ],
  absenceSubject: [
    'ofis dışında|ofis dışındayım|izindeyim|yıllık izindeyim|yıllık izinde|tatildeyim|iş yeri dışında',
    'işyeri dışında|ofiste değilim|raporluyum|iş seyahatinde',
  ],
  bounceSubject: ['teslim edilemedi'],
  awaySubject: ['yıllık izin|doğum izni'],
  away: ['izindeyim|izinde|yıllık izin*|ofis dışında*|tatildeyim|doğum izninde|raporluyum'],
  itself: ['bu otomatik bir|bu bir otomatik|bu e-posta otomatik|bu ileti otomatik|bu mesaj otomatik'],
  meanwhile: [
    'acil durumlarda|acil durumda|acil konular|acil işler|e-postalarıma erişemiyorum',
    'e-postalarımı okuyamayacağım|döndüğümde',
  ],
  urgent: ['acil*'],
  updated: ['güncellendi'],
  wants: [
    'teklif*|fiyat*|demo*|sözleşme*|fatura*|ilgileniyor*|ilgimi|arayın beni|beni arayın|beni ara|gönderin',
    'gönderir misiniz|bütçe',
    'bana uygun|bize uygun|anlaştık|imzala*',
  ],
  robot: [
    'otomatik mesaj|lütfen bu e-postayı yanıtlamayın|bu e-postayı yanıtlamayın|destek talebi',
    'otomatik olarak gönderil*|otomatik olarak oluşturul*|destek ekibimiz tarafından|talebiniz oluşturuldu',
    'talebiniz kaydedilmiştir|talebiniz kaydedildi|değerlendirin|memnun kaldınız|alındı onayı',
  ],
  receipt: [
    'mesajınız alınmıştır|mesajınızı aldık|talebiniz alınmıştır|talebiniz bize ulaştı|en kısa sürede',
    'talep numarası|alınmış olup|bize ulaştığınız için teşekkür|talebiniz alındı|en kısa sürede yanıt',
    'sizinle iletişime|dönüş yapılacaktır|dönüş yapacağız|talep numaranız',
  ],
  back: ['döneceğim|dönüyorum|dönüş'],
  afterDate: ['kadar|döneceğim|dönüyorum|ofisteyim|ofiste olacağım|itibaren|tarihinde|tarihinden|işbaşı'],
  months: [
    'ocak*',
    'subat*|şub',
    'mart',
    'nisan*|nis',
    'mayıs*',
    'haziran*|haz',
    'temmuz*',
    'agustos*|ağu',
    'eylul*|eyl',
    'ekim*|eki',
    'kasım*|kas',
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
    '(?:artık |bir daha |daha fazla )?(?:e ?postalarınızı|maillerinizi|e ?posta|mail|mesaj|bülten) almak ' +
      'istemiyor(?:um|uz)',
    'aboneliğimi sonlandırın|aboneliğimi sonlandır|aboneliğim iptal edilsin|listeden çıkmak istiyorum|' +
      'bana mail gelmesin',
  ],
  please: ['lütfen|teşekkürler|teşekkür|ederim|saygılarımla|iyi|günler|selamlar|çalışmalar'],
  dismissal: ['ilgilenmiyorum|ilgilenmiyoruz', 'hayır teşekkürler'],
  greeting: ['merhaba|iyi günler|sayın|selam'],
  weekdays: ['pazartesi*', 'salı*', 'çarşamba*', 'perşembe*', 'cuma', 'cumartesi*', 'pazar'],
  challenge: ['robot olmadığınızı|gönderen doğrulama'],
  assent: ['evet|tabii|elbette|olur|memnuniyetle'],
  recallSubject: ['geri çağırma|geri çek|geri çağır|geri çekme'],
  recallText: ['ileti(?:yi|sini).{0,60}geri (?:cag[ıi]rmak|cekmek) istiyor|geri (?:cag[ıi]rmak|cekmek) istiyor'],
  removal: ['çıkar*|sil*|kaldır*'],
  refusal: ['göndermeyin|göndermeyiniz|atmayın|atmayınız|yazmayın|yazmayınız|yollamayın|iletmeyin'],
  mailing: ['göndermeyin|göndermeyiniz|atmayın|atmayınız|yazmayın|yazmayınız|yollamayın|iletmeyin'],
  ofList: [
    'beni|bizi|bana|bize|adresimi|adresim|adresimin|e|posta|postalarınızı|mail|maillerinizi|mailimi|eposta',
    'ismimi|adımı|listenizden|listeden|listesinden|listelerinizden|listesi|veritabanınızdan|bülteninizden',
    'bülten|bu|mesaj|istiyorum|rica|ederim|isterim|fazla|tekrar|artık|bir|daha|tür',
  ],
  ticket: [
    'talebiniz|talebinizi|mesajınız|mesajınızı|başvurunuz|kaydınız|e-postanız|sorunuz|destek talebiniz',
    'numaralı talebiniz',
  ],
  filed: [
    'oluşturuldu|alındı|kaydedildi|alınmıştır|kaydedilmiştir|oluşturulmuştur|aldık|kapatıldı|çözüldü|ulaştı',
    'ulaşmıştır|iletilmiştir|iletildi|yönlendirildi|yönlendirilmiştir',
  ],
};
