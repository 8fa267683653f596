import { NO_PHRASES, type Phrases } from '../phrases.ts';

/** Indonesian. */
export const id: Phrases = {
  ...NO_PHRASES,
  automaticSubject: ['balasan otomatis|jawaban otomatis', 'pesan otomatis|respons otomatis|tanggapan otomatis'],
  absenceSubject: ['di luar kantor|sedang cuti|saya sedang cuti|tidak di kantor|keluar kantor|tidak berada di kantor'],
  awaySubject: ['cuti'],
  away: ['sedang cuti|di luar kantor|cuti tahunan|cuti melahirkan'],
  itself: [
    'ini adalah pesan otomatis|ini adalah balasan otomatis|ini adalah email otomatis',
    'email ini dikirim secara otomatis|pesan ini dikirim secara otomatis',
  ],
  meanwhile: [
    'untuk keperluan mendesak|hal mendesak|dalam keadaan mendesak|jika mendesak|untuk hal yang mendesak',
    'akses email terbatas',
  ],
  urgent: ['mendesak|darurat'],
  updated: ['telah diperbarui'],
  wants: [
    'penawaran|harga|demo|kontrak|faktur|tertarik|berminat|telepon saya|hubungi saya|kirim|kirimkan',
    'anggaran',
    'cocok untuk saya|setuju|tanda tangan',
  ],
  robot: [
    'pesan otomatis|dikirim secara otomatis|dibuat secara otomatis|tiket telah dibuat',
    'jangan membalas email ini|mohon tidak membalas|permintaan anda telah diterima|tiket anda telah dibuat',
    'tiket telah dibuat|ini adalah pesan otomatis|nilai layanan|beri penilaian|konfirmasi penerimaan',
  ],
  receipt: [
    'kami telah menerima pesan|kami telah menerima permintaan|permintaan anda telah|nomor tiket',
    'sesegera mungkin|segera menghubungi|terima kasih telah menghubungi|kami akan segera membalas|nomor tiket',
    'sedang ditinjau oleh|akan menghubungi|akan membalas|akan merespons',
  ],
  back: ['kembali|masuk kembali'],
  until: ['hingga|sampai|s/d|sampai dengan'],
  months: ['januari', 'februari', 'maret', '', 'mei', 'juni', 'juli', 'agustus|agu', '', 'oktober', '', 'desember'],
  stop: [
    'berhenti berlangganan',
    '(?:saya )?(?:ingin |mau )?berhenti(?: berlangganan)?',
    '(?:tolong )?hapus (?:saya|email saya|alamat saya)(?: dari (?:daftar|milis|daftar email)(?: (?:anda|ini))?)?',
    'jangan (?:kirim|mengirim|kirimi)(?: saya)?(?: (?:email|pesan|lagi|ke saya))*',
    'jangan hubungi saya lagi',
    'keluarkan saya dari daftar',
    'berhenti(?: berlangganan)?|berhenti langganan|batalkan langganan|batal langganan',
    '(?:hapus|keluarkan) (?:saya|email saya|nama saya)(?: dari (?:daftar|milis|daftar anda|daftar ini))?',
    '(?:jangan|mohon jangan) (?:kirim(?:i|kan)?|hubungi)(?: saya)?(?: email| pesan)?(?: (?:lagi|saya))*',
    '(?:mohon |tolong )?(?:hentikan|stop) (?:mengirim |kirim )?(?:email|pesan)(?: ini)?',
    'saya tidak (?:mau|ingin) (?:menerima|dapat) email(?: lagi)?',
    '(?:mohon |tolong |harap )?(?:berhenti|stop|hentikan|jangan) ' +
      '(?:me?ngirim(?:kan|i)?|kirim(?:kan|i)?|pengiriman) (?:saya )?' +
      '(?:email|surel|pesan)(?: (?:lagi |apa pun )?(?:kepada|ke|pada) saya)?(?: lagi)?',
    '(?:mohon |tolong )?(?:hapus|keluarkan) (?:saya|email saya|alamat saya) dari ' +
      '(?:daftar|milis)(?: (?:email|kontak|ini|anda))*',
    '(?:saya )?(?:ingin |mau )?berhenti berlangganan',
  ],
  please: ['tolong|mohon|terima|kasih|salam|hormat|halo|saya'],
  dismissal: ['(?:saya )?tidak (?:tertarik|berminat)', 'tidak terima kasih'],
  greeting: ['halo|selamat pagi|selamat siang|yth'],
  assent: ['ya,|tentu|baik|boleh'],
  recallSubject: ['tarik kembali|penarikan|menarik kembali'],
  recallText: ['ingin menarik kembali pesan'],
  removal: ['hapus|hapuskan|keluarkan|hilangkan|coret|penghapusan'],
  refusal: ['jangan|berhenti|stop|hentikan'],
  mailing: ['kirim|kirimi|kirimkan|mengirim|mengirimi|mengirimkan|hubungi|menghubungi|pengiriman|dikirimi'],
  ofList: [
    'saya|kami|email|e|mail|surel|alamat|nama|data|kontak|dari|daftar|milis|anda|kalian|ini|mailing|list|basis',
    'database|pelanggan|lagi|pesan|ke|kepada|apa|pun|apapun|ingin|mau|untuk',
  ],
  ticket: ['permintaan anda|tiket anda|pesan anda|email anda|laporan anda|permintaan|tiket'],
  filed: ['dicatat|diterima|dibuat|terdaftar|ditutup|diselesaikan|kami terima|tercatat'],
};
