import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it } from '@jest/globals';
import { serviceArgs } from '@leadstream/testing/child';

const SCRIPT = 'tools/start/node-runs.sh';
const LOADER =
  'node: error while loading shared libraries: libatomic.so.1: cannot ' +
  'open shared object file: No such file or directory';

/** Runs the script with a `node` that fails as the loader does. */
async function withNode(words: string): Promise<{ status: number | null; stderr: string }> {
  const dir = await mkdtemp(join(tmpdir(), 'leadstream-node-'));
  try {
    await writeFile(join(dir, 'node'), `#!/bin/sh\necho '${words}' >&2\nexit 127\n`);
    await chmod(join(dir, 'node'), 0o755);
    const { status, stderr } = spawnSync('/bin/sh', [SCRIPT], {
      env: { PATH: `${dir}:/usr/bin:/bin` },
      encoding: 'utf8',
    });
    return { status, stderr };
  } finally {
    await rm(dir, { recursive: true });
  }
}

it('a missing libatomic is reported in one line, with its package', async () => {
  const { status, stderr } = await withNode(LOADER);
  expect({ status, lines: stderr.trim().split('\n') }).toEqual({
    status: 1,
    lines: [expect.stringMatching(/^Node 26 needs libatomic.so.1: apt-get install libatomic1/)],
  });
});

it('another error of node is printed unchanged; a working node prints nothing', async () => {
  expect(await withNode('Illegal instruction')).toEqual({
    status: 1,
    stderr: 'node does not run here: Illegal instruction\n',
  });
  const { status, stderr } = spawnSync('/bin/sh', [SCRIPT], {
    env: { PATH: `${dirname(process.execPath)}:/usr/bin:/bin` },
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

it('npm checks node before it starts, tests or runs a service', async () => {
  const { scripts } = JSON.parse(await readFile('package.json', 'utf8')) as { scripts: Record<string, string> };
  expect([scripts['prestart'], scripts['pretest'], scripts['preservice']]).toEqual(
    Array.from({ length: 3 }, () => `sh ${SCRIPT}`),
  );
});

it('npm runs a service with the arguments of production', async () => {
  const { scripts } = JSON.parse(await readFile('package.json', 'utf8')) as { scripts: Record<string, string> };
  const dir = await mkdtemp(join(tmpdir(), 'leadstream-node-'));
  try {
    await writeFile(join(dir, 'node'), '#!/bin/sh\necho "$@"\n', { mode: 0o755 });
    const ran = await Promise.all(
      ['inbound', 'sender'].map(async (app) => {
        await mkdir(join(dir, `apps/${app}/dist`), { recursive: true });
        await writeFile(join(dir, `apps/${app}/dist/main.js`), '');
        return spawnSync('/bin/sh', ['-c', `${scripts['service']} ${app}`], {
          cwd: dir,
          env: { PATH: `${dir}:/usr/bin:/bin` },
          encoding: 'utf8',
        }).stdout.trim();
      }),
    );
    expect(ran).toEqual(['inbound', 'sender'].map((app) => serviceArgs(app).join(' ')));
  } finally {
    await rm(dir, { recursive: true });
  }
});
