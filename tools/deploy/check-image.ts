import type { Manifests } from './manifests.ts';

/** Checks the Dockerfile: the pinned Node, a user other than root, a base without a shell, and only assembled files. */
export function imageProblems({ dockerfile, nodeVersion, version }: Manifests): string[] {
  const lines = dockerfile.split('\n');
  const given = (name: string) => new RegExp(`^ARG ${name}=(.*)$`, 'm').exec(dockerfile)?.[1] ?? '';
  const runtime = lines.slice(lines.findIndex((line) => line.endsWith(' AS runtime')));
  return [
    ...(given('NODE_IMAGE').startsWith(`node:${nodeVersion}-`)
      ? []
      : [`Dockerfile: ${given('NODE_IMAGE')}: Node is ${nodeVersion} in package.json`]),
    ...(given('BASE_IMAGE').includes('/distroless/') ? [] : ['Dockerfile: the base has a shell']),
    ...(given('VERSION') === version ? [] : [`Dockerfile: VERSION is not ${version}`]),
    ...(lines.some((line) => /^USER [1-9]\d*:[1-9]\d*$/.test(line))
      ? []
      : ['Dockerfile: no USER with a number that is not root’s']),
    ...lines.filter((line) => /^USER (0|root)/.test(line)).map((line) => `Dockerfile: ${line}`),
    ...(lines.findLast((line) => line.startsWith('FROM ')) === 'FROM runtime'
      ? []
      : ['Dockerfile: the last stage is not the runtime']),
    ...runtime
      .filter((line) => line.startsWith('COPY ') && !/^COPY --from=(node|build) /.test(line))
      .map((line) => `Dockerfile: ${line}: the image has what tools/image assembled`),
    ...runtime.filter((line) => line.startsWith('RUN ')).map((line) => `Dockerfile: ${line}: the base has no shell`),
  ];
}
