import { VIEWS, type View } from '../words.ts';

/** The list's choice, as its address has it. */
export interface Filter {
  q: string;
  view: View;
  sequence: string;
  tag: string;
  /** The cursor of the page. */
  after: string;
}

const ALL: View = { id: 'all', says: 'All', statuses: [] };

export function filterOf(search: string): Filter {
  const given = new URLSearchParams(search);
  const text = (name: string) => given.get(name) ?? '';
  const view = VIEWS.find(({ id }) => id === given.get('view')) ?? ALL;
  return { q: text('q'), view, sequence: text('sequence'), tag: text('tag'), after: text('after') };
}

/** The address of a changed choice; it begins at the first page again unless `after` says otherwise. */
export function addressOf(filter: Filter, change: Partial<Filter> = {}): string {
  const { q, view, sequence, tag, after } = { ...filter, after: '', ...change };
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries({ q, view: view.id === 'all' ? '' : view.id, sequence, tag, after }))
    if (value) given.set(name, value);
  const query = given.toString();
  return query ? `/leads?${query}` : '/leads';
}

/** The API's query of the choice, without its page. */
export function queryOf({ q, view, sequence, tag }: Filter): URLSearchParams {
  const given = new URLSearchParams();
  if (q) given.set('q', q);
  for (const status of view.statuses) given.append('status', status);
  if (sequence) given.set('sequence', sequence);
  if (tag) given.set('tag', tag);
  return given;
}

export const isNarrowed = ({ q, view, sequence, tag }: Filter): boolean =>
  q !== '' || view.id !== 'all' || sequence !== '' || tag !== '';
