import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { evidenceProblems } from './security.ts';
import { titlesIn } from './test-titles.ts';

const ROOT = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const specPaths = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '*.spec.ts'], {
  cwd: ROOT,
  encoding: 'utf8',
});
const specs = new Map(
  specPaths
    .split('\n')
    .filter((path) => path !== '')
    .map((path): [string, string] => [path, read(path)]),
);

describe('SECURITY.md', () => {
  // To repair it: name the test by a part of its present title.
  it('names only tests that exist', () => {
    expect(evidenceProblems(read('SECURITY.md'), specs)).toEqual([]);
  });

  it('has a row for each of its tests: the check reads them', () => {
    expect(evidenceProblems(read('SECURITY.md'), new Map()).length).toBeGreaterThan(50);
  });

  const page = (tests: string) =>
    `*Doors* is \`tests/e2e/doors.spec.ts\`.\n\n| tries | what holds | ` +
    `test |\n|---|---|---|\n| to knock | a lock | ${tests} |\n`;
  const known = new Map([
    [
      'tests/e2e/doors.spec.ts',
      "describe('a door', () => { it('is locked', () => {}); it('has a bell', () => {}); });",
    ],
    ['libs/lead/src/window.spec.ts', "it('is closed', () => {});"],
    ['apps/sender/src/window.spec.ts', "it('is open', () => {});"],
  ]);

  it('may name a spec by an alias or by the end of its path, and leave it out for the next title', () => {
    expect(
      evidenceProblems(page('doors: a door is locked · has a bell · `lead/src/window.spec.ts`: closed'), known),
    ).toEqual([]);
  });

  it.each([
    [
      'a title that was changed, with the nearest one',
      'doors: is locked at night',
      'no test of tests/e2e/doors.spec.ts has "is locked at night" in its title; the nearest is "a door is locked"',
    ],
    ['a spec that is gone', '`roof.spec.ts`: holds', 'no spec is roof.spec.ts'],
    [
      'a name that two specs have',
      '`window.spec.ts`: closed',
      'window.spec.ts is libs/lead/src/window.spec.ts and apps/sender/src/window.spec.ts',
    ],
    ['a spec without a title', 'doors', '"doors" names no title'],
    ['a title without a spec', 'is locked', '"is locked" names no spec'],
  ])('is refused with %s, by its row', (_, tests, problem) => {
    expect(evidenceProblems(page(tests), known)).toEqual([`SECURITY.md:5 (to knock): ${problem}`]);
  });
});

describe('the titles of a spec', () => {
  it.each([
    ['are those of its groups, then its own', "describe('a', () => describe('b', () => it('c', f)));", ['a b c']],
    [
      'have each text of a table',
      "it.each([['x', 1], ['y', 2]])('is %s in %d', f);",
      ['is … in …', 'is x in x', 'is y in y'],
    ],
    ['have each name of a table', "it.each([{ name: 'x' }])('is $name', f);", ['is …', 'is x']],
    ['have each text of a group’s table', "describe.each(['x'])('%s', () => it('c', f));", ['… c', 'x c']],
    ['leave open what is computed', 'it(`is ${x} and ${y}!`, f);', ['is … and …!']],
    ['leave out what is skipped', "it.skip('a', f); it.todo('b'); describe.skip('c', () => it('d', f));", []],
    ['leave out other calls', "expect('a'); it('b', () => run('c'));", ['b']],
  ])('%s', (_, spec, titles) => {
    expect(titlesIn(spec)).toEqual(titles);
  });
});
