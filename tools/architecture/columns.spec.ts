import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';

const ROOT = join(import.meta.dirname, '../..');
const COLUMNS_MAX = 120;
/** Generated tables. */
const DATA = /\.data\.ts$/;
/** A regular expression on a line of its own, which has no second line. */
const REGULAR_EXPRESSION = /^(?:\w+: )?\/[^/*].*\/[a-z]*[,;]?$/;

/** Marks that stand above or below a letter take no column. */
const columns = (line: string): number => [...line.replace(/\p{M}/gu, '')].length;
const isTooLong = (line: string): boolean => columns(line) > COLUMNS_MAX && !REGULAR_EXPRESSION.test(line.trim());

it('no line of a source is longer than 120 columns: Prettier breaks neither comments nor strings', () => {
  const files = execFileSync('git', ['ls-files', '*.ts', '*.tsx', '*.mjs', '*.css', '*.sh', '*.py'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  const tooLong = files
    .split('\n')
    .filter((file) => file && !DATA.test(file))
    .flatMap((file) =>
      readFileSync(join(ROOT, file), 'utf8')
        .split('\n')
        .flatMap((line, index) => (isTooLong(line) ? [`${file}:${index + 1}`] : [])),
    );
  expect(tooLong).toEqual([]);
});
