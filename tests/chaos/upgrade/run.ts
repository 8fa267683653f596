import { execFile } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { liveLeads } from '@leadstream/projection/collections';
import type { Processes } from '@leadstream/testing/processes';
import { jetstream } from '@nats-io/jetstream';
import { chance } from '../chance.ts';
import { drawCrowd, submit } from '../crowd.ts';
import { gather, strays } from '../evidence.ts';
import { troubleEsp } from '../kills.ts';
import { Mailbox } from '../mailbox.ts';
import type { Result } from '../report.ts';
import { faultsOf, finish, REP, SETTINGS, startDeployment, type ChaosDeployment } from '../run.ts';
import { buildRevision, checkout, type Revision } from './revision.ts';
import { ordered, roll, type Order } from './rolling.ts';

export const DIRECTIONS = ['up', 'down'] as const;
export type Direction = (typeof DIRECTIONS)[number];

export interface Options {
  /** Repeats who comes, the order of the roll-outs, what is killed in them and how the ESP fails. */
  seed: number;
  leads: number;
  seconds: number;
  processes: Processes;
  /** The older build, a revision of the repository; the newer one is this checkout. */
  from: string;
  /** The roll-outs, one after the other; it begins with the build that the first one leaves. */
  rolls: readonly Direction[];
  order: Order;
  /** Whether the newer build's Job folds the read model anew before a roll up; absent: drawn. */
  job: boolean | undefined;
  logs?: string;
}

/** Leads come in and the ESP fails while one build is rolled over the other; then all that was seen is gathered. */
export async function run(options: Options, say: (text: string) => void, interrupted: AbortSignal): Promise<Result> {
  const { seed, leads, seconds, processes, from, rolls, order, logs } = options;
  const startedMs = performance.now();
  await using started = new AsyncDisposableStack();
  const stopped = new AbortController();
  const signal = AbortSignal.any([interrupted, stopped.signal]);
  const builds = await bothBuilds(from, processes, started, say);
  const first = builds[rolls[0] === 'up' ? 'down' : 'up'];
  const crowd = drawCrowd(seed, leads, seconds);
  const deployment = await startDeployment(started, say, { logs, processes, folder: first.folder });
  const { fleet, nc, jsm, db, esp } = deployment;
  const mailbox = new Mailbox(deployment.sandbox, esp, crowd);
  const watching = mailbox.watch(signal);
  started.defer(() => {
    stopped.abort();
    return watching;
  });

  say(`${leads} leads come in ${seconds} s at ${first.commit}, and the builds change …`);
  const doors = { ingestUrl: fleet.url('ingest'), js: jetstream(nc) };
  const submissions = crowd.flatMap((person) => person.submissions);
  const handedIn = Promise.all(
    submissions.map((submission) =>
      delay(submission.atMs, undefined, { signal }).then(() => submit(submission, doors, signal)),
    ),
  );
  const [faults] = await Promise.all([
    troubleEsp(seed, seconds, esp, signal),
    handedIn,
    rollAll(options, builds, deployment, say, signal),
  ]);

  const unfinished = await finish(deployment, mailbox, say, signal);
  const seen = await gather(crowd, SETTINGS, { nc, db, mailbox });
  return {
    seed,
    setting: `--processes ${processes} --from ${from} --rolls ${rolls.join()} --order ${order}`,
    seen,
    submissions: submissions.length,
    kills: {},
    faults,
    mails: mailbox.mails.size,
    deploymentFaults: [
      ...(await faultsOf(unfinished, jsm, strays(crowd, SETTINGS.LEAD_ID_SECRET, REP, mailbox))),
      ...(await buildFaults(builds[rolls.at(-1) ?? 'up'], deployment, say)),
    ],
    seconds: Math.round((performance.now() - startedMs) / 1_000),
  };
}

type Builds = Record<Direction, Revision>;

async function bothBuilds(
  from: string,
  processes: Processes,
  started: AsyncDisposableStack,
  say: (text: string) => void,
): Promise<Builds> {
  say(`building ${from} …`);
  const builds = { down: await buildRevision(from, processes, started), up: await checkout() };
  for (const { commit, stateVersion, otherPackages } of [builds.down, builds.up])
    say(`${commit}: state version ${stateVersion}${otherPackages.length > 0 ? `; wants ${otherPackages.join()}` : ''}`);
  return builds;
}

/** One roll-out after the other, the Job before those up where it is asked for or drawn. */
async function rollAll(
  { seed, seconds, rolls, order, job }: Options,
  builds: Builds,
  { fleet, urls }: ChaosDeployment,
  say: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const jobs = chance(seed, 'job');
  for (const [index, direction] of rolls.entries()) {
    await delay((seconds * 1_000) / (rolls.length + 3), undefined, { signal });
    const drawn = jobs.pick([
      [true, 1],
      [false, 1],
    ]);
    if (direction === 'up' && (job ?? drawn)) await foldedAnew(builds.up, urls, say);
    const services = ordered(fleet.services, order, seed + index);
    say(`${direction}: ${(await roll(services, builds[direction], seed + index, signal)).join(', ')}`);
  }
}

const leadctl = (
  { folder }: Revision,
  argv: readonly string[],
  urls: ChaosDeployment['urls'],
): Promise<{ code: number | null; out: string }> =>
  new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      ['apps/leadctl/dist/main.js', ...argv],
      { cwd: folder, env: { ...process.env, ...SETTINGS, ...urls }, maxBuffer: 64 * 1024 * 1024 },
      (_error, out, err) => resolve({ code: child.exitCode, out: `${out}${err}` }),
    );
  });

/** The Job's `backoffLimit` in k8s/components/upgrade, and a short form of the time before Kubernetes tries again. */
const JOB_RETRIES = 3;
const JOB_BACKOFF_MS = 2_000;

/** The Job before an upgrade, while the older build runs; a pod of it that fails is followed by another. */
async function foldedAnew(newer: Revision, urls: ChaosDeployment['urls'], say: (text: string) => void) {
  for (let retries = JOB_RETRIES; ; retries--) {
    const { code, out } = await leadctl(newer, ['projection', 'rebuild', '--if-outdated', '--json'], urls);
    const said = out.replaceAll(/\s+/g, ' ').trim();
    if (code === 0) return say(`the read model is folded anew: ${said}`);
    if (retries === 0) throw new Error(`the Job before the upgrade failed with ${code}: ${said}`);
    say(`a pod of the Job before the upgrade failed with ${code}: ${said}`);
    await delay(JOB_BACKOFF_MS);
  }
}

/** What the build that runs at the end finds wrong: its proof, its documents, and processes of another build. */
async function buildFaults(
  last: Revision,
  { db, urls }: ChaosDeployment,
  say: (text: string) => void,
): Promise<string[]> {
  const [verified, version] = [
    await leadctl(last, ['verify', '--json'], urls),
    last.folder === process.cwd() ? await leadctl(last, ['version'], urls) : undefined,
  ];
  if (version) say(version.out.trim());
  const others = await (await liveLeads(db)()).countDocuments({ stateVersion: { $ne: last.stateVersion } });
  return [
    ...(verified.code === 0 ? [] : [`leadctl verify of ${last.commit} exits ${verified.code}: ${verified.out}`]),
    ...(others === 0 ? [] : [`${others} documents are not of state version ${last.stateVersion}`]),
    ...(version === undefined || version.code === 0 ? [] : [`leadctl version exits ${version.code}`]),
  ];
}
