import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A text of the repository, by its path. */
export type Read = (path: string) => string;

export const from =
  (root: string): Read =>
  (path) =>
    readFileSync(join(root, path), 'utf8');

/** Each place that names the version of a release, as a pattern with the version in its first group. */
const PLACES = {
  'package.json': /^ {2}"version": "(.*)"/m,
  'libs/contracts/package.json': /^ {2}"version": "(.*)"/m,
  'deploy/helm/leadstream/Chart.yaml': /^version: (.*)$/m,
  Dockerfile: /^ARG VERSION=(.*)$/m,
} as const satisfies Record<string, RegExp>;

/** The places whose version is another one than the tag's. */
export const otherVersions = (tag: string, read: Read): string[] =>
  Object.entries(PLACES).flatMap(([path, pattern]) => {
    const [, found = 'no version'] = pattern.exec(read(path)) ?? [];
    return `v${found}` === tag ? [] : [`${path} has ${found}, the tag is ${tag}`];
  });

/** The text below the version's heading in the CHANGELOG; undefined when there is none. */
export function notesOf(tag: string, changelog: string): string | undefined {
  const heading = `[${tag.replace(/^v/, '')}]`;
  const section = changelog.split(/^## /m).find((each) => each.startsWith(heading));
  return section?.slice(section.indexOf('\n')).trim() || undefined;
}
