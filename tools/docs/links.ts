import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const HEADING = /^#+ (.+)$/gm;
const CODE = /^ *```.*?^ *```/gms;
const LINK = /\]\(([^)\s]+)\)/g;

/** The anchor that GitHub gives a heading. */
const anchorOf = (heading: string): string =>
  heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\-_ ]/gu, '')
    .replaceAll(' ', '-');

const prose = (path: string): string => readFileSync(path, 'utf8').replace(CODE, '');
const anchorsIn = (path: string): string[] => [...prose(path).matchAll(HEADING)].map(([, text = '']) => anchorOf(text));

/** The links of a page to files or headings of this repository that are not there, as `page: link`. */
export function brokenLinks(root: string, page: string): string[] {
  const path = join(root, page);
  return [...prose(path).matchAll(LINK)].flatMap(([, link = '']) => {
    if (/^[a-z]+:/.test(link)) return [];
    const [file = '', anchor] = link.split('#');
    const target = file === '' ? path : join(dirname(path), file);
    const isThere = existsSync(target) && (!anchor || !target.endsWith('.md') || anchorsIn(target).includes(anchor));
    return isThere ? [] : [`${relative(root, path)}: ${link}`];
  });
}
