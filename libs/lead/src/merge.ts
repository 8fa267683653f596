import type { Change, Contact, Data, Dossier } from '@leadstream/contracts/events';
import type { FromStranger, LeadState } from './state.ts';
import { change } from './text.ts';

/** Fields of each part of a merged dossier: strangers can submit ever other names. */
const FIELDS_MAX = 200;

type Said = Pick<Data<'lead.resubmitted'>, 'contact' | 'dossier'>;
type Known = Pick<LeadState, 'contact' | 'dossier'>;
type Part = 'fields' | 'other' | 'utm';

/** A lead's data with a submission in it. */
export interface Merged {
  contact: Contact;
  dossier: Dossier;
  /** By rule: `replaced`, `filled`, or `offered` and not taken. */
  merged: Change[];
  /** The parts that a stranger filled. */
  filled: FromStranger[];
}

/**
 * Merges a submission into what is known of a lead: a trusted caller's newest value wins, an open form's fills gaps
 * only. The source stays, which the mails of the run under way name.
 */
export function mergedInto({ contact, dossier }: Known, said: Said, trusted: boolean): Merged {
  const merged: Change[] = [];
  const one = mergerOf(merged, trusted);
  const person = {
    ...(trusted ? { ...contact, ...said.contact } : { ...said.contact, ...contact }),
    ...one('', ['firstName', 'lastName', 'phone'], { ...contact }, { ...said.contact }),
  };
  const before = merged.length;
  const form = one(
    'leadData',
    ['medium', 'campaign', 'pageURL', 'submissionTimestamp'],
    { ...dossier },
    { ...said.dossier },
  );
  const part = (name: Part): Record<string, unknown> => {
    const [known, given] = [dossier?.[name] ?? {}, said.dossier[name] ?? {}];
    const path = name === 'other' ? '' : `leadData.${name}`;
    return { ...known, ...one(path, Object.keys(given), known, given) };
  };
  const parts = (['utm', 'fields', 'other'] as const).flatMap((name) => {
    const value = part(name);
    return Object.keys(value).length > 0 ? [[name, value] as const] : [];
  });
  const names = (['firstName', 'lastName'] as const).filter((name) =>
    merged.some(({ field, rule }) => field === name && rule === 'filled'),
  );
  const isFilled = merged.slice(before).some(({ rule }) => rule === 'filled');
  return {
    contact: person,
    dossier: { ...dossier, source: dossier?.source ?? said.dossier.source, ...form, ...Object.fromEntries(parts) },
    merged,
    filled: trusted ? [] : [...names, ...(isFilled ? ['dossier' as const] : [])],
  };
}

/** Merges members of two records; each difference is recorded. */
const mergerOf =
  (merged: Change[], trusted: boolean) =>
  (path: string, names: readonly string[], known: Record<string, unknown>, given: Record<string, unknown>) => {
    const taken = new Map<string, unknown>();
    let room = FIELDS_MAX - Object.keys(known).length;
    for (const name of names) {
      const [from, to] = [known, given].map((record) => (Object.hasOwn(record, name) ? record[name] : undefined));
      if (isEmpty(to) || textOf(from) === textOf(to)) continue;
      const isGap = isEmpty(from);
      const rule = isGap && room-- > 0 ? 'filled' : !isGap && trusted ? 'replaced' : 'offered';
      if (rule !== 'offered') taken.set(name, to);
      merged.push(change(path ? `${path}.${name}` : name, rule, isGap ? undefined : textOf(from), textOf(to)));
    }
    return Object.fromEntries(taken);
  };

const isEmpty = (value: unknown): boolean => value === undefined || value === null || value === '';
const textOf = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));
