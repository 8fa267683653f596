import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { command } from './testing/command.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'leadstream-cases-'));
  await cp('sequences', dir, { recursive: true });
});
afterEach(() => rm(dir, { recursive: true }));

const test = (...argv: string[]) => command(['sequences', 'test', dir, ...argv], { LEADSTREAM_DIR: dir });
const write = (file: string, text: string) => writeFile(join(dir, file), text);
const LEAD = '{ email: ada@example.com, timeZone: Europe/Berlin, leadData: { source: whitepaper } }';
const head = `- it: mails\n  lead: ${LEAD}\n  at: 2026-12-07T09:00:00Z\n`;
const FIRST = '    - { step: first, to: lead, at: 2026-12-07 10:03 }\n';
const SECOND = '    - { step: second, to: lead, at: 2026-12-09 10:03 }\n';
const differencesOf = async (text: string): Promise<string[]> => {
  await write('content-nurture/mails.spec.yaml', text);
  const { cases } = JSON.parse((await test('--json')).out) as { cases: { file: string; differences: string[] }[] };
  return cases.find(({ file }) => file.startsWith('content-nurture/'))?.differences ?? ['no case'];
};

describe('the cases of sequences', () => {
  it('hold for every sequence of the repository', async () => {
    expect(await test()).toEqual({ code: 0, err: '', out: expect.stringMatching(/^(\d+) of \1 cases hold\n$/) });
    const { cases } = JSON.parse((await test('--json')).out) as { cases: { file: string }[] };
    const ids = new Set(cases.map(({ file }) => file.split('/')[0]));
    const sequences = JSON.parse((await command(['sequences', 'preview', dir, '--json'], {})).out) as {
      sequence: string;
    }[];
    expect(ids).toEqual(new Set([...sequences.map(({ sequence }) => sequence), 'initial-triage', 'tags.spec.yaml']));
  });

  it('differ when a mail changes, by file, line and the words of the difference', async () => {
    const file = join(dir, 'content-nurture/sequence.yaml');
    await writeFile(file, (await readFile(file, 'utf8')).replace('fixed: P2D', 'fixed: P1D'));
    await write('content-nurture/mails.spec.yaml', `# cases\n${head}  expect:\n${FIRST}${SECOND}`);
    const { code, out } = await test();
    expect(code).toBe(1);
    expect(out).toContain(
      'content-nurture/mails.spec.yaml:2: mails\n' +
        '  second to the lead: at 2026-12-08 10:03 (Europe/Berlin), not 2026-12-09 10:03\n',
    );
  });

  it.each([
    [
      'a mail is missing',
      `  expect:\n${FIRST}`,
      'content-nurture/second to the lead at 2026-12-09 10:03, "Re: About our guide": not expected',
    ],
    [
      'a mail is too many',
      `  expect:\n${FIRST}${SECOND}    - { step: third, to: lead, at: 2026-12-11 10:03 }\n`,
      'third to the lead at 2026-12-11 10:03: no such mail',
    ],
    [
      'its recipient is another',
      `  expect:\n${FIRST.replace('to: lead', 'to: rep')}${SECOND}`,
      'first to the rep at 2026-12-07 10:03: no such mail',
    ],
    [
      'its subject is another',
      `  expect:\n${FIRST.replace(' }', ', subject: Hello }')}${SECOND}`,
      'first to the lead: the subject is "About our guide", not "Hello"',
    ],
    [
      'its range ends before',
      `  expect:\n${FIRST.replace('at: 2026-12-07 10:03', 'at: [2026-12-07 10:00, 2026-12-07 10:02]')}${SECOND}`,
      'first to the lead: at 2026-12-07 10:03 (Europe/Berlin), not 2026-12-07 10:00 to 2026-12-07 10:02',
    ],
    [
      'a step that an act waits for is never mailed',
      `  then:\n    - { after: fisrt, does: replies }\n  expect:\n${FIRST}${SECOND}`,
      'replies after fisrt: it never happens',
    ],
    [
      'an act comes after the last day',
      `  then:\n    - { at: 2027-12-07T09:00:00Z, does: replies }\n  expect:\n${FIRST}${SECOND}`,
      'replies at 2027-12-07T09:00:00Z: it never happens',
    ],
  ])('differ when %s', async (_, rest, difference) => {
    expect(await differencesOf(head + rest)).toContain(difference);
  });

  it.each([
    ['unsubscribes', '{ after: first, does: unsubscribes }'],
    ['complains', '{ after: first, does: complains }'],
    ['bounces', '{ after: first, does: bounces }'],
    ['unsubscribes at a time', '{ at: 2026-12-08T09:00:00Z, does: unsubscribes }'],
  ])('show no second mail to a lead who %s', async (_, then) => {
    expect(await differencesOf(`${head}  then:\n    - ${then}\n  expect:\n${FIRST}`)).toEqual([]);
  });

  it('show the end of a run by a tag, and a condition on a click', async () => {
    const file = join(dir, 'content-nurture/sequence.yaml');
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace('\nsteps:', '\nstopWhen: [customer]\nsteps:'));
    const tagged = `  then:\n    - { after: first, does: is-tagged, tag: customer }\n  expect:\n${FIRST}`;
    expect(await differencesOf(head + tagged)).toEqual([]);
    await writeFile(file, text.replace('    thread: true', '    thread: true\n    when: { notHappened: [clicked] }'));
    const clicked = `  then:\n    - { after: first, does: clicks }\n  expect:\n${FIRST}`;
    expect(await differencesOf(head + clicked)).toEqual([]);
    expect(await differencesOf(`${head}  expect:\n${FIRST}${SECOND}`)).toEqual([]);
  });

  it.each([
    [
      'a local time of no form',
      `${head}  expect:\n    - { step: first, to: lead, at: soon }\n`,
      /spec\.yaml:5: .*must be a local time/,
    ],
    [
      'an act of no kind',
      `${head}  then:\n    - { after: first, does: sings }\n  expect: []\n`,
      /spec\.yaml:5: .*must be \{ after/,
    ],
    [
      'an act with two times',
      `${head}  then:\n    - { after: first, at: 2026-12-08T09:00:00Z, does: replies }\n  expect: []\n`,
      /spec\.yaml:5: .*one of after and at/,
    ],
    ['an unknown key', `${head}  until: never\n  expect: []\n`, /spec\.yaml:1: .*until/],
    ['no YAML', '- it: [', /spec\.yaml:1: .*\(yaml\)/],
    ['no list', 'it: mails', /spec\.yaml:1: .*must be a list of cases/],
  ])('are refused by file and line for %s', async (_, text, problem) => {
    await write('content-nurture/mails.spec.yaml', text);
    const { code, out } = await test();
    expect(code).toBe(1);
    expect(out).toMatch(problem);
  });
});
