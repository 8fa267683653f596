import { mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

interface Overlay {
  /** Folders of k8s/. */
  resources: string[];
  components: string[];
  namespace?: string;
}

/** Writes an overlay of these folders; returns its own. */
export function writeOverlay(folder: string, { resources, components, namespace }: Overlay): string {
  mkdirSync(folder);
  // kustomize takes relative paths only.
  const path = (each: string) => relative(realpathSync(folder), resolve('k8s', each));
  writeFileSync(
    join(folder, 'kustomization.yaml'),
    JSON.stringify({
      apiVersion: 'kustomize.config.k8s.io/v1beta1',
      kind: 'Kustomization',
      ...(namespace === undefined ? {} : { namespace }),
      resources: resources.map(path),
      components: components.map(path),
    }),
  );
  return folder;
}
