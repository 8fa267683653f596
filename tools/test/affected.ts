import { execFileSync, spawnSync } from 'node:child_process';

/** `npm run test:affected [revision]`: the specs that a change since the revision (default: main) can reach. */

const revision = process.argv[2] ?? 'main';

/**
 * Specs that read files without importing them. A worker's file is matched to its own spec only: add the suites above
 * it by hand.
 */
const READERS: [files: RegExp, specs: string][] = [
  [/^(k8s\/|Dockerfile|docker-compose\.yml|\.env\.example)/, 'tools/deploy/'],
  [/^(docs\/|[^/]+\.md$|(apps|libs)\/[^/]+\/README\.md$)/, 'tools/docs/'],
  [/^docs\/runbook\.md$/, 'tools/observability/'],
  [/\.spec\.ts$/, 'tools/docs/security.spec.ts'],
  [/^sequences\//, 'libs/sequences/src/folder.spec.ts'],
  [/\/fixtures\//, 'apps/inbound/'],
  [/^libs\/providers\/.*\/fixtures\//, 'libs/providers/'],
  [/^\.dependency-cruiser\.mjs$/, 'tools/architecture/'],
];

const lines = (command: string, args: string[]): string[] =>
  execFileSync(command, args, { encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 })
    .split('\n')
    .filter(Boolean);

const changed = [
  ...lines('git', ['diff', '--name-only', revision]),
  ...lines('git', ['ls-files', '--others', '--exclude-standard']),
];
const cruise = [
  'node_modules/.bin/depcruise',
  'apps',
  'libs',
  'tests',
  'tools',
  '--affected',
  revision,
  '--output-type',
  'json',
];
const { modules } = JSON.parse(lines(process.execPath, cruise).join('\n')) as { modules: { source: string }[] };
const specs = new Set([
  ...modules.map(({ source }) => source).filter((source) => source.endsWith('.spec.ts')),
  ...READERS.flatMap(([files, spec]) => (changed.some((file) => files.test(file)) ? [spec] : [])),
]);
if (specs.size === 0) {
  process.stdout.write(`no spec reaches what changed since ${revision}: ${changed.join(', ') || 'nothing'}\n`);
} else {
  process.stdout.write(
    `${specs.size} of the specs reach what changed since ${revision}:\n${[...specs]
      .sort()
      .map((spec) => `  ${spec}\n`)
      .join('')}`,
  );
  process.exitCode = spawnSync(process.execPath, ['tools/test/main.ts', ...specs], { stdio: 'inherit' }).status ?? 1;
}
