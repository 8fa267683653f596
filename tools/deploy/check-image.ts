import type { Manifests } from './manifests.ts';

/** Read as it is. */
const DATA: ReadonlySet<string> = new Set(['sequences', 'intake']);

/** Checks the Dockerfile: the pinned Node, a user other than root, and only built files. */
export function imageProblems({ dockerfile, nodeVersion }: Manifests): string[] {
  const lines = dockerfile.split('\n');
  const bases = lines.filter((line) => line.startsWith('FROM node:'));
  const copied = lines
    .filter((line) => line.startsWith('COPY ') && !line.includes('--from'))
    .map((line) => line.split(' ')[1] ?? '')
    .filter((path) => path !== '.');
  return [
    ...bases
      .filter((line) => !line.startsWith(`FROM node:${nodeVersion}-slim`))
      .map((line) => `Dockerfile: ${line}: Node is ${nodeVersion} in package.json`),
    ...(lines.some((line) => /^USER [1-9]\d*:[1-9]\d*$/.test(line))
      ? []
      : ['Dockerfile: no USER with a number that is not root’s']),
    ...lines.filter((line) => /^USER (0|root)/.test(line)).map((line) => `Dockerfile: ${line}`),
    ...(lines.findLast((line) => line.startsWith('FROM ')) === 'FROM runtime'
      ? []
      : ['Dockerfile: the last stage is not the runtime']),
    ...copied
      .filter((path) => !DATA.has(path))
      .map((path) => `Dockerfile: ${path} is copied as it is; the image runs what was built`),
    ...(dockerfile.includes('rm -rf apps/*/src libs/*/src') ? [] : ['Dockerfile: the sources stay in the image']),
  ];
}
