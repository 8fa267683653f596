import { titlesIn } from './test-titles.ts';

/** An alias of a spec in the page's own words: *doors* `tests/e2e/doors.spec.ts`. */
const ALIAS = /\*(\w+)\*(?: is)?\s+`([^`]+)`/g;
const ROW = /^\| (.+) \| (.+) \| (.+) \|$/;
const HEAD = '| tries | what holds | test |';
/** `spec or alias: part of a title`; what has neither is a part alone. */
const NAMED = /^(?:`([^`]+)`|(\w+))(?:: (.*))?$/;

/**
 * Each test that a row of SECURITY.md names and no spec has, with the row. `specs` are their texts by their paths. A
 * part alone is of the spec that the row named before it.
 */
export function evidenceProblems(page: string, specs: ReadonlyMap<string, string>): string[] {
  const aliases = new Map([...page.matchAll(ALIAS)].map(([, name = '', path = '']) => [name.toLowerCase(), path]));
  const titles = new Map([...specs].map(([path, text]) => [path, titlesIn(text)]));
  const named = (name: string): string[] =>
    [...titles.keys()].filter((path) => path === name || path.endsWith(`/${name}`));

  return page.split('\n').flatMap((line, index) => {
    const [, tries, , tests] = line === HEAD ? [] : (ROW.exec(line) ?? []);
    if (tries === undefined || tests === undefined) return [];
    let spec: string | undefined;
    return tests.split(' · ').flatMap((reference) => {
      const [, path, word, rest] = NAMED.exec(reference) ?? [];
      const name = path ?? aliases.get((word ?? '').toLowerCase());
      const part = name === undefined ? reference : rest;
      if (name !== undefined) {
        const [found, other] = named(name);
        if (!found) return [`SECURITY.md:${index + 1} (${tries}): no spec is ${name}`];
        if (other) return [`SECURITY.md:${index + 1} (${tries}): ${name} is ${found} and ${other}`];
        spec = found;
      }
      if (!spec || part === undefined)
        return [`SECURITY.md:${index + 1} (${tries}): "${reference}" names no ${spec ? 'title' : 'spec'}`];
      const present = titles.get(spec) ?? [];
      if (present.some((title) => title.includes(part))) return [];
      return [
        `SECURITY.md:${index + 1} (${tries}): no test of ${spec} has "${part}" in its title${nearest(present, part)}`,
      ];
    });
  });
}

/** The titles that share most words with the part: what it was renamed to is mostly among them. */
function nearest(titles: string[], part: string): string {
  const words = new Set(part.toLowerCase().split(/\W+/));
  const shared = (title: string) =>
    new Set(
      title
        .toLowerCase()
        .split(/\W+/)
        .filter((word) => words.has(word)),
    ).size;
  const [best] = titles.toSorted((a, b) => shared(b) - shared(a));
  return best && shared(best) > 0 ? `; the nearest is "${best}"` : '';
}
