/** The fields of the contract that a form may give by another name. `fullName` is split into the two names. */
export type Known = (typeof PERSON)[number] | (typeof LEAD_DATA)[number] | 'fullName';

export const PERSON = ['email', 'firstName', 'lastName', 'phone', 'phoneExtension', 'timeZone', 'ip'] as const;
export const LEAD_DATA = ['source', 'medium', 'campaign', 'pageURL', 'submissionTimestamp'] as const;

/** Other names of each field, in the languages of the forms that people use; compared as `folded`. */
const ALIASES = {
  email: [
    'e-mail, mail, email address, e-mail address, mail address, your email, your e-mail, user email, contact email',
    'work email, business email, company email, corporate email, primary email, email id, email work, email field',
    'e-mail-adresse, mailadresse, correo, correo electrónico, email corporativo, courriel, adresse e-mail, ' +
      'adresse mail',
    'adresse courriel, indirizzo email, posta elettronica, endereço de e-mail, e-mailadres, e-postadress, e-post',
    'epost, e-postadresse, adres e-mail, sähköposti, e-posta, e-posta adresi, почта, электронная почта, эл. почта',
    'e-posta adresiniz, sähköpostiosoite, e-mail cím, email cím, e-mailová adresa, adresa de email, địa chỉ email',
    'correo electronico corporativo, email profissional, email aziendale, ηλεκτρονικό ταχυδρομείο, електронна пошта',
    'električna pošta, el. paštas, e-pasts, е-поща, имейл, имейл адрес, адрес электронной почты, surel, e-mel, ईमेल',
    'ایمیل, البريد, بريد إلكتروني, الايميل, מייל, דואל, דואר אלקטרוני, อีเมล์, adres email, correu electrònic',
    'メール, メールアドレス, eメール, 邮箱, 邮箱地址, 郵箱, 电子邮箱, 电子邮件, 電子郵件, 이메일, 이메일 주소, البريد الإلكتروني, דוא"ל, אימייל, อีเมล',
  ],
  firstName: [
    'first, fname, given name, forename, your first name, contact first name, name first, first name field',
    'vorname, prénom, primer nombre, voornaam, förnamn, fornavn, imię, etunimi, nome próprio, primeiro nome',
    'křestní jméno, utónév, meno, ime, vardas, vārds, eesnimi, prenume, όνομα, ім’я, име, nama depan, tên, ชื่อจริง',
    'eiginnafn, نام, الاسم الاول, めい, 名字, 이름（名）',
    'jméno, keresztnév, adı, adınız, isim, имя, ваше имя, 名, 名前（名）, 이름(명), الاسم الأول, שם פרטי',
  ],
  lastName: [
    'last, lname, surname, family name, your last name, contact last name, name last, last name field',
    'nachname, familienname, zuname, nom de famille, apellido, apellidos, cognome, sobrenome, apelido, achternaam',
    'efternamn, etternavn, efternavn, nazwisko, sukunimi, příjmení, vezetéknév, soyad, soyadı, soyadınız',
    'családnév, priezvisko, priimek, prezime, pavardė, uzvārds, perekonnanimi, nume, nume de familie, cognoms, επώνυμο',
    'прізвище, nama belakang, họ, นามสกุล, نام خانوادگی, الاسم الأخير, اللقب, せい, 姓氏',
    'фамилия, 姓, 성, اسم العائلة, שם משפחה',
  ],
  fullName: [
    'name, full name, your name, contact name, customer name, lead name, person name, display name, real name',
    'first and last name, first name last name, name and surname, vor- und nachname, ihr name, vollständiger name, nom',
    'nom complet, votre nom, nom et prénom, prénom et nom, nombre, nombre completo, nombre y apellidos, tu nombre',
    'nombre y apellido, nome e sobrenome, nome e apelido, prénom nom, nom prénom, ditt namn, ditt navn, dit navn',
    'name full',
    'nome, nome completo, nome e cognome, naam, volledige naam, uw naam, namn, fullständigt namn, navn, fulde navn',
    'imię i nazwisko, nimi, ad soyad, adınız soyadınız, фио, имя и фамилия, 氏名, お名前, 名前, 姓名, 您的姓名, 성함, 성명, 이름',
    'jméno a příjmení, meno a priezvisko, ime i prezime, ime in priimek, vardas pavardė, teljes név, nume complet',
    'nume și prenume, ονοματεπώνυμο, прізвище та ім’я, пиб, име и фамилия, ชื่อ-นามสกุล, नाम, 担当者名, ご担当者名, 담당자명',
    'الاسم, الاسم الكامل, שם, שם מלא, ชื่อ, họ và tên, nama, nama lengkap',
  ],
  phone: [
    'tel, telephone, mobile, cell, cellphone, cell phone, mobile phone, phone number, telephone number, tel number',
    'mobile number, mobile phone number, cell number, contact number, contact phone, your phone, work phone, phone no',
    'work phone number, business phone, company phone, primary phone, your phone number, tel no, mobile no, phone ' +
      'field',
    'whatsapp, whatsapp number, telefon, telefonnummer, telefonnr, handy, handynummer, mobil, mobilnummer, ' +
      'mobiltelefon',
    'rufnummer, téléphone, portable, numéro de téléphone, téléphone portable, mobile tel, teléfono, número de teléfono',
    'celular, móvil, telefono, cellulare, numero di telefono, telefone, telemóvel, número de telefone, telefoon',
    'telefoonnummer, mobiel, mobiel nummer, gsm, gsm nummer, numer telefonu, puhelin, puhelinnumero, telefon numarası',
    'cep telefonu, telefonní číslo, telefonszám, телефон, номер телефона, мобильный телефон, 電話, 電話番号, 携帯電話',
    '电话, 手机, 手机号, 手机号码, 电话号码, 전화, 전화번호, 연락처, 휴대폰, الهاتف, رقم الهاتف, رقم الجوال, טלפון, נייד',
    'numero di cellulare, numero cellulare, telefone celular, número de celular, número de móvil, numer komórkowy',
    'telefon komórkowy, telefon numaranız, mobilnummer, direct phone, phone mobile, contact no, tel mobile',
    '휴대폰 번호, 핸드폰',
    '手机号码, 联系电话, 聯絡電話, 携帯, טלפון נייד, رقم الجوال, มือถือ, matkapuhelin, mobilní telefon, τηλέφωνο, κινητό',
    'номер телефону, nr telefonu, telefon no, cep, telefón, telefonas, tālrunis, číslo telefonu, شماره تلفن, تلفن',
    'رقم الهاتف المحمول, الجوال, رقم جوال, מספר טלפון, お電話番号, 携帯番号, 핸드폰번호, 휴대전화, फोन, 聯絡人電話, τηλ',
    'เบอร์โทรศัพท์, โทรศัพท์, số điện thoại, điện thoại, nomor telepon, telepon',
  ],
  phoneExtension: ['ext, extension, phone ext, extension number, durchwahl'],
  timeZone: [
    'hs timezone, iana timezone, client timezone, visitor timezone, your time zone, ваш часовой пояс, saat dilimi',
    'tz, time zone name, user timezone, browser timezone, local timezone, time zone offset, utc offset, gmt offset',
    'zeitzone, fuseau horaire, zona horaria, fuso orario, fuso horário, tijdzone, часовой пояс',
    'タイムゾーン, 时区, 時區, 시간대, المنطقة الزمنية',
  ],
  ip: [],
  source: ['lead source, form source'],
  medium: ['lead medium'],
  campaign: ['campaign name, lead campaign'],
  pageURL: ['page, page uri, page location, landing page, landing page url, form url, current url, referring page url'],
  submissionTimestamp: [
    'timestamp, submitted at, submitted on, submission date, submission time, date submitted, date created',
    'created time, created at, completed at',
  ],
} as const satisfies Record<Known, readonly string[]>;

/** A longer one is no name of a field. */
const NAME_LENGTH_MAX = 200;
const UTM = ['source', 'medium', 'campaign', 'term', 'content', 'id'];

/** A name without case, accents, spaces and punctuation. */
export const folded = (name: string): string =>
  name
    .normalize('NFKD')
    .replace(/[^\p{L}\p{N}]/gu, '')
    .toLowerCase();

/** A map, because a form may have a field named `constructor`. */
const BY_FOLDED: ReadonlyMap<string, Known> = new Map(
  Object.entries(ALIASES).flatMap(([known, lists]) =>
    [known, ...lists.flatMap((list) => list.split(', '))].map((name) => [folded(name), known as Known] as const),
  ),
);
const UTM_BY_FOLDED: ReadonlyMap<string, string> = new Map(UTM.map((key) => [`utm${key}`, `utm_${key}`]));

/** Names nest as `lead[email]` in a form; `interest[]` and `interest[2]` are items of `interest`. */
const segmentsOf = (name: string): string[] => {
  const [head = '', ...rest] = name.split('[');
  return [head, ...rest.map((segment) => segment.replace(/\]$/, ''))].filter((one) => !/^\d*$/.test(one.trim()));
};

/** The words around a name in a question, in the languages of forms: "What is your name?". */
const BEFORE =
  /^(?:whatis|whats|whatare|please|enter|provide|tellus|giveus|your|my|the|best|valid|wieist|wielautet|bitte|ihre?|deine?|quelest|quelleest|votre|ton|cuales|tu|su|quale?e?|iltuo|latua|qualeo?|seu|sua|watis|uw|jouw|je)/;
const AFTER = /(?:required|optional|field|pflichtfeld|obligatoire|obligatorio|verplicht)$/;
const WORDS_MAX = 5;

function asked(name: string): Known | undefined {
  let rest = name.replace(AFTER, '');
  for (let words = 0; words < WORDS_MAX && !BY_FOLDED.has(rest) && BEFORE.test(rest); words++)
    rest = rest.replace(BEFORE, '');
  return BY_FOLDED.get(rest) ?? ofProgram(rest);
}

/**
 * The part of a name that form builders and databases add to a field: `input_email`, `lead_full_name`, `phone_1`,
 * `tel-204`.
 */
const ADDED = /^(?:input|field|lead|contact|person|customer|client)(?=\p{L}{3})|\d{1,3}$/gu;

/** `input_name` may be any name, the form's too. */
function ofProgram(name: string): Known | undefined {
  const rest = name.replaceAll(ADDED, '');
  const known = BY_FOLDED.get(rest);
  return known === 'fullName' && !/full|voll|compl/.test(rest) ? undefined : known;
}

/** Parts of a body whose `name` is a person's. */
const PEOPLE: ReadonlySet<string> = new Set(
  ['contact', 'person', 'lead', 'user', 'customer', 'visitor', 'member', 'attendee', 'registrant', 'invitee'].concat([
    'data',
    'payload',
    'body',
    'fields',
    'formfields',
    'formdata',
    'answers',
    'submission',
    'response',
    'properties',
  ]),
);

export interface Meaning {
  known: Known;
  /** 0: the contract's own spelling; 1: another name; 2: a member of something else, `lead[email]`. */
  rank: 0 | 1 | 2;
}

export function meaningOf(name: string): Meaning | undefined {
  if (name.length > NAME_LENGTH_MAX) return undefined;
  const plain = folded(name.replace(/__c$/, ''));
  const whole = BY_FOLDED.get(plain) ?? asked(plain);
  if (whole !== undefined) return { known: whole, rank: whole === name ? 0 : 1 };
  if (!name.includes('[')) return undefined;
  const segments = segmentsOf(name);
  const last = segments.length > 1 ? BY_FOLDED.get(folded(segments.at(-1) ?? '')) : undefined;
  // `form[name]` is the form's name.
  if (!last || (last === 'fullName' && !PEOPLE.has(folded(segments.at(-2) ?? '')))) return undefined;
  return { known: last, rank: 2 };
}

/** `utm_source` for `UTM-Source`, `utmSource` or `utm[source]`; undefined for a name that is no UTM key. */
export function utmKeyOf(name: string): string | undefined {
  if (name.length > NAME_LENGTH_MAX || !/utm/i.test(name)) return undefined;
  const segments = segmentsOf(name);
  const pair = segments.slice(-2).map(folded).join('');
  const known =
    UTM_BY_FOLDED.get(folded(name)) ?? UTM_BY_FOLDED.get(folded(segments.at(-1) ?? '')) ?? UTM_BY_FOLDED.get(pair);
  return known ?? (/^utm[_\s.-]/i.test(name) ? name.toLowerCase().replace(/[\s.-]+/g, '_') : undefined);
}

/** `utm_source` for a member `source` of a map that holds only UTM keys. */
export const utmMemberOf = (name: string): string | undefined => UTM_BY_FOLDED.get(`utm${folded(name)}`);

/** The name without the mark of a list, and whether it had one. */
export const listed = (name: string): { name: string; isList: boolean } => {
  const bare = name.replace(/\[\d*\]$/, '');
  return { name: bare || name, isList: bare !== name && bare !== '' };
};
