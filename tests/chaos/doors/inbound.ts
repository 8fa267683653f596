import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { end, hasEnded, serviceArgs, spawnWatched, untilReady } from '@leadstream/testing/child';
import { freePort, startNats } from '@leadstream/testing/servers';
import { signingKey } from '@leadstream/sandbox-esp/webhook';

const MIB = 1024 * 1024;
const SECRETS = {
  LEAD_ID_SECRET: 'a secret of the doors',
  TOKEN_SECRET: 'another secret of the doors',
  INBOUND_SECRET: 'inbound-secret-of-the-doors',
};

export type Inbound = Awaited<ReturnType<typeof startInbound>>;

/**
 * A built inbound as a process of its own on a NATS of its own, without MongoDB. Two loopback callers are two networks.
 */
export async function startInbound(env: Readonly<Record<string, string>> = {}) {
  const started = new AsyncDisposableStack();
  try {
    const dir = await mkdtemp(join(tmpdir(), 'leadstream-doors-'));
    started.defer(() => rm(dir, { recursive: true, force: true }));
    const nats = await startNats();
    started.defer(() => nats.stop());
    const key = signingKey();
    const port = await freePort();
    const log = join(dir, 'inbound.log');
    const child = spawnWatched([process.execPath, ...serviceArgs('inbound')], log, {
      ...SECRETS,
      NATS_URL: nats.url,
      HOST: '127.0.0.1',
      PORT: String(port),
      TRUST_PROXY: '1',
      MONGODB_URI: 'mongodb://127.0.0.1:1/none',
      SENDGRID_EVENT_PUBLIC_KEYS: key.publicKey,
      FROM_EMAIL: 'sales@example.com',
      ...env,
    });
    started.defer(() => end(child, 'SIGTERM'));
    const url = `http://127.0.0.1:${port}`;
    await untilReady({ name: 'inbound', child, port, log });
    return {
      url,
      port,
      pid: child.pid,
      key,
      secrets: SECRETS,
      log: () => readFile(log, 'utf8'),
      hasEnded: () => hasEnded(child),
      /** The most that the process had in memory since it began, in MiB, as Linux tells. */
      peakMiB: async () =>
        (Number(
          /^VmHWM:\s+(\d+) kB$/m.exec(await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => ''))?.[1] ??
            Infinity,
        ) *
          1_024) /
        MIB,
      [Symbol.asyncDispose]: () => started.disposeAsync(),
    };
  } catch (error) {
    await started.disposeAsync();
    throw error;
  }
}
