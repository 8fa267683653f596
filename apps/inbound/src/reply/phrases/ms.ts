import { NO_PHRASES, type Phrases } from '../phrases.ts';

/** Malay. */
export const ms: Phrases = {
  ...NO_PHRASES,
  automaticSubject: ['balasan automatik|jawapan automatik|mesej automatik|respons automatik'],
  absenceSubject: ['di luar pejabat|bercuti|sedang bercuti|tiada di pejabat|saya sedang bercuti'],
  awaySubject: ['cuti'],
  away: ['sedang bercuti|di luar pejabat|cuti tahunan|tiada di pejabat|cuti bersalin'],
  itself: [
    'ini adalah mesej automatik|ini adalah balasan automatik|e-mel ini dijana secara automatik',
    'ini ialah balasan automatik',
  ],
  meanwhile: ['untuk urusan segera|untuk perkara segera|jika segera|hal kecemasan'],
  urgent: ['segera|kecemasan'],
  wants: [
    'sebut harga|harga|demo|kontrak|invois|berminat|tertarik|hubungi saya|telefon saya|hantar|hantarkan',
    'sesuai untuk saya|setuju|tandatangan',
  ],
  robot: [
    'mesej automatik|dijana secara automatik|e-mel automatik|jangan balas e-mel ini',
    'permintaan anda telah diterima|tiket anda telah dibuka|ini ialah mesej automatik|nilai perkhidmatan',
    'pengesahan penerimaan',
  ],
  receipt: [
    'kami telah menerima mesej|kami telah menerima permintaan|nombor tiket|secepat mungkin',
    'akan menghubungi anda|terima kasih kerana menghubungi|kami akan membalas|nombor tiket|akan menghubungi',
    'akan membalas',
  ],
  back: ['kembali'],
  until: ['sehingga|hingga'],
  months: ['', '', 'mac', '', '', 'jun', 'julai', 'ogos|ogo', '', '', '', 'disember|dis'],
  stop: [
    '(?:saya )?(?:ingin |mahu )?berhenti melanggan|henti langganan|batal langganan',
    '(?:sila )?(?:buang|keluarkan|padam) saya daripada senarai(?: (?:anda|mel|ini))?',
    'jangan hantar (?:saya )?(?:e ?mel|emel|mesej)(?: lagi)?(?: kepada saya)?(?: lagi)?',
    'berhenti menghantar (?:e ?mel|emel|mesej)(?: kepada saya)?',
    '(?:henti|berhenti|batal|batalkan) (?:langgan|langganan|melanggan)',
    '(?:buang|keluarkan|padam) (?:saya|e ?mel saya)(?: dari(?:pada)? senarai(?: anda)?)?',
    'jangan (?:hantar|hubungi)(?: saya)?(?: e ?mel| mesej)?(?: (?:lagi|kepada saya))*',
    '(?:sila |tolong )?(?:berhenti|jangan|hentikan) (?:menghantar|hantar|penghantaran) ' +
      '(?:e ?mel|email|mesej)(?: lagi)?(?: kepada saya)?(?: lagi)?',
    '(?:sila )?(?:buang|keluarkan|padam) (?:saya|e ?mel saya) (?:dari|daripada) senarai(?: (?:ini|anda))?',
  ],
  please: ['sila|tolong|terima|kasih|salam|hormat|yang|benar'],
  dismissal: ['(?:saya )?tidak berminat'],
  greeting: ['salam|selamat|tuan|puan'],
  assent: ['ya,|tentu|baik|boleh'],
  removal: ['buang|buangkan|keluarkan|padam|padamkan|alih|keluar'],
  refusal: ['jangan|berhenti|hentikan'],
  mailing: ['hantar|hantarkan|menghantar|hubungi|menghubungi|penghantaran'],
  ofList: [
    'saya|kami|e|mel|emel|email|alamat|nama|data|dari|daripada|senarai|anda|ini|pelanggan|lagi|mesej|kepada',
    'apa|pun|mahu',
  ],
  ticket: ['permintaan anda|tiket anda|mesej anda|e-mel anda|aduan anda|pertanyaan anda'],
  filed: ['direkodkan|diterima|dicipta|didaftarkan|ditutup|diselesaikan|kami terima'],
};
