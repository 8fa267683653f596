import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Pod } from './pods.ts';

const PLANTED: Pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'planted' },
  spec: { containers: [{ name: 'planted', image: 'planted' }] },
};

/** The Pods that Kubernetes' own Pod Security refuses at `restricted`, by a program that Go builds into the folder. */
export function refusedPods(pods: readonly Pod[], folder: string): string[] {
  const binary = join(folder, 'judge-pods');
  execFileSync('go', ['build', '-o', binary, '.'], {
    cwd: join(import.meta.dirname, 'pod-security'),
    stdio: 'inherit',
  });
  const out = execFileSync(binary, { input: JSON.stringify([PLANTED, ...pods]), encoding: 'utf8' });
  const [first = '', ...refused] = out.split('\n').filter(Boolean);
  return first.startsWith('planted: ')
    ? refused
    : ['Pod Security takes a Pod with all capabilities', first, ...refused];
}
