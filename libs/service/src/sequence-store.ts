import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { Provider } from '@nestjs/common';
import { SEQUENCES_BUCKET } from '@leadstream/contracts/streams';
import { Broker } from '@leadstream/eventlog/broker';
import { Bucket, followBucket, keysOf } from '@leadstream/eventlog/bucket';
import { Unavailable } from '@leadstream/eventlog/errors';
import { parseFolder, type Problem } from '@leadstream/sequences/folder';
import { lint } from '@leadstream/sequences/lint';
import { routesSchema, sequenceSchema, type Routes, type Sequence } from '@leadstream/sequences/definition';
import type { EveryConfig } from './config.ts';
import { CONFIG } from './injected.ts';

const VALUE_BYTES_MAX = 1024 * 1024;

/** A version is immutable: changed texts need a new version. */
export class VersionTaken extends Error {
  override readonly name = 'VersionTaken';
  readonly code = 'VERSION_TAKEN';
}

export type Deployed = { id: string; version: number; outcome: 'deployed' | 'activated' | 'unchanged' };
type Definition = Routes | Sequence;

/** Lint's problems: a folder with a problem is not deployed. */
export class LintError extends Error {
  override readonly name = 'LintError';
  readonly code = 'LINT';
  readonly problems: readonly Problem[];
  constructor(problems: readonly Problem[]) {
    super(
      problems
        .map(({ file, line, rule, message }) => `${file}${line === undefined ? '' : `:${line}`}: ${message} (${rule})`)
        .join('\n'),
    );
    this.problems = problems;
  }
}

/**
 * The deployed definitions: `<id>.<version>` immutable, `<id>.active` the version that new runs get. A watch keeps them
 * in memory, so that deciders read them without waiting.
 */
export class SequenceStore {
  readonly #definitions = new Map<string, Definition>();
  readonly #active = new Map<string, number>();
  readonly #broker: Broker;
  readonly #bucket: Bucket;
  readonly #closing = new AbortController();
  #loaded = false;

  constructor(broker: Broker, replicas: number) {
    this.#broker = broker;
    this.#bucket = new Bucket(broker, SEQUENCES_BUCKET, { replicas, valueBytesMax: VALUE_BYTES_MAX });
  }

  /** Follows the bucket until `close`; resolves at once. */
  follow(): void {
    void followBucket(
      {
        broker: this.#broker,
        what: 'sequences',
        bucket: this.#bucket,
        read: () => this.read(),
        take: (key, value) => {
          if (value !== undefined) this.#take(key, value);
        },
      },
      this.#closing.signal,
    );
  }

  onApplicationShutdown(): void {
    this.#closing.abort();
  }

  /** False until the first read has ended: a missing definition is not yet "not deployed". */
  get loaded(): boolean {
    return this.#loaded;
  }

  /** One version, or the active one. */
  sequence(id: string, version?: number): Sequence | undefined {
    const definition = this.#definitions.get(`${id}.${version ?? this.#active.get(id)}`);
    return definition && 'steps' in definition ? definition : undefined;
  }

  /** The active routes. They are deployed last: without them the first deployment is incomplete. */
  get routes(): Routes | undefined {
    return this.#current().find((definition) => 'routes' in definition);
  }

  /**
   * The data for triage's routing: the routes and every active sequence. Throws Unavailable until all sequences of the
   * routes are deployed.
   */
  routing(): { routes: Routes; sequences: Sequence[] } {
    const { routes } = this;
    if (!routes) throw new Unavailable('no routes are deployed');
    const sequences = this.#current().filter((definition) => 'steps' in definition);
    const missing = [...routes.routes, routes.default, routes.returning].find(
      ({ tag }) => !sequences.some(({ triggers }) => triggers.includes(tag)),
    );
    if (missing) throw new Unavailable(`no deployed sequence is triggered by ${missing.tag}`);
    return { routes, sequences };
  }

  list(): { id: string; versions: number[]; active: number | null }[] {
    const ids = new Set([...this.#definitions.values()].map(({ id }) => id));
    return [...ids].sort().map((id) => ({
      id,
      active: this.#active.get(id) ?? null,
      versions: [...this.#definitions.values()]
        .filter((definition) => definition.id === id)
        .map(({ version }) => version)
        .sort((a, b) => a - b),
    }));
  }

  /**
   * Stores the definition's version and makes it the active one. Throws VersionTaken when that version is deployed with
   * other content.
   */
  async deploy(definition: Definition): Promise<Deployed> {
    const kv = await this.#bucket.open();
    const { id, version } = definition;
    const key = `${id}.${version}`;
    const value = JSON.stringify(definition);
    const there = await kv.get(key);
    if (there && there.string() !== value)
      throw new VersionTaken(`${id} version ${version} is deployed with other content; give the change a new version`);
    if (!there) {
      const created = await kv.create(key, value).catch((error: unknown) => error);
      // A concurrent deployer may have written first; one more read decides.
      if (created instanceof Error && (await kv.get(key))?.string() !== value) throw created;
    }
    const active = (await kv.get(`${id}.active`))?.string();
    if (active === String(version)) return { id, version, outcome: there ? 'unchanged' : 'deployed' };
    await kv.put(`${id}.active`, String(version));
    return { id, version, outcome: there ? 'activated' : 'deployed' };
  }

  /**
   * Lints and deploys a folder, the sequences before the routes that lead to them. Throws LintError before anything is
   * stored.
   */
  async deployFolder(files: Readonly<Record<string, string>>): Promise<Deployed[]> {
    const folder = parseFolder(files);
    const problems = lint(folder);
    if (problems.length > 0) throw new LintError(problems);
    const deployed: Deployed[] = [];
    for (const definition of [...folder.sequences, ...(folder.routes ? [folder.routes] : [])])
      deployed.push(await this.deploy(definition));
    return deployed;
  }

  /** Reads the deployed definitions once, for a command. */
  async read(): Promise<this> {
    const kv = await this.#bucket.open();
    for (const key of await keysOf(this.#broker, SEQUENCES_BUCKET)) {
      const entry = await kv.get(key);
      if (entry?.operation === 'PUT') this.#take(key, entry.string());
    }
    this.#loaded = true;
    return this;
  }

  #current(): Definition[] {
    return [...this.#active]
      .map(([id, version]) => this.#definitions.get(`${id}.${version}`))
      .filter((found) => found !== undefined);
  }

  /** An entry of another build that this one cannot read counts as not deployed. */
  #take(key: string, value: string): void {
    if (key.endsWith('.active')) {
      this.#active.set(key.slice(0, -'.active'.length), Number(value));
      return;
    }
    const definition = parseDefinition(value);
    if (definition) this.#definitions.set(key, definition);
    else this.#broker.log.error({ key }, 'a deployed definition cannot be read');
  }
}

function parseDefinition(text: string): Definition | undefined {
  try {
    const json: unknown = JSON.parse(text);
    const sequence = sequenceSchema.safeParse(json);
    return sequence.success ? sequence.data : routesSchema.safeParse(json).data;
  } catch {
    return undefined;
  }
}

/** A store that follows the deployed definitions until the service stops. */
export const provideSequences: Provider = {
  provide: SequenceStore,
  inject: [Broker, CONFIG],
  useFactory: (broker: Broker, config: EveryConfig) => {
    const store = new SequenceStore(broker, config.STREAM_REPLICAS);
    store.follow();
    return store;
  },
};

/**
 * The text files under `dir` by their relative path with `/`, as `parseFolder` takes them. Throws when `dir` does not
 * exist.
 */
export async function readFolder(dir: string): Promise<Record<string, string>> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true }).catch((cause: unknown) => {
    throw new Error(`there is no folder ${dir} to read sequences from; name one, or set SEQUENCES_DIR`, { cause });
  });
  const paths = entries
    .filter((entry) => entry.isFile() && /\.(ya?ml|md)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(
    await Promise.all(
      paths.map(async (path) => [relative(dir, path).split(sep).join('/'), await readFile(path, 'utf8')] as const),
    ),
  );
}
