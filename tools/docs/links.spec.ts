import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { brokenLinks } from './links.ts';

const ROOT = join(import.meta.dirname, '../..');

it('each link of a page leads to a file and a heading that are there', () => {
  const pages = execFileSync('git', ['ls-files', '*.md'], { cwd: ROOT, encoding: 'utf8' }).trim().split('\n');
  expect(pages.flatMap((page) => brokenLinks(ROOT, page))).toEqual([]);
});

it('a link to a missing file, and one to a missing heading, are named', () => {
  const folder = mkdtempSync(join(tmpdir(), 'links-'));
  try {
    writeFileSync(
      join(folder, 'a.md'),
      '# Two `words`\n[a](#two-words) [b](#one) [c](b.md) [d](a.md#no) [e](https://x)\n',
    );
    expect(brokenLinks(folder, 'a.md')).toEqual(['a.md: #one', 'a.md: b.md', 'a.md: a.md#no']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
