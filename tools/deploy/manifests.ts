import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { render, unlisted, type Cluster } from './kustomize.ts';

/** The content of all deployment files, not yet checked. */
export interface Manifests {
  /** The folders of apps/ that are services: those with a module. */
  apps: string[];
  version: string;
  nodeVersion: string;
  dockerfile: string;
  compose: unknown;
  dotenv: Record<string, string>;
  /** Files in a folder of k8s/ that its kustomization does not use. */
  unlisted: string[];
  base: Cluster;
  overlays: Record<'dev' | 'example', Cluster>;
  /** The base with one process in place of all services. */
  single: Cluster;
  /** The base, and one process, with users. */
  users: Cluster;
  usersOfSingle: Cluster;
}

const packageJson = z.looseObject({ version: z.string(), dependencies: z.looseObject({ node: z.string() }) });

export function readManifests(root: string): Manifests {
  const read = (path: string) => readFileSync(join(root, path), 'utf8');
  const { version, dependencies } = packageJson.parse(JSON.parse(read('package.json')));
  const components = readdirSync(join(root, 'k8s/components')).map((name) => `k8s/components/${name}`);
  const component = (name: string) => join(root, 'k8s/components', name);
  const folders = ['k8s/base', 'k8s/overlays/dev', 'k8s/overlays/example', ...components];
  return {
    apps: readdirSync(join(root, 'apps')).filter((app) => existsSync(join(root, `apps/${app}/src/${app}.module.ts`))),
    version,
    nodeVersion: dependencies.node,
    dockerfile: read('Dockerfile'),
    compose: parse(read('docker-compose.yml'), { merge: true }),
    dotenv: Object.fromEntries(
      read('.env.example')
        .split('\n')
        .filter((line) => /^\w+=/.test(line))
        .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    ),
    unlisted: folders.flatMap((folder) => unlisted(join(root, folder)).map((file) => `${folder}/${file}`)),
    base: render(join(root, 'k8s/base')),
    single: render(join(root, 'k8s/base'), component('single')),
    users: render(join(root, 'k8s/base'), component('users'), component('upgrade')),
    usersOfSingle: render(join(root, 'k8s/base'), component('single'), component('users')),
    overlays: { dev: render(join(root, 'k8s/overlays/dev')), example: render(join(root, 'k8s/overlays/example')) },
  };
}
