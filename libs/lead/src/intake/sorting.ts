import { splitName } from './full-name.ts';
import { folded, LEAD_DATA, listed, meaningOf, PERSON, utmKeyOf, type Known, type Meaning } from './names.ts';

interface Candidate {
  name: string;
  text: string;
  rank: Meaning['rank'];
}
interface Field {
  items: unknown[];
  isList: boolean;
}
/** The part of a lead that a field came in: the person's, the form's, or of a form without parts. */
export type Place = 'person' | 'leadData' | 'flat';

/** A text that can be its field's value; other texts are used only without such a one. */
const VALID: Partial<Record<Known, RegExp>> = { email: /\S[@＠]\S/u, phone: /(?:\p{Nd}\P{Nd}*){5}/u };
const GUESSES: readonly (readonly [Known, RegExp])[] = [
  ['email', /^[^\s@,;]+@[^\s@,;]+\.[^\s@,;]+$/],
  ['phone', /^(?:\+|00|\(?0)[\d\s().\/-]{6,20}$/],
];
/** Members of an object in place of a text: `{"phone": {"full": "+49 …"}}`. */
const VALUES: ReadonlySet<string> = new Set(['value', 'full', 'text', 'number', 'address', 'raw']);
const FORM: ReadonlySet<string> = new Set(LEAD_DATA);

/** The parts of the contract's lead while fields are sorted into them. Maps, because a field may be `__proto__`. */
export class Sorting {
  readonly #utm = new Map<string, unknown>();
  readonly #fields = new Map<string, Field>();
  readonly #found = new Map<Known, Candidate[]>();

  /** Sorts one field; false for an unknown one. */
  add(name: string, value: unknown, place: Place = 'flat'): boolean {
    const utm = utmKeyOf(name);
    if (utm !== undefined) this.addUtm(utm, value);
    if (utm !== undefined) return true;
    const meaning = meaningOf(name);
    if (!meaning) return false;
    const isElsewhere = place !== 'flat' && FORM.has(meaning.known) !== (place === 'leadData');
    this.#take(isElsewhere ? { ...meaning, rank: 2 } : meaning, name, value);
    return true;
  }

  /** Sorts a field whose meaning is known by other data than its name. */
  take(known: Known, name: string, value: unknown): void {
    this.#take({ known, rank: 1 }, name, value);
  }

  /** A value for a field that has none. */
  fill(known: Known, text: string): void {
    if (!this.#found.has(known)) this.#candidate({ known, rank: 1 }, known, text);
  }

  has(known: Known): boolean {
    return this.#found.has(known);
  }

  /** Takes the address and the number from the first fields that look like nothing else. */
  guess(wanted: readonly Known[] = ['email', 'phone']): void {
    for (const [known, form] of GUESSES.filter(([one]) => wanted.includes(one))) {
      const found = [...this.#fields].find(
        ([, { items }]) => typeof items[0] === 'string' && form.test(items[0].trim()),
      );
      if (!found || this.#found.has(known)) continue;
      this.#fields.delete(found[0]);
      this.#candidate({ known, rank: 1 }, found[0], String(found[1].items[0]));
    }
  }

  /** The first value is kept; another one stays among the fields. */
  addUtm(key: string, value: unknown): void {
    if (isBlank(value)) return;
    if (!this.#utm.has(key)) this.#utm.set(key, value);
    else if (this.#utm.get(key) !== value) this.addField(key, value);
  }

  /** Values under one name become a list. */
  addField(given: string, value: unknown): void {
    const { name, isList } = listed(given);
    const field = this.#fields.get(name) ?? { items: [], isList: false };
    const isItems = Array.isArray(value) && (isList || field.items.length > 0);
    field.items.push(...(isItems ? (value as unknown[]) : [value]));
    field.isList ||= isList;
    this.#fields.set(name, field);
  }

  #take(meaning: Meaning, name: string, value: unknown): void {
    for (const item of Array.isArray(value) ? (value as unknown[]) : [value]) {
      if (isBlank(item)) continue;
      if (Array.isArray(item)) this.addField(name, item);
      else if (typeof item === 'object' && item !== null) this.#takeMembers(meaning, name, item);
      else this.#candidate(meaning, name, String(item));
    }
  }

  #takeMembers(meaning: Meaning, name: string, members: object): void {
    const number = numberOf(members);
    if (meaning.known === 'phone' && number !== undefined) return this.#candidate(meaning, name, number);
    for (const [member, value] of Object.entries(members)) {
      // Of Jotform's `fullName: { first, last }`, too.
      const known = meaning.known === 'fullName' ? 'name' : meaning.known;
      const part = meaningOf(`${name}${member}`) ?? meaningOf(`${known}${member}`);
      if (isBlank(value)) continue;
      if (typeof value === 'object') this.addField(`${name}.${member}`, value);
      else if (VALUES.has(folded(member))) this.#candidate(meaning, name, String(value));
      else if (part) this.#candidate({ ...part, rank: 1 }, `${name}.${member}`, String(value));
      else this.addField(`${name}.${member}`, value);
    }
  }

  #candidate({ known, rank }: Meaning, name: string, text: string): void {
    if (text.trim() === '') return;
    const found = this.#found.get(known);
    if (found) found.push({ name, text, rank });
    else this.#found.set(known, [{ name, text, rank }]);
  }

  /** The field's value: the first valid one. Every other value that differs stays among the fields. */
  #choose(known: Known): string | undefined {
    const all = this.#found.get(known) ?? [];
    const ranked = all.toSorted((a, b) => a.rank - b.rank);
    const chosen = ranked.find(({ text }) => VALID[known]?.test(text) ?? true) ?? ranked[0];
    for (const { name, text } of all) if (text.trim() !== chosen?.text.trim()) this.addField(name, text);
    return chosen?.text;
  }

  #names(): Partial<Record<'firstName' | 'lastName', string>> {
    const [firstName, lastName, full] = [this.#choose('firstName'), this.#choose('lastName'), this.#choose('fullName')];
    const given = present({ firstName, lastName });
    if (full === undefined) return given;
    const split = splitName(full);
    if (firstName === undefined && lastName === undefined) {
      // A title or a suffix was left out.
      if (folded(full).length > folded(`${split.firstName}${split.lastName ?? ''}`).length)
        this.addField('fullName', full);
      return split;
    }
    const half = folded(firstName ?? lastName ?? '');
    if (firstName !== undefined && lastName !== undefined) {
      if (folded(full) !== folded(firstName + lastName)) this.addField('fullName', full);
      return given;
    }
    if (folded(full) === half) return given;
    const isWhole = split.lastName !== undefined && full.split(/[\s,]+/u).some((word) => folded(word) === half);
    // A German form has `Vorname` and `Name`, a Spanish one `Nombre` and `Apellidos`: the other half is there.
    return { ...(isWhole ? split : { firstName: full, lastName: full }), ...given };
  }

  /** The lead's known parts; `data` has further members of its leadData. */
  lead(data: ReadonlyMap<string, unknown> = new Map()): Record<string, unknown> {
    const chosen = (names: readonly Known[]) =>
      present(Object.fromEntries(names.map((known) => [known, this.#choose(known)])));
    const person = chosen(PERSON.filter((known) => known !== 'firstName' && known !== 'lastName'));
    const leadData = chosen(LEAD_DATA);
    const names = this.#names();
    const fields = [...this.#fields].map(([name, { items, isList }]) => [
      name,
      isList || items.length > 1 ? items : items[0],
    ]);
    const maps = [
      ...(this.#utm.size > 0 ? [['utm', Object.fromEntries(this.#utm)] as const] : []),
      ...(fields.length > 0 ? [['fields', Object.fromEntries(fields) as unknown] as const] : []),
    ];
    return { ...person, ...names, leadData: Object.fromEntries([...data, ...Object.entries(leadData), ...maps]) };
  }
}

/** A number in parts: `{"area": "030", "phone": "1234567"}`. */
function numberOf(members: object): string | undefined {
  const parts = new Map(Object.entries(members).map(([name, value]) => [folded(name), value as unknown]));
  if (!parts.has('area') || !parts.has('phone')) return undefined;
  return ['country', 'area', 'phone']
    .flatMap((part) => (isBlank(parts.get(part)) ? [] : [String(parts.get(part))]))
    .join(' ');
}

const present = <T extends object>(record: T): T =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as T;

export const isBlank = (value: unknown): boolean => value === undefined || value === null || value === '';
