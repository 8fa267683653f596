/** Entries that stand for nothing, in the spelling of `comparable`. */
const STAND_INS: ReadonlySet<string> = new Set(
  [
    'n/a na n.a. n.a n/d nd n.d. k.a. k/a #n/a -n/a-',
    'none null nil nan undefined void empty blank',
    'test tests testing tester test test testtest test123 test1',
    'unknown anonymous anon noname nobody',
    'xxx xx x asdf asdfasdf asdfgh qwerty qwertz abc foo bar foobar lorem ipsum',
    'firstname lastname fullname surname vorname nachname prenom nom nombre apellido',
  ]
    .join(' ')
    .split(' '),
);
const PHRASES: ReadonlySet<string> = new Set([
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
  'niet ingevuld',
]);
/** Entries that are people's names too when they are written as one: Null, Na, Nan, Nil, Nom and Abc are families. */
const ALSO_NAMES: ReadonlySet<string> = new Set(['null', 'na', 'nan', 'nil', 'nd', 'nom', 'bar', 'abc', 'x', 'xx']);

/** A token of a mail program or a template that nobody filled: %FIRSTNAME%, {{name}}, *|FNAME|*, ${name}, [[name]]. */
const TOKEN =
  /^(?:%{1,2}[\w .-]+%{1,2}|\{{1,2}[^{}]*\}{1,2}|\$\{[^{}]*\}|\*\|[^|]*\|\*|\[{1,2}[\w .-]*\]{1,2}|<[\w .-]+>)$/;

/** Whether a text of a form stands for nothing. `name`: it may be a person's. */
export function isStandIn(text: string, { name = false } = {}): boolean {
  if (/^[-–—_.,;:?!*/#()\s]*$/.test(text) || TOKEN.test(text)) return true;
  const plain = comparable(text);
  if (name && ALSO_NAMES.has(plain) && /^\p{Lu}\p{Ll}/u.test(text)) return false;
  return STAND_INS.has(plain) || PHRASES.has(plain);
}

/** Lower case, without accents, brackets and quotes around, single blanks. */
const comparable = (text: string): string =>
  text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/^[\s([{<"'«„“-]+|[\s)\]}>"'»“”-]+$/g, '')
    .replace(/[\s_-]+/g, ' ')
    .trim();
