import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { Provider } from '@nestjs/common';
import { SEQUENCES_BUCKET } from '@leadstream/contracts/streams';
import { Broker } from '@leadstream/eventlog/broker';
import { Bucket, Follows, keysOf } from '@leadstream/eventlog/bucket';
import { Unavailable } from '@leadstream/eventlog/errors';
import type { Routes, Sequence } from '@leadstream/sequences/definition';
import type { Rep } from '@leadstream/sequences/reps';
import type { TagRule } from '@leadstream/sequences/tag-rules';
import type { EveryConfig } from './config.ts';
import { CONFIG } from './injected.ts';
import { deployFolder, type Change, type DeployOptions } from './sequence-deployment.ts';
import {
  ACTIVE,
  HISTORY,
  isRetired,
  parseDefinition,
  parseHistory,
  tagsWithout,
  type Activation,
  type Definition,
  type DeployedSequence,
} from './sequence-entries.ts';

const isPointer = (key: string): boolean => key.endsWith(HISTORY) || key.endsWith(ACTIVE);

/**
 * The deployed definitions: `<id>.<version>` immutable; `<id>.history` who made which version active, the last one
 * counts; `<id>.active` its version for older builds. A watch keeps them in memory, so that deciders read them without
 * waiting.
 */
export class SequenceStore {
  readonly #definitions = new Map<string, Definition>();
  readonly #histories = new Map<string, Activation[]>();
  /** Counts for an id without a history only: a build before the histories has deployed it. */
  readonly #active = new Map<string, number>();
  readonly #broker: Broker;
  readonly #bucket: Bucket;
  readonly #follows = new Follows();
  /** Asked several times a lead, and changed by a deployment only. */
  #current: readonly Definition[] | undefined;
  #loaded = false;

  constructor(broker: Broker, replicas: number) {
    this.#broker = broker;
    this.#bucket = new Bucket(broker, SEQUENCES_BUCKET, replicas);
  }

  /** Follows the bucket until the shutdown. */
  follow(): void {
    this.#follows.add({
      broker: this.#broker,
      what: 'sequences',
      bucket: this.#bucket,
      read: () => this.read(),
      take: (key, value) => {
        if (value !== undefined) this.#take(key, value);
      },
    });
  }

  onApplicationShutdown(): Promise<void> {
    return this.#follows.stop();
  }

  /** False until the first read has ended: a missing definition is not yet "not deployed". */
  get loaded(): boolean {
    return this.#loaded;
  }

  /** The bucket, for the commands that change it. */
  get bucket(): Bucket {
    return this.#bucket;
  }

  /**
   * One version, or the active one. Of a retired sequence it is the last active one: a lead that was routed to it
   * before still begins.
   */
  sequence(id: string, version = this.#activeVersion(id)): Sequence | undefined {
    const definition = this.definition(id, version);
    return definition && 'steps' in definition ? definition : undefined;
  }

  /** A version of a sequence or of the routes. */
  definition(id: string, version = this.#activeVersion(id)): Definition | undefined {
    return this.#definitions.get(`${id}.${version}`);
  }

  /** The active routes. They are deployed last: without them the first deployment is incomplete. */
  get routes(): Routes | undefined {
    return this.current().find((definition) => 'routes' in definition);
  }

  /** Whether new runs of the sequence may begin: it is deployed and not retired. */
  isActive(id: string): boolean {
    return this.current().some((definition) => definition.id === id);
  }

  /** The active reps; none without a deployed `reps.yaml`. */
  get reps(): readonly Rep[] {
    return this.current().find((definition) => 'reps' in definition)?.reps ?? [];
  }

  /** The active tag rules; none without a deployed `tags.yaml`. */
  get tagRules(): readonly TagRule[] {
    return this.current().find((definition) => 'rules' in definition)?.rules ?? [];
  }

  /** The rep of that id; undefined for one who has left the list, and for none. */
  rep(id: string | null): Rep | undefined {
    return this.reps.find((one) => one.id === id);
  }

  /**
   * The data for triage's routing: the routes and every active sequence. Throws Unavailable until all sequences of the
   * routes are deployed.
   */
  routing(): { routes: Routes; sequences: Sequence[] } {
    const { routes } = this;
    if (!routes) throw new Unavailable('no routes are deployed');
    const sequences = this.current().filter((definition) => 'steps' in definition);
    const [missing] = tagsWithout(routes, sequences);
    if (missing !== undefined) throw new Unavailable(`no deployed sequence is triggered by ${missing}`);
    return { routes, sequences };
  }

  list(): DeployedSequence[] {
    const ids = new Set([...this.#definitions.values()].map(({ id }) => id));
    return [...ids].sort().map((id) => this.#listed(id));
  }

  /** Lints and deploys a folder: see `deployFolder`. */
  async deployFolder(files: Readonly<Record<string, string>>, options: DeployOptions = {}): Promise<Change[]> {
    return deployFolder(await this.read(), files, options);
  }

  /** Reads the deployed definitions once, for a command. */
  async read(): Promise<this> {
    const kv = await this.#bucket.open();
    const keys = await keysOf(this.#broker, SEQUENCES_BUCKET);
    this.#current = undefined;
    // An older bucket was restored.
    for (const id of this.#histories.keys()) if (!keys.includes(`${id}${HISTORY}`)) this.#histories.delete(id);
    // Versions first: a history read before its version would name one that is not there yet.
    for (const key of keys.toSorted((a, b) => Number(isPointer(a)) - Number(isPointer(b)))) {
      const entry = await kv.get(key);
      if (entry?.operation === 'PUT') this.#take(key, entry.string());
    }
    this.#loaded = true;
    return this;
  }

  /**
   * The active definitions, without the retired ones. Throws Unavailable until the first read has ended: rules and reps
   * that are yet to be read would count as not deployed, and a lead would have no tags for ever.
   */
  current(): readonly Definition[] {
    if (!this.#loaded) throw new Unavailable('the deployed sequences were not read yet');
    this.#current ??= [...new Set([...this.#active.keys(), ...this.#histories.keys()])]
      .filter((id) => !isRetired(this.#histories.get(id)?.at(-1)))
      .map((id) => this.definition(id))
      .filter((found) => found !== undefined);
    return this.#current;
  }

  #activeVersion(id: string): number | undefined {
    return this.#histories.get(id)?.at(-1)?.version ?? this.#active.get(id);
  }

  #listed(id: string): DeployedSequence {
    const history = this.#histories.get(id) ?? [];
    const last = history.at(-1);
    return {
      id,
      versions: [...this.#definitions.values()]
        .filter((definition) => definition.id === id)
        .map(({ version }) => version)
        .sort((a, b) => a - b),
      active: isRetired(last) ? null : (this.#activeVersion(id) ?? null),
      retired: last && isRetired(last) ? last : null,
      history,
    };
  }

  /** An entry of another build that this one cannot read counts as not deployed. */
  #take(key: string, value: string): void {
    this.#current = undefined;
    if (key.endsWith(ACTIVE)) {
      this.#active.set(key.slice(0, -ACTIVE.length), Number(value));
      return;
    }
    if (key.endsWith(HISTORY)) {
      const history = parseHistory(value);
      if (history.length > 0) this.#histories.set(key.slice(0, -HISTORY.length), history);
      else this.#broker.log.error({ key }, 'the history of a deployed sequence cannot be read');
      return;
    }
    const definition = parseDefinition(value);
    if (definition) this.#definitions.set(key, definition);
    else this.#broker.log.error({ key }, 'a deployed definition cannot be read');
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
