import { clusterProblems } from './check-cluster.ts';
import { composeProblems } from './check-compose.ts';
import { imageProblems } from './check-image.ts';
import { routeProblems } from './check-routes.ts';
import { apps } from './environment.ts';
import { singleProblems } from './check-single.ts';
import { usersProblems } from './check-users.ts';
import type { Manifests } from './manifests.ts';

/** Every mismatch between image, Compose file, Kubernetes manifests and code, one line each. */
export function problems(manifests: Manifests): string[] {
  const { base, overlays, version } = manifests;
  return [
    ...manifests.apps
      .filter((app) => !apps.some((known) => known === app))
      .map((app) => `apps/${app} has no schema in tools/deploy/environment.ts`),
    ...manifests.unlisted.map((file) => `${file}: no kustomization lists it`),
    ...imageProblems(manifests),
    ...composeProblems(manifests),
    ...Object.keys(base)
      .filter((id) => id.startsWith('Secret/'))
      .map((id) => `k8s/base: ${id} is in the open`),
    ...Object.keys(overlays.example)
      .filter((id) => id.startsWith('Secret/'))
      .map((id) => `k8s/overlays/example: ${id} is in the open`),
    ...(JSON.stringify(base).includes(`"leadstream:${version}"`)
      ? []
      : [`k8s/base: the image is not leadstream:${version}`]),
    ...clusterProblems(overlays.example, { production: true }).map((problem) => `k8s/overlays/example: ${problem}`),
    ...routeProblems(overlays.example).map((problem) => `k8s/overlays/example: ${problem}`),
    ...singleProblems(manifests).map((problem) => `k8s/components/single: ${problem}`),
    ...usersProblems(manifests).map((problem) => `k8s/components/users: ${problem}`),
    ...clusterProblems(overlays.dev, { production: false }).map((problem) => `k8s/overlays/dev: ${problem}`),
  ];
}
