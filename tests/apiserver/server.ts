import { generateKeyPairSync } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { end, hasEnded, spawnWatched } from '@leadstream/testing/child';
import { eventually } from '@leadstream/testing/eventually';
import { freePort } from '@leadstream/testing/servers';
import { ran } from '../chart/tools.ts';
import type { Binaries } from './binaries.ts';

const ADMIN = 'proof';
const LOG_END_LENGTH = 2_000;

/** A kube-apiserver and its etcd, without root, until `started` is disposed. Returns the path of a kubeconfig. */
export async function startApiServer(
  { etcd, 'kube-apiserver': apiserver }: Binaries,
  kubectl: string,
  dir: string,
  started: AsyncDisposableStack,
): Promise<string> {
  const [client, peer, secure] = [await freePort(), await freePort(), await freePort()];
  const store = `http://127.0.0.1:${client}`;
  run(etcd, dir, started, {
    'data-dir': join(dir, 'etcd'),
    'listen-client-urls': store,
    'advertise-client-urls': store,
    'listen-peer-urls': `http://127.0.0.1:${peer}`,
    'unsafe-no-fsync': 'true',
  });
  const hasFailed = run(apiserver, dir, started, {
    ...(await credentials(dir)),
    'etcd-servers': store,
    'bind-address': '127.0.0.1',
    'advertise-address': '127.0.0.1',
    'secure-port': String(secure),
    // The API server keeps no Endpoints of a loopback address.
    'endpoint-reconciler-type': 'none',
    'service-cluster-ip-range': '10.0.0.0/24',
    'authorization-mode': 'RBAC',
  });
  const kubeconfig = join(dir, 'kubeconfig');
  await writeFile(kubeconfig, configOf(`https://127.0.0.1:${secure}`, join(dir, 'certificates/apiserver.crt')));
  await eventually(async () => {
    if (hasFailed()) return true;
    const { ok, out } = await ran(kubectl, ['--kubeconfig', kubeconfig, 'get', '--raw', '/readyz']);
    if (!ok) throw new Error(out);
    return true;
  });
  if (hasFailed()) throw new Error((await readFile(logOf(apiserver, dir), 'utf8')).slice(-LOG_END_LENGTH));
  return kubeconfig;
}

/** The keys of ServiceAccounts, one administrator's token, and the folder of the certificate that the server makes. */
async function credentials(dir: string): Promise<Record<string, string>> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const file = (name: string) => join(dir, 'certificates', name);
  await mkdir(join(dir, 'certificates'));
  await writeFile(file('accounts.key'), privateKey.export({ type: 'pkcs1', format: 'pem' }), { mode: 0o600 });
  await writeFile(file('accounts.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
  await writeFile(file('tokens.csv'), `${ADMIN},${ADMIN},${ADMIN},system:masters\n`, { mode: 0o600 });
  return {
    'cert-dir': join(dir, 'certificates'),
    'service-account-issuer': 'https://127.0.0.1',
    'service-account-key-file': file('accounts.pub'),
    'service-account-signing-key-file': file('accounts.key'),
    'token-auth-file': file('tokens.csv'),
  };
}

const logOf = (program: string, dir: string): string => join(dir, `${basename(program)}.log`);

/** Starts a program that writes its log into the folder. The result tells whether it has ended. */
function run(
  program: string,
  dir: string,
  started: AsyncDisposableStack,
  flags: Record<string, string>,
): () => boolean {
  const args = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
  const child = spawnWatched([program, ...args], logOf(program, dir));
  started.defer(() => end(child, 'SIGKILL'));
  return () => hasEnded(child);
}

const configOf = (server: string, authority: string): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'proof', cluster: { server, 'certificate-authority': authority } }],
    users: [{ name: 'proof', user: { token: ADMIN } }],
    contexts: [{ name: 'proof', context: { cluster: 'proof', user: 'proof' } }],
    'current-context': 'proof',
  });
