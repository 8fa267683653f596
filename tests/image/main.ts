import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { skip } from '../chart/tools.ts';
import { contents } from './files.ts';
import { hasPodman, podman } from './podman.ts';
import { runs } from './runs.ts';
import { BASE_IMAGE, makeStandIns, NODE_IMAGE } from './stand-in.ts';

/**
 * `npm run test:image` builds the Dockerfile with podman, upon stand-ins for its two base images, and looks at the
 * image: its size, its files, its labels, whether a second build gives the same layers, and `service all` in it.
 * `--once` leaves the second build out.
 */
const EPOCH = '1700000000';
const tag = (name: string): string => `localhost/leadstream-test/${name}`;
const say = (text: string): void => void process.stdout.write(`${text}\n`);

if (!hasPodman()) skip('test:image', 'podman is not on PATH');

const scratch = mkdtempSync(join(tmpdir(), 'leadstream-image-'));
const problems: string[] = [];
try {
  say('making the stand-ins of the base images …');
  await makeStandIns(scratch);
  say('building …');
  await build('first');
  const { problems: found, mib } = await contents(tag('first'), BASE_IMAGE);
  problems.push(...found, ...(await labelProblems()));
  say(`${mib.toFixed(1)} MiB of ours`);
  if (!process.argv.includes('--once')) {
    say('building again …');
    await build('second', '--no-cache');
    const [one, other] = [await layersOf('first'), await layersOf('second')];
    say(`layers ${one.at(-1)}`);
    if (one.join() !== other.join()) problems.push(`another build has other layers: ${other.at(-1)}`);
  }
  problems.push(...(await runs(tag('first'), { uid: randomInt(2_000, 60_000), say })));
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
for (const problem of problems) say(`PROBLEM ${problem}`);
say(problems.length === 0 ? 'test:image: passed' : `test:image: ${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;

async function build(name: string, ...more: string[]): Promise<void> {
  const given = { NODE_IMAGE, BASE_IMAGE, SOURCE_DATE_EPOCH: EPOCH, REVISION: 'a-revision' };
  await podman(
    'build',
    ...Object.entries(given).map(([key, value]) => `--build-arg=${key}=${value}`),
    // npm's registry may be reachable from the machine alone.
    '--network=host',
    '--isolation=chroot',
    `--timestamp=${EPOCH}`,
    ...more,
    `--tag=${tag(name)}`,
    '.',
  );
}

async function layersOf(name: string): Promise<string[]> {
  const [image] = JSON.parse(await podman('image', 'inspect', tag(name))) as [{ RootFS: { Layers: string[] } }];
  return image.RootFS.Layers;
}

async function labelProblems(): Promise<string[]> {
  const [image] = JSON.parse(await podman('image', 'inspect', tag('first'))) as [
    { Config: { Labels: Record<string, string>; User: string } },
  ];
  const { Labels: labels, User: user } = image.Config;
  return [
    ...['title', 'description', 'licenses', 'version', 'revision', 'source']
      .filter((name) => !labels[`org.opencontainers.image.${name}`])
      .map((name) => `no label org.opencontainers.image.${name}`),
    ...(labels['org.opencontainers.image.revision'] === 'a-revision' ? [] : ['the label of the revision is another']),
    ...(/^[1-9]\d*:[1-9]\d*$/.test(user) ? [] : [`runs as ${user}`]),
  ];
}
