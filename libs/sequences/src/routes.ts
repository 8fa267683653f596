import type { Route } from '@leadstream/contracts/events';
import type { Routes, Sequence } from './definition.ts';

const withoutCase = (source: string): string => source.normalize('NFC').trim().toLowerCase();

/**
 * The entry with the best matching source pattern: the exact one, else the longest that ends in `*`; case never
 * matters. Undefined when none matches.
 */
export function matchSource<Entry>(
  source: string,
  entries: readonly (readonly [pattern: string, Entry])[],
): Entry | undefined {
  const wanted = withoutCase(source);
  let best: { length: number; entry: Entry } | undefined;
  for (const [pattern, entry] of entries) {
    const candidate = withoutCase(pattern);
    if (candidate === wanted) return entry;
    const prefix = candidate.slice(0, -1);
    if (candidate.endsWith('*') && wanted.startsWith(prefix) && prefix.length > (best?.length ?? 0))
      best = { length: prefix.length, entry };
  }
  return best?.entry;
}

/** The sequence that a tag triggers. Throws when none does: `lint` keeps such a tag from being deployed. */
export function routeByTag(tag: string, sequences: readonly Sequence[]): Route {
  const [first] = sequences
    .filter(({ triggers }) => triggers.includes(tag))
    .sort((a, b) => b.rank - a.rank || (a.id < b.id ? -1 : 1));
  if (!first) throw new Error(`no sequence is triggered by the tag ${tag}`);
  return { sequence: first.id, tag, rank: first.rank };
}

/** The route of a source: its tag by `routes` (exact before wildcard before default), then the sequence of that tag. */
export function route(source: string, routes: Routes, sequences: readonly Sequence[]): Route {
  const entries = routes.routes.flatMap(({ sources, tag }) => sources.map((pattern) => [pattern, tag] as const));
  return routeByTag(matchSource(source, entries) ?? routes.default.tag, sequences);
}
