import { folded, meaningOf, utmKeyOf, utmMemberOf } from './names.ts';
import { jsonIn } from './path.ts';
import { isBlank, Sorting, type Place } from './sorting.ts';

/** One field of a form: its name, and its value. */
export type Entry = readonly [name: string, value: unknown];

const PAIR_NAMES = ['name', 'label', 'key', 'title', 'id', 'field'];

/**
 * A flat form as the contract's nested lead. Names ignore case, accents, spaces and punctuation, and other names of a
 * field are known in many languages. UTM keys go to `utm`, unknown names to `fields`, repeated ones as a list.
 */
export function leadOfEntries(entries: Iterable<Entry>): Record<string, unknown> {
  let all = [...entries];
  let sorting = sorted(all);
  // A program may wrap the form: `{"data": {…}}`, `{"contact": {…}}`, Jotform's `rawRequest`.
  for (let level = 0; level < WRAPPED_MAX && !sorting.has('email'); level++) {
    all = all.flatMap(([name, value]) => wrapped(name, value) ?? [[name, value] as const]);
    sorting = sorted(all);
  }
  sorting.guess(['email']);
  return sorting.lead();
}

const WRAPPED_MAX = 3;

function sorted(entries: readonly Entry[]): Sorting {
  const sorting = new Sorting();
  // In Turkish forms `Ad` is the given name; in others it is an advertisement.
  const isTurkish = entries.some(([name]) => /^soyad/.test(folded(name)));
  for (const [name, value] of entries)
    addFlat(sorting, isTurkish && folded(name) === 'ad' ? 'adı' : plainOf(name), value);
  return sorting;
}

/** Elementor's and others' `fields[name][value]` is the field `name`. */
const plainOf = (name: string): string => name.replace(/^\w{1,40}\[([^[\]]{1,80})\]\[value\]$/, '$1');

/** The members of a field that is a form of its own. */
function wrapped(name: string, value: unknown): Entry[] | undefined {
  const members = meaningOf(name) ? undefined : membersOf(value);
  const isForm = !isMapName(name) || members?.some(([member]) => meaningOf(member)?.known === 'email');
  return isForm && members?.some(([member]) => !/^\d+$/.test(member)) ? members : undefined;
}

const isMapName = (name: string): boolean => ['leaddata', 'utm', 'fields', 'customfields'].includes(folded(name));

/**
 * A JSON lead in the contract's shape, whatever the spelling of its names; without `leadData` its members are a flat
 * form. Unknown members keep their place. A list of one lead is that lead. Another value than an object is returned as
 * it is: the contract refuses it.
 */
export function leadOfJson(given: unknown): unknown {
  const body: unknown = Array.isArray(given) && given.length === 1 ? given[0] : given;
  if (!isMap(body)) return body;
  const own = Object.entries(body).find(([name]) => folded(name) === 'leaddata');
  if (!own) return leadOfEntries(Object.entries(body));
  const inner = membersOf(own[1]);
  if (!inner) return body;
  const sorting = new Sorting();
  const top = new Map<string, unknown>();
  const data = new Map<string, unknown>();
  const others = Object.entries(body).filter(([name]) => name !== own[0]);
  for (const [name, value] of others) addTo(sorting, top, name, value, 'person');
  // `{"contact": {…}, "leadData": {…}}`
  for (const [name, value] of sorting.has('email') ? [] : others) {
    const members = wrapped(name, value);
    if (!members?.some(([member]) => meaningOf(member)?.known === 'email')) continue;
    top.delete(name);
    for (const [member, each] of members) if (!sorting.add(member, each, 'person')) sorting.addField(member, each);
  }
  for (const [name, value] of inner) if (!addMap(sorting, name, value)) addTo(sorting, data, name, value, 'leadData');
  return { ...Object.fromEntries(top), ...sorting.lead(data) };
}

function addTo(sorting: Sorting, rest: Map<string, unknown>, name: string, value: unknown, place: Place): void {
  if (!sorting.add(name, value, place)) rest.set(name, value);
}

function addFlat(sorting: Sorting, name: string, value: unknown): void {
  const isMapped = typeof value === 'object' || (typeof value === 'string' && jsonIn(value) !== undefined);
  if (isMapped && addMap(sorting, name, value)) return;
  if (!sorting.add(name, value)) sorting.addField(name, value);
}

/** Sorts the members of `utm` and `fields`; false for another member. */
function addMap(sorting: Sorting, name: string, value: unknown): boolean {
  const what = folded(name);
  if (what === 'leaddata') return addLeadData(sorting, value);
  if (what !== 'utm' && what !== 'fields' && what !== 'customfields') return false;
  const members = membersOf(value);
  if (!members && !isBlank(value)) sorting.addField(name, value);
  for (const [key, member] of members ?? []) {
    if (what === 'utm') sorting.addUtm(utmMemberOf(key) ?? utmKeyOf(key) ?? key, member);
    else sorting.addField(key, member);
  }
  return true;
}

/** Of a form whose script has made JSON of it; false for another text. */
function addLeadData(sorting: Sorting, value: unknown): boolean {
  const members = membersOf(value);
  for (const [name, member] of members ?? []) {
    // One in another is only kept: an endless nest would otherwise be followed.
    if (folded(name) === 'leaddata') sorting.addField(name, member);
    else addFlat(sorting, name, member);
  }
  return members !== undefined;
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * A map's members, also of one that is written as JSON in a text. PHP writes an empty map as `[]`, and a map with the
 * keys 0, 1, 2 as a list; other programs write a map as a list of names and values. Undefined: no map.
 */
function membersOf(given: unknown): Entry[] | undefined {
  const value = typeof given === 'string' ? jsonIn(given) : given;
  if (isMap(value)) return Object.entries(value);
  if (!Array.isArray(value)) return undefined;
  return value.map((item: unknown, index) => pairOf(item) ?? [String(index), item]);
}

function pairOf(item: unknown): Entry | undefined {
  if (!isMap(item) || !('value' in item)) return undefined;
  const name = PAIR_NAMES.map((key) => item[key]).find((one) => typeof one === 'string');
  return typeof name === 'string' ? [name, item['value']] : undefined;
}
