import { rmSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSandbox, type Sandbox } from '@leadstream/sandbox-esp/sandbox';
import { eventually } from '@leadstream/testing/eventually';
import { exampleSettings } from '@leadstream/testing/example-settings';
import { freePort, startMongo, startNats } from '@leadstream/testing/servers';
import { podman } from './podman.ts';

const HARDENED = ['--read-only', '--cap-drop=all', '--security-opt=no-new-privileges', '--memory=512m'];
/** Podman's own limits may be above those of the user who runs it. */
const LIMITS = ['--ulimit=nofile=4096:4096', '--ulimit=nproc=4096:4096'];
/** Compose and the manifests give it. */
const SCRATCH = ['--read-only-tmpfs=false', '--tmpfs=/tmp:size=256m,mode=1777'];
/** A machine with other work is slow; how long it took is printed. */
const WAIT_MS_MAX = 300_000;

interface Options {
  uid: number;
  say: (text: string) => void;
}

/**
 * `service all` in the image, beside real servers on loopback, read-only and as a user that the image does not know.
 */
export async function runs(image: string, { uid, say }: Options): Promise<string[]> {
  await using started = new AsyncDisposableStack();
  const scratch = await mkdtemp(join(tmpdir(), 'leadstream-image-'));
  started.defer(() => rmSync(scratch, { recursive: true }));
  const [nats, mongo, sandbox] = await Promise.all([startNats(), startMongo(), startSandbox()]);
  started.defer(async () => void (await Promise.all([nats.stop(), mongo.stop(), sandbox.close()])));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const env = join(scratch, 'env');
  await writeFile(env, linesOf(settings(port, nats.url, mongo.url, sandbox)), { mode: 0o600 });
  const inside = (...args: string[]) => [
    ...HARDENED,
    ...LIMITS,
    ...SCRATCH,
    `--user=${uid}:0`,
    '--network=host',
    `--env-file=${env}`,
    image,
    ...args,
  ];

  const beganMs = performance.now();
  const container = (await podman('run', '--detach', ...inside('apps/all/dist/main.js'))).trim();
  started.defer(async () => void (await podman('rm', '--force', '--time', '0', container)));
  const log = () => podman('logs', '--tail', '20', container);
  const ready = await within(WAIT_MS_MAX, async () => (await fetch(`${url}/readyz`)).ok);
  if (!ready) return [`service all is not ready after five minutes: ${await log()}`];
  say(`service all as user ${uid}: ready after ${((performance.now() - beganMs) / 1_000).toFixed(1)} s`);
  const problems = [...(await oneLead(url, sandbox)), ...(await leadctl(inside, say))];

  const stoppedMs = performance.now();
  await podman('stop', '--time', '30', container);
  const code = (await podman('inspect', '--format', '{{.State.ExitCode}}', container)).trim();
  say(`SIGTERM: exit code ${code} after ${((performance.now() - stoppedMs) / 1_000).toFixed(1)} s`);
  return code === '0' ? problems : [...problems, `SIGTERM ends it with ${code}: ${await log()}`];
}

async function oneLead(url: string, sandbox: Sandbox): Promise<string[]> {
  const answer = await fetch(`${url}/v1/leads`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'jane@example.com', firstName: 'Jane', leadData: { source: 'demo_request' } }),
  });
  if (answer.status !== 202) return [`a lead is answered ${answer.status}: ${await answer.text()}`];
  const mailed = await within(WAIT_MS_MAX, () => JSON.stringify(sandbox.messages()).includes('jane@example.com'));
  return mailed ? [] : ['a lead is not mailed within five minutes'];
}

async function leadctl(inside: (...args: string[]) => string[], say: Options['say']): Promise<string[]> {
  try {
    const said = await podman('run', '--rm', ...inside('apps/leadctl/dist/main.js', 'verify'));
    say(`leadctl verify: ${said.trim().split('\n').at(-1)}`);
    return [];
  } catch (error) {
    return [`leadctl verify: ${String(error)}`];
  }
}

const within = (timeoutMs: number, check: () => boolean | Promise<boolean>): Promise<boolean> =>
  eventually(check, { timeoutMs, everyMs: 100 }).catch(() => false);

const settings = (port: number, nats: string, mongo: string, sandbox: Sandbox): Record<string, string> => ({
  ...exampleSettings('image'),
  PORT: String(port),
  NATS_URL: nats,
  MONGODB_URI: `${mongo.replace(/\/$/, '')}/leadstream`,
  SENDGRID_BASE_URL: sandbox.url,
  SENDGRID_EVENT_PUBLIC_KEYS: sandbox.publicKey,
  DELAY_SCALE: '0.00005',
  GUARD_GAP_MS: '0',
  CONSOLE_TOKENS: `ana:admin:sha256:${'0'.repeat(64)}`,
});
const linesOf = (env: Record<string, string>): string =>
  Object.entries(env)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
