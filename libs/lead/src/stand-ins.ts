/** Entries that stand for nothing, in the spelling of `comparable`. */
const STAND_INS: ReadonlySet<string> = new Set(
  [
    'n/a na n.a. n.a n/d nd n.d. k.a. k/a #n/a -n/a-',
    'none null nil nan undefined void empty blank',
    'test tests testing tester test test testtest test123 test1',
    'unknown anonymous anon noname nobody',
    'anonymous anonim anonym anonyme anonimo anonimowy аноним анонім 匿名 익명 无名 名無し nameless',
    'unbekannt inconnu inconnue desconocido desconhecido sconosciuto onbekend nieznany bilinmiyor okand ukjent ukendt',
    'tuntematon neznamy ismeretlen necunoscut непознат неизвестно невідомо αγνωστο 不明 未知 不详',
    'kein keine keiner aucun aucune neant ninguno ninguna nessuno nessuna geen nenhum nenhuma brak ingen saknas ' +
      'yok tomt',
    'nvt n.v.t. s/n s/o n/v н/д нет немає なし 無し 無 无 没有 沒有 無記名 없음 해당없음 ไม่มี',
    'prueba prova teste essai proba proef тест テスト 测试 測試 테스트 ทดสอบ dummy blah tbd tba tbc privat private',
    'user admin administrator customer visitor subscriber guest kunde client name fname lname first last imya',
    'true false mr mrs ms miss herr frau sir madam sir/madam 名前 なまえ 姓名 お名前 이름 имя',
    'xxx xx x asdf asdfasdf asdfgh qwerty qwertz abc foo bar foobar lorem ipsum',
    'firstname lastname fullname surname vorname nachname prenom nom nombre apellido',
  ]
    .join(' ')
    .split(' ')
    .map(withoutMarks),
);
const PHRASES: ReadonlySet<string> = new Set(
  [
    'not set',
    'not given',
    'not provided',
    'not available',
    'not applicable',
    'not specified',
    'no name',
    'no data',
    'no value',
    'none given',
    'first name',
    'last name',
    'full name',
    'your name',
    'your first name',
    'your last name',
    'company name',
    'your company',
    'test test',
    'keine angabe',
    'ohne angabe',
    'nicht angegeben',
    'sans objet',
    'non renseigne',
    'non specifie',
    'sin especificar',
    'no aplica',
    'non disponibile',
    'nao informado',
    'nie dotyczy',
    'kein name',
    'ohne namen',
    'sans nom',
    'sin nombre',
    'senza nome',
    'sem nome',
    'geen naam',
    'bez imienia',
    'ei ole',
    'не указано',
    'без имени',
    'не вказано',
    'غير معروف',
    'لا يوجد',
    'לא ידוע',
    'אין',
    'khong co',
    'niet ingevuld',
  ].map(withoutMarks),
);
/** A person without a company, in the spelling of `comparable`. */
const NO_COMPANY: ReadonlySet<string> = new Set(
  [
    'self employed|selfemployed|freelance|freelancer|freelancing|independent|individual|personal|student|retired',
    'unemployed|homemaker|not employed|no company|test company|my company|sole trader|private person|private ' +
      'individual',
    'selbstandig|selbststandig|freiberufler|freiberuflich|privatperson|rentner|arbeitslos|keine firma|ohne firma',
    'independant|auto entrepreneur|particulier|a mon compte|retraite|sans emploi|etudiant|aucune societe|micro ' +
      'entreprise',
    'autonomo|autonoma|independiente|particular|jubilado|estudiante|desempleado|sin empresa|por cuenta propia',
    'libero professionista|libera professionista|privato|privata|pensionato|studente|nessuna azienda|partita iva',
    'autonomo|pessoa fisica|aposentado|estudante|sem empresa|por conta propria|zelfstandig|zzp|zzper|zelfstandige',
    'geen bedrijf|gepensioneerd|osoba prywatna|wlasna dzialalnosc|emeryt|brak firmy|privatperson|egenforetagare',
    'pensionar|selvstendig|selvstændig|yksityinen|yksityishenkilo|elakelainen|osvc|zivnostnik|soukroma osoba',
    'magánszemely|maganszemely|persoana fizica|serbest meslek|bireysel|emekli|частное лицо|физлицо|физическое лицо',
    'самозанятый|самозанятая|пенсионер|фрилансер|ип|фоп|фізична особа|ιδιωτης|ελευθερος επαγγελματιας|עצמאי|פרטי',
    'مستقل|فرد|شخصي|個人|個人事業主|フリーランス|個人事業|学生|个人|個體戶|个体户|自由职业|自由職業|개인|프리랜서|학생|perorangan|ca nhan',
  ]
    .join('|')
    .split('|')
    .map(withoutMarks),
);
/** Entries that are people's names too when they are written as one: Null, Na, Nan, Nil, Nom and Abc are families. */
const ALSO_NAMES: ReadonlySet<string> = new Set(
  'null na nan nil nd nom bar abc x xx guest kunde client kein geen nessuno prova first last true'.split(' '),
);

/**
 * A token of a mail program or a template that nobody filled: %FIRSTNAME%, {{name}}, *|FNAME|*, ${name}, [[name]],
 * ##NAME##, $name, :name; an error of a spreadsheet: #REF!
 */
const TOKEN =
  /^(?:%{1,2}[\w .-]+%{1,2}|\{{1,2}[^{}]*\}{1,2}|\$\{[^{}]*\}|\*\|[^|]*\|\*|\[{1,2}[\w .-]*\]{1,2}|<[\w .-]+>|#{1,2}[\w/]+[#!?]{1,2}|~\w+~|[$:@]\w+)$/;

/** Whether the company's field says that there is no company. */
export const isNoCompany = (text: string): boolean => NO_COMPANY.has(comparable(text));

/** Whether a text of a form stands for nothing. `name`: it may be a person's. */
export function isStandIn(text: string, { name = false } = {}): boolean {
  if (/^[-–—_.,;:?!*/#()\s]*$/.test(text) || TOKEN.test(text)) return true;
  // A program's, where Nan is a person's.
  if (text === 'NaN') return true;
  const plain = comparable(text);
  if (name && ALSO_NAMES.has(plain) && /^\p{Lu}\p{Ll}/u.test(text)) return false;
  return STAND_INS.has(plain) || PHRASES.has(plain);
}

/** A function, because the lists above use it. */
function withoutMarks(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '');
}

/** Lower case, without accents, brackets and quotes around, single blanks. */
const comparable = (text: string): string =>
  withoutMarks(text)
    .toLowerCase()
    .replace(/^[\s([{<"'«„“-]+|[\s)\]}>"'»“”-]+$/g, '')
    .replace(/[\s_-]+/g, ' ')
    .trim();
