import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

const SCRIPT = join(import.meta.dirname, '../../.ci/upgrade');
let dir: string;
let repository: string;

const git = (...args: string[]): string =>
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t.example', ...args], {
    cwd: repository,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
const commit = (): string => git('commit', '--allow-empty', '-m', 'a change');

function stateVersion(version: number): void {
  const folder = join(repository, 'libs/lead/src');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'state.ts'), `export const STATE_VERSION = ${version};\n`);
  git('add', '.');
  commit();
}

/** The script in a repository, with an npm that prints what it is asked for. */
function upgrade(at = repository): { status: number | null; out: string } {
  mkdirSync(join(at, '.ci'), { recursive: true });
  cpSync(SCRIPT, join(at, '.ci/upgrade'));
  const { status, stdout, stderr } = spawnSync('bash', ['.ci/upgrade'], {
    cwd: at,
    encoding: 'utf8',
    env: { ...process.env, PATH: `${dir}${delimiter}${process.env['PATH']}` },
  });
  return { status, out: `${stdout}${stderr}` };
}

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'leadstream-upgrade-'));
  writeFileSync(join(dir, 'npm'), '#!/bin/sh\necho "npm $@"\n');
  chmodSync(join(dir, 'npm'), 0o755);
  repository = join(dir, 'repository');
  mkdirSync(repository);
  git('init', '-q');
  commit();
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const BEFORE_THE_SECOND_RELEASE: [title: string, prepare: () => unknown][] = [
  ['before the first release', () => undefined],
  ['at the first release', () => git('tag', 'v1.0.0')],
  ['behind a tag that is no release', () => (git('tag', 'nightly'), commit())],
];

describe('.ci/upgrade', () => {
  it.each(BEFORE_THE_SECOND_RELEASE)('runs nothing and says so %s, with one state version', (_, prepare) => {
    prepare();
    expect(upgrade()).toEqual({ status: 0, out: expect.stringContaining('nothing to upgrade from') });
  });

  it.each(BEFORE_THE_SECOND_RELEASE)('begins before the last raise of STATE_VERSION %s', (_, prepare) => {
    for (const version of [1, 2]) stateVersion(version);
    const before = git('rev-parse', '--short', 'HEAD').trim();
    stateVersion(3);
    commit();
    prepare();
    expect(upgrade().out).toContain(`npm run -s test:upgrade -- --from ${before} --rolls up,down,up`);
  });

  it('begins at the last release, and at the one before it for a release', () => {
    git('tag', 'v1.0.0');
    commit();
    git('tag', 'v1.1.0');
    expect(upgrade().out).toContain('npm run -s test:upgrade -- --from v1.0.0 --rolls up,down,up');
    commit();
    expect(upgrade().out).toContain('--from v1.1.0 ');
  });

  it('refuses a clone without history, which has no tags', () => {
    git('tag', 'v1.0.0');
    commit();
    git('clone', '-q', '--depth', '1', `file://${repository}`, join(dir, 'shallow'));
    expect(upgrade(join(dir, 'shallow'))).toEqual({
      status: 1,
      out: expect.stringContaining('fetch-depth: 0'),
    });
  });
});
