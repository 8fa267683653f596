import { readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
const ADRS = 'docs/adr';
const BLOCK = /^<!-- generated: ([^>]+) -->\n(?:(?!<!-- generated: )[\s\S])*?<!-- \/generated -->$/gm;
const START = /^<!-- generated: ([^>]+) -->$/gm;

/**
 * A hand-written page with each list between its markers as the code has it. Throws for a list that does not exist, and
 * for one without an end.
 */
export function filled(path: string, page: string, lists: ReadonlyMap<string, string>): string {
  const closed = page.match(BLOCK) ?? [];
  for (const name of namesIn(page)) {
    if (!lists.has(name)) throw new Error(`${path}: no list is "${name}"; there are ${[...lists.keys()].join(', ')}`);
    if (!closed.some((block) => block.startsWith(`<!-- generated: ${name} -->`)))
      throw new Error(`${path}: the list "${name}" has no <!-- /generated -->`);
  }
  return page.replace(
    BLOCK,
    (_, name: string) => `<!-- generated: ${name} -->\n\n${linked(lists.get(name) ?? '', path)}\n\n<!-- /generated -->`,
  );
}

/** The names of a page's lists. */
export const namesIn = (page: string): string[] => [...page.matchAll(START)].map(([, name = '']) => name);

/** `ADR 21` as a link from this page. */
const linked = (list: string, path: string): string =>
  list.replace(/\bADR (\d+)\b/g, (text, number: string) => {
    const file = readdirSync(join(ROOT, ADRS)).find((name) => name.startsWith(number.padStart(4, '0')));
    if (!file) throw new Error(`${text} is not in ${ADRS}`);
    return `[${text}](${relative(dirname(path), `${ADRS}/${file}`)})`;
  });
