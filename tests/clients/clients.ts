import { cp, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { run } from '../contract/workspace.ts';

const ROOT = join(import.meta.dirname, '../..');
/** The examples of docs/publish.md. */
const EXAMPLES = join(ROOT, 'docs/clients');

/** Servers of ours, and the packed contract. */
export interface Place {
  nats: string;
  ingest: string;
  tarball: string;
}

export interface Client {
  /** The programs that it needs on `PATH`. */
  needs: readonly string[];
  /** `ce-source` of what it publishes. */
  source: string;
  /** The id of a submission in PUBLIC; left out: as the client gave it. */
  idOf?: (id: string) => string;
  /** Whether a lead that cannot be one is refused at the door, or by triage. */
  refusedBy: 'ingest' | 'triage';
  /** Copies the example into an empty folder and installs what it needs; resolves to its command. */
  install: (folder: string, place: Place) => Promise<readonly [program: string, ...args: string[]]>;
}

const copied = (folder: string, ...names: string[]): Promise<unknown> =>
  Promise.all(names.map((name) => cp(join(EXAMPLES, name), join(folder, basename(name)))));

async function python(folder: string): Promise<readonly [string, ...string[]]> {
  await copied(folder, 'lead.py', 'requirements.txt');
  await run(folder, 'python3', ['-m', 'venv', '.venv']);
  const own = join(folder, '.venv/bin/python');
  await run(folder, own, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', 'requirements.txt']);
  return [own, 'lead.py'];
}

async function go(folder: string): Promise<readonly [string, ...string[]]> {
  await copied(folder, 'go/main.go', 'go/go.mod', 'go/go.sum');
  await run(folder, 'go', ['build', '-o', 'lead', '.']);
  return [join(folder, 'lead')];
}

const PEERS = ['@nats-io/nats-core', '@nats-io/jetstream', '@nats-io/transport-node', '@opentelemetry/api'];

async function typescript(folder: string, { tarball }: Place): Promise<readonly [string, ...string[]]> {
  await copied(folder, 'lead.ts');
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'shop', private: true, type: 'module' }));
  await run(folder, 'npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', tarball, ...PEERS]);
  return [process.execPath, 'lead.ts'];
}

async function shell(folder: string): Promise<readonly [string, ...string[]]> {
  await copied(folder, 'lead.sh');
  return ['sh', 'lead.sh'];
}

export const CLIENTS: Readonly<Record<string, Client>> = {
  TypeScript: { needs: [], source: 'shop-typescript', refusedBy: 'triage', install: typescript },
  Python: { needs: ['python3'], source: 'shop-python', refusedBy: 'triage', install: python },
  Go: { needs: ['go'], source: 'shop-go', refusedBy: 'triage', install: go },
  curl: { needs: ['curl'], source: 'ingest', idOf: (id) => `shop-curl/${id}`, refusedBy: 'ingest', install: shell },
};
