import { join } from 'node:path';
import { sandboxClient, type SandboxClient } from '@leadstream/sandbox-esp/client';
import { end, freeze, spawnWatched } from '@leadstream/testing/child';
import { eventually } from '@leadstream/testing/eventually';
import { freePort } from '@leadstream/testing/servers';
import type { Victim } from '../chaos/fleet.ts';

export interface OwnSandbox {
  url: string;
  client: SandboxClient;
  victim: Victim;
}

interface Options {
  kind: string;
  dir: string;
  inbound: string;
  inboundSecret: string;
}

/** A sandbox as a process of its own, with a key that stays valid when it is started again. */
export async function startSandboxProcess(
  { kind, dir, inbound, inboundSecret }: Options,
  started: AsyncDisposableStack,
): Promise<OwnSandbox> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const args = [
    'apps/sandbox-esp/dist/main.js',
    `--port=${port}`,
    '--smtp-port=0',
    `--key-file=${join(dir, `${kind}.pem`)}`,
    `--event-url=${inbound}/v1/sendgrid/events`,
    `--inbound-url=${inbound}/v1/sendgrid/inbound/${inboundSecret}`,
  ];
  const start = () => spawnWatched([process.execPath, ...args], join(dir, `${kind}.log`));
  let child = start();
  started.defer(() => end(child, 'SIGKILL'));
  const client = sandboxClient(url);
  await eventually(() => client.publicKey());
  const victim: Victim = {
    kind,
    kill: () => end(child, 'SIGKILL'),
    revive: () => {
      child = start();
      return Promise.resolve();
    },
    freeze: () => freeze(child),
    thaw: () => void child.kill('SIGCONT'),
  };
  return { url, client, victim };
}
