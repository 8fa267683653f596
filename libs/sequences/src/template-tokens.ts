import type { Contact, Dossier } from '@leadstream/contracts/events';
import { asRead, isCallable, isLinkable } from '@leadstream/lead/linkable';
import { unescaped } from '@leadstream/lead/names';
import { folded } from '@leadstream/lead/intake/names';
import { isNoCompany, isStandIn } from '@leadstream/lead/stand-ins';
import type { Sequence } from './definition.ts';
import { matchSource } from './routes.ts';

interface Token {
  says: string;
  /** Readable by our own people only: rejected in a mail to the lead. */
  staffOnly?: true;
  /** One of our own addresses: becomes a link by itself. */
  link?: true;
  /** May have several lines; every other value is one line. */
  lines?: true;
}

/** All template tokens. `lint` rejects others, `render` shows no others, `docs/sequences.md` lists them. */
export const TOKENS = {
  first_name: { says: 'Given name' },
  last_name: { says: 'Family name' },
  full_name: { says: 'Both names, or the one that is known' },
  company: { says: 'Company, from the form’s fields' },
  content_title: { says: 'What the source was about, from the sequence’s titles' },
  kind: { says: 'What triage made of the source: its tag without source:, e.g. webinar' },
  booking_url: { says: 'Where to pick a time (BOOKING_URL)', link: true },
  sender_name: { says: 'Who signs: the rep of a sequence with assign, else FROM_NAME' },
  email: { says: 'Address of the lead', staffOnly: true },
  phone: { says: 'E.164', staffOnly: true },
  source: { says: 'lead source, as it came in', staffOnly: true },
  medium: { says: 'Marketing medium', staffOnly: true },
  campaign: { says: 'Marketing campaign', staffOnly: true },
  page_url: { says: 'Page of the form', staffOnly: true },
  submitted_at: { says: 'When the form was sent, as the form said it', staffOnly: true },
  reply: { says: 'What the person answered last, without what it quotes', staffOnly: true, lines: true },
  news: { says: 'What a later form says that is new', staffOnly: true, lines: true },
  unproven_answers: { says: 'How many answers came that nothing proves to be the lead’s', staffOnly: true },
  details: {
    says: 'Everything else that came with the form, the message included: one field a line',
    staffOnly: true,
    lines: true,
  },
} as const satisfies Record<string, Token>;

export const tokenNamed = (name: string): Token | undefined =>
  Object.hasOwn(TOKENS, name) ? TOKENS[name as keyof typeof TOKENS] : undefined;

/** By token name. Absent, blank and a program's empty value are the same: missing. */
export type Tokens = Readonly<Record<string, string | undefined>>;

const LINE_LENGTH_MAX = 200;
const LINES_LENGTH_MAX = 8_000;
/** Values that a broken form sends for an empty field. Case counts: Null is a family name. */
const HOLE = /^(?:null|NaN|None)$|\bundefined\b|\[object \w+\]/;
/** Zero-width and bidi controls: they can make a text read as another one. */
const INVISIBLE = /[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/g;
/** Fillers and joiners leave a gap in place of a name. */
const VISIBLE = /[^\s\u2800\p{Default_Ignorable_Code_Point}]/u;
const CONTROL_IN_LINES = /[^\P{Cc}\n\t]/gu;

const cut = (text: string, lengthMax: number): string =>
  text.length <= lengthMax
    ? text
    : `${text
        .slice(0, lengthMax - 1)
        .toWellFormed()
        .replace(/\ufffd$/, '')
        .trimEnd()}…`;

/** A value on one line, without invisible characters, at most `lengthMax` long. */
export const oneLine = (text: string, lengthMax = LINE_LENGTH_MAX): string =>
  cut(
    text
      .toWellFormed()
      .replace(INVISIBLE, '')
      .replace(/[\s\p{Cc}]+/gu, ' ')
      .trim(),
    lengthMax,
  );

const manyLines = (text: string): string =>
  cut(
    text.toWellFormed().replace(INVISIBLE, '').replace(/\r\n?/g, '\n').replace(CONTROL_IN_LINES, '').trim(),
    LINES_LENGTH_MAX,
  );

/** A value as a mail may show it; undefined when it is empty. */
export function presentable(value: unknown, lines = false): string | undefined {
  if (typeof value !== 'string') return undefined;
  const text = lines ? manyLines(value) : oneLine(value);
  return VISIBLE.test(text) && (lines || !(HOLE.test(text) || isStandIn(text, { name: true }))) ? text : undefined;
}

const NAME_LENGTH_MAX = 60;
const MARKUP = /[<>{}[\]|\\]/;

/**
 * A name in a mail to a stranger's address: without this check a link, number or text in a form's name field would be
 * mailed to a victim on our behalf.
 */
function nameLike(value: unknown): string | undefined {
  const name = presentable(value);
  if (!name || name.length > NAME_LENGTH_MAX || !/\p{L}/u.test(name)) return undefined;
  return isHarmless(name) ? name : undefined;
}

/** A company called like its domain, and nothing else: a word joiner keeps mail programs from making a link of it. */
const DOTTED = /^(?:[\p{L}\p{N}&’'-]+ )?\p{L}[\p{L}\p{N}-]*(?:\.\p{L}{2,})+(?: \p{L}+\.?)?$/u;
const WORD_JOINER = '\u2060';

/** A company as a mail may show it: like a name, or with dots that link to nothing. */
function companyName(value: unknown): string | undefined {
  const text = typeof value === 'string' ? presentable(unescaped(value)) : undefined;
  if (!text || isNoCompany(text)) return undefined;
  const isDotted =
    text.length <= NAME_LENGTH_MAX &&
    asRead(text) === text &&
    DOTTED.test(text) &&
    !isCallable(text) &&
    !/^www\./i.test(text);
  return nameLike(text) ?? (isDotted ? text.replaceAll('.', `${WORD_JOINER}.${WORD_JOINER}`) : undefined);
}

const isHarmless = (name: string): boolean => !isLinkable(name) && !isCallable(name) && !MARKUP.test(asRead(name));

/** As forms name the field, in the spelling of `folded`. */
const COMPANY_KEYS: ReadonlySet<string> = new Set(
  [
    'company, company name, your company, organization, organisation, organization name, organisation name, ' +
      'business name',
    'account name, employer, firma, firmenname, unternehmen, unternehmensname, ihre firma, entreprise, société',
    'nom de l’entreprise, nom de la société, votre entreprise, raison sociale, empresa, nombre de la empresa, tu ' +
      'empresa',
    'compañía, azienda, nome azienda, ragione sociale, società, nome da empresa, bedrijf, bedrijfsnaam, företag',
    'företagsnamn, virksomhed, firmanavn, bedrift, yritys, yrityksen nimi, nazwa firmy, název firmy, společnost',
    'spoločnosť, názov firmy, cég, cégnév, companie, numele companiei, şirket, şirket adı, компания, название компании',
    'организация, компанія, назва компанії, фирма, εταιρεία, חברה, שם החברה, الشركة, اسم الشركة, perusahaan',
    'nama perusahaan, công ty, tên công ty, บริษัท, ชื่อบริษัท, 会社, 会社名, 御社名, 貴社名, 公司, 公司名称, 公司名稱, 회사, 회사명',
  ].flatMap((list) => list.split(', ').map(folded)),
);

function companyOf(dossier: Dossier): unknown {
  const fields = [...Object.entries(dossier.fields ?? {}), ...Object.entries(dossier.other ?? {})];
  return fields.find(([key, value]) => COMPANY_KEYS.has(folded(key)) && presentable(value))?.[1];
}

const shown = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? '')).trim();

function detailsOf({ fields, other, utm }: Dossier): string {
  const rows = [fields, other, utm]
    .flatMap((part) => Object.entries(part ?? {}))
    .filter(([, value]) => value !== null && shown(value));
  return rows.map(([key, value]) => `${key}: ${shown(value)}`).join('\n');
}

export interface TokenInput {
  contact: Pick<Contact, 'email' | 'firstName' | 'lastName' | 'phone' | 'phoneExtension'>;
  dossier: Dossier;
  /** With the tag that started the run; of several `source:` tags the last one counts. */
  tags: readonly string[];
  sequence: Pick<Sequence, 'titles'>;
  /** The lead's last reply. */
  reply?: string | undefined;
  /** The words of the submission that the notice is about. */
  news?: string | undefined;
  /** Number of unproven replies. */
  unprovenAnswers?: string | undefined;
  settings: { bookingUrl?: string | undefined; fromName?: string | undefined };
}

/** The tokens of one lead for the templates of one sequence; unknown values are undefined. */
export function tokensOf({
  contact,
  dossier,
  tags,
  sequence,
  reply,
  news,
  unprovenAnswers,
  settings,
}: TokenInput): Tokens {
  const firstName = nameLike(contact.firstName);
  const family = nameLike(contact.lastName);
  // The two names can each hold half a number, or half a domain.
  const lastName = isHarmless([firstName, family].filter(Boolean).join(' ')) ? family : undefined;
  return {
    first_name: firstName,
    last_name: lastName,
    full_name: [firstName, lastName].filter(Boolean).join(' ') || undefined,
    company: companyName(companyOf(dossier)),
    content_title: matchSource(dossier.source, Object.entries(sequence.titles ?? {})),
    kind: tags.findLast((tag) => tag.startsWith('source:'))?.slice('source:'.length),
    booking_url: settings.bookingUrl,
    sender_name: settings.fromName,
    email: contact.email,
    phone: [contact.phone, contact.phoneExtension].filter(Boolean).join(' ext. ') || undefined,
    source: dossier.source,
    medium: dossier.medium,
    campaign: dossier.campaign,
    page_url: dossier.pageURL,
    submitted_at: dossier.submissionTimestamp,
    reply,
    news,
    unproven_answers: unprovenAnswers,
    details: detailsOf(dossier),
  };
}
