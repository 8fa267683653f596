import { diff } from 'node:util';
import { written } from '@leadstream/sequences/written';
import type { Definition } from './sequence-entries.ts';

export interface FileDiff {
  file: string;
  /** `-`: only in the first, `+`: only in the second, a blank: in both. */
  lines: string[];
}

/** The files that differ, in the order of their names. */
export function diffOf(before: Definition, after: Definition): FileDiff[] {
  const [from, to] = [written(before), written(after)];
  return [...new Set([...Object.keys(from), ...Object.keys(to)])].sort().flatMap((file) => {
    if (from[file] === to[file]) return [];
    const lines = diff(linesOf(from[file]), linesOf(to[file])).map(
      ([change, line]) => `${change === 0 ? ' ' : change === 1 ? '-' : '+'} ${line}`,
    );
    return [{ file, lines }];
  });
}

const linesOf = (text: string | undefined): string[] => (text === undefined ? [] : text.replace(/\n$/, '').split('\n'));
