import { execFile, execFileSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { chown, copyFile, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { end, hasEnded, spawnWatched } from '@leadstream/testing/child';
import { freePort } from '@leadstream/testing/servers';
import { redisBinary, startRedis } from './bullmq.ts';
import { startEsp } from './esp-process.ts';
import { Arrivals, flood, type Contender } from './load.ts';
import type { MailJob } from './mail-job.ts';
import type { PeersReport, Row } from './peers-table.ts';
import { DELAY_SCALE, posted, startPipeline } from './pipeline.ts';
import { treeCpuMs, treeMb } from './process-tree.ts';
import { median } from './rounds.ts';
import { scratchFolder } from './scratch.ts';

const READY_MS_MAX = 120_000;
const LOOK_MS = 100;
const QUIET_MS = 1_000;
const QUIET_CPU_MS = 50;
const QUIET_LOOKS_MAX = 30;
const MINUTE_MS = 60_000;
const WARM_UP = 100;
const REPLIES = 10;
const REPLY_WITHIN_MS = 5_000;

export interface PeersOptions {
  leads: number;
  rounds: number;
  /** A folder with the peers' packages; absent: they are installed into one that is deleted. */
  peers?: string;
}

/** Of a peer: a lead with another wait, and a person's answer to it. */
interface Replies {
  later: (address: string, waitMs: number) => Promise<void>;
  reply: (address: string) => Promise<void>;
}
interface System extends Contender {
  replies?: Replies;
}

interface Peer {
  packages: string[];
  /** A program that it needs beside its packages; undefined: it is here. */
  missing: (folder: string) => string | undefined;
  start: (ground: PeerGround) => Promise<System>;
}

interface PeerGround {
  folder: string;
  letter: unknown;
  started: AsyncDisposableStack;
}

/** Ours twice and the peers, all running at once, measured by turns. */
export async function benchPeers(
  started: AsyncDisposableStack,
  { leads, rounds, peers }: PeersOptions,
  say: (text: string) => void,
): Promise<PeersReport> {
  const before = loadavg()[0] ?? 0;
  const folder = peers ?? (await scratchFolder(started));
  const whole = await startPipeline(started, 'one', { byHttp: 'whole' });
  await warm(whole);
  const letter = letterOf(await whole.mail());
  const systems: Record<string, System> = {
    'Leadstream, all of it': whole,
    'Leadstream, like for like': await startPipeline(started, 'one', { byHttp: 'bare' }),
    'Leadstream, like for like, synced': await startPipeline(started, 'one', { byHttp: 'bare', isSynced: true }),
  };
  for (const [name, peer] of Object.entries(PEERS)) {
    const missing = (await install(folder, peer)) ?? peer.missing(folder);
    if (missing !== undefined) say(`${name} is left out: ${missing}`);
    else systems[name] = await peer.start({ folder, letter, started });
  }
  const rows = await measured(systems, { leads, rounds, say });
  const load = { before, after: loadavg()[0] ?? 0 };
  return { leads, rounds, cores: availableParallelism(), load, rows };
}

const warm = async (system: System): Promise<void> => {
  await flood(system, WARM_UP);
  await system.settled();
};

async function measured(
  systems: Record<string, System>,
  { leads, rounds, say }: { leads: number; rounds: number; say: (text: string) => void },
): Promise<Row[]> {
  const found = new Map<string, { perSecond: number; cpuMs: number }[]>();
  const stopped = new Map<string, number>();
  for (const [name, system] of Object.entries(systems)) {
    say(`${name} …`);
    await warm(system);
    if (system.replies) stopped.set(name, await stops(system.arrivals, system.replies));
    found.set(name, []);
  }
  for (let round = 0; round < rounds; round++) {
    // Each goes first in turn.
    const order = Object.entries(systems);
    for (const [name, system] of [...order.slice(round % order.length), ...order.slice(0, round % order.length)]) {
      say(`round ${round + 1} of ${rounds}: ${name} …`);
      found.get(name)?.push(await once(system, leads));
    }
  }
  return Object.entries(systems).map(([name, system]) => {
    const all = found.get(name) ?? [];
    return {
      name,
      leadsPerSecond: median(all.map(({ perSecond }) => perSecond)),
      cpuMsPerLead: median(all.map(({ cpuMs }) => cpuMs)),
      mb: Object.values(system.pids).reduce((sum, pid) => sum + treeMb(pid), 0),
      ...(stopped.has(name) ? { stopped: `${stopped.get(name)} of ${REPLIES}` } : {}),
    };
  });
}

async function once(system: System, leads: number): Promise<{ perSecond: number; cpuMs: number }> {
  const cpu = () => Object.values(system.pids).reduce((sum, pid) => sum + treeCpuMs(pid), 0);
  const before = cpu();
  const ms = await flood(system, leads);
  await system.settled();
  return { perSecond: (leads * 1_000) / ms, cpuMs: (cpu() - before) / leads };
}

/** Leads that are answered before their mail is due, and get none. */
async function stops(arrivals: Arrivals, { later, reply }: Replies): Promise<number> {
  const addresses = Array.from({ length: REPLIES }, (_, index) => `answers.${process.pid}.${index}@example.com`);
  await Promise.all(addresses.map((address) => later(address, REPLY_WITHIN_MS)));
  await Promise.all(addresses.map((address) => reply(address)));
  await delay(2 * REPLY_WITHIN_MS);
  return addresses.filter((address) => !arrivals.has(address)).length;
}

/** The mail as SendGrid's API reads it, for each peer to post to another address. */
const letterOf = ({ from, replyTo, subject, text, html, headers, customArgs }: MailJob) => ({
  personalizations: [{ headers, custom_args: customArgs }],
  from,
  ...(replyTo === undefined ? {} : { reply_to: { email: replyTo } }),
  subject,
  content: [
    { type: 'text/plain', value: text },
    { type: 'text/html', value: html },
  ],
});

const PEERS: Record<string, Peer> = {
  Restate: {
    packages: ['@restatedev/restate-sdk@1.17.2', '@restatedev/restate-server@1.7.12'],
    missing: (folder) => (restateBinary(folder) ? undefined : 'its server is not in its package for this platform'),
    start: startRestate,
  },
  'DBOS on PostgreSQL': {
    packages: ['@dbos-inc/dbos-sdk@5.3.0'],
    missing: () => (onPath('postgres') ? undefined : 'no postgres on PATH'),
    start: startDbos,
  },
  'BullMQ on Redis': {
    packages: ['bullmq@6.7.0', 'ioredis@5.11.1'],
    missing: () => (redisBinary() ? undefined : 'no redis-server on PATH'),
    start: startBullmqPeer,
  },
};

/** Installs its packages where they are missing; the reason when that fails. */
async function install(folder: string, { packages }: Peer): Promise<string | undefined> {
  const name = (one: string) => one.slice(0, one.lastIndexOf('@'));
  if (packages.every((one) => existsSync(join(folder, 'node_modules', name(one))))) return undefined;
  const npm = ['i', '-E', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', folder, ...packages];
  return promisify(execFile)('npm', npm).then(
    () => undefined,
    (error: unknown) => `npm i ${packages.join(' ')} failed: ${String(error).split('\n')[0]}`,
  );
}

const onPath = (program: string): string | undefined =>
  (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, program))
    .find(existsSync);

interface PeerProgram {
  file: string;
  /** Where its store listens, and the processes of that. */
  storePort?: number;
  stores: Record<string, number>;
  ground: PeerGround;
}

/** The peer's program beside its packages, and a provider that takes its mails. */
async function startProgram({ file, storePort, stores, ground: { folder, letter, started } }: PeerProgram) {
  const programs = join(folder, 'programs');
  await mkdir(programs, { recursive: true });
  for (const one of await readdir('tests/bench/peers'))
    await copyFile(join('tests/bench/peers', one), join(programs, one));
  const arrivals = new Arrivals();
  const { url } = await startEsp(arrivals, started);
  const port = await freePort();
  const job = JSON.stringify({ port, storePort, esp: url, letter });
  const log = join(folder, `${file}.log`);
  const pid = await begun([process.execPath, join(programs, file), job], { log, ready: 'the peer listens', started });
  const pids = { [file]: pid, ...stores };
  return { arrivals, pids, port, settled: () => quiet(pids) };
}

/** Starts a program, which ends with `started`; its id, once its log says that it is ready. */
async function begun(
  command: string[],
  {
    log,
    ready,
    started,
    env = {},
  }: {
    log: string;
    ready: string;
    started: AsyncDisposableStack;
    env?: Record<string, string>;
  },
): Promise<number> {
  const child = spawnWatched(command, log, env);
  started.defer(() => end(child, 'SIGTERM'));
  for (const deadline = performance.now() + READY_MS_MAX; performance.now() < deadline; await delay(LOOK_MS)) {
    if (hasEnded(child)) break;
    if (child.pid && (await readFile(log, 'utf8')).includes(ready)) return child.pid;
  }
  throw new Error(`${command[0]} did not get ready:\n${(await readFile(log, 'utf8')).slice(-2_000)}`);
}

/** Resolves when the processes hardly work any more: what follows a mail is paid for too. */
async function quiet(pids: Record<string, number>): Promise<void> {
  const cpu = () => Object.values(pids).reduce((sum, pid) => sum + treeCpuMs(pid), 0);
  for (let looks = 0, before = cpu(); looks < QUIET_LOOKS_MAX; looks++) {
    await delay(QUIET_MS);
    const now = cpu();
    if (now - before <= QUIET_CPU_MS) return;
    before = now;
  }
}

/** The same draw as of the sequence. */
const drawnMs = (): number => Math.round((3 + Math.random() * 4) * MINUTE_MS * DELAY_SCALE);
const idOf = (address: string): string => address.replace(/\W/g, '-');

/** A peer whose program takes leads and replies itself. */
async function startPosted(program: PeerProgram): Promise<System> {
  const { port, ...system } = await startProgram(program);
  const url = `http://127.0.0.1:${port}`;
  const later = (to: string, waitMs: number) => posted(`${url}/leads`, { id: idOf(to), to, waitMs });
  return {
    ...system,
    offer: (to) => later(to, drawnMs()),
    replies: { later, reply: (to) => posted(`${url}/replies`, { id: idOf(to) }) },
  };
}

async function startBullmqPeer(ground: PeerGround): Promise<System> {
  const { port, pid } = await startRedis(redisBinary() ?? '', ground.started);
  return startPosted({ file: 'bullmq.mjs', storePort: port, stores: { 'redis-server': pid }, ground });
}

async function startDbos(ground: PeerGround): Promise<System> {
  const bin = dirname(realpathSync(onPath('postgres') ?? ''));
  const dir = await mkdtemp(join(tmpdir(), 'leadstream-bench-postgres-'));
  ground.started.defer(() => rm(dir, { recursive: true, force: true }));
  // PostgreSQL does not run as root.
  const isRoot = process.getuid?.() === 0;
  const as = isRoot ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups'] : [];
  const idOfUser = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  if (isRoot) await chown(dir, idOfUser('-u'), idOfUser('-g'));
  const run = promisify(execFile);
  const [first = '', ...rest] = [...as, join(bin, 'initdb'), '-D', join(dir, 'data'), '-U', 'bench', '-A', 'trust'];
  await run(first, rest, { cwd: dir });
  const port = await freePort();
  const server = ['-D', join(dir, 'data'), '-p', String(port), '-k', dir, '-c', 'listen_addresses=127.0.0.1'];
  const pid = await begun([...as, join(bin, 'postgres'), ...server], {
    log: join(ground.folder, 'postgres.log'),
    ready: 'ready to accept connections',
    started: ground.started,
  });
  await run(join(bin, 'createdb'), ['-h', '127.0.0.1', '-p', String(port), '-U', 'bench', 'bench'], { cwd: dir });
  return startPosted({ file: 'dbos.mjs', storePort: port, stores: { postgres: pid }, ground });
}

const restateBinary = (folder: string): string | undefined =>
  [`restate-server-${process.platform}-${process.arch}`]
    .map((name) => join(folder, 'node_modules/@restatedev', name, 'bin/restate-server'))
    .find(existsSync);

async function startRestate(ground: PeerGround): Promise<System> {
  const dir = await scratchFolder(ground.started);
  const [node, ingress, admin] = [await freePort(), await freePort(), await freePort()];
  const pid = await begun([restateBinary(ground.folder) ?? '', '--base-dir', dir], {
    log: join(ground.folder, 'restate.log'),
    ready: 'Restate',
    started: ground.started,
    env: {
      RESTATE_LISTEN_MODE: 'tcp',
      RESTATE_BIND_IP: '127.0.0.1',
      RESTATE_BIND_PORT: String(node),
      RESTATE_INGRESS__BIND_PORT: String(ingress),
      RESTATE_ADMIN__BIND_PORT: String(admin),
      RESTATE_DISABLE_TELEMETRY: 'true',
      RESTATE_LOG_FORMAT: 'compact',
    },
  });
  const { port, ...system } = await startProgram({ file: 'restate.mjs', stores: { 'restate-server': pid }, ground });
  const uri = `http://127.0.0.1:${port}`;
  await untilTaken(() => posted(`http://127.0.0.1:${admin}/deployments`, { uri }));
  const call = (to: string, name: string, body: unknown) =>
    posted(`http://127.0.0.1:${ingress}/lead/${idOf(to)}/${name}`, body);
  const later = (to: string, waitMs: number) => call(to, 'run/send', { to, waitMs });
  await untilTaken(() => later('first@example.com', 1));
  const reply = (to: string) => call(to, 'reply/send', null);
  return { ...system, offer: (to) => later(to, drawnMs()), replies: { later, reply } };
}

/** Repeats a request of a server that may still start. */
async function untilTaken(ask: () => Promise<void>): Promise<void> {
  for (const deadline = performance.now() + READY_MS_MAX; ; await delay(LOOK_MS))
    try {
      return await ask();
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
}
