import { isDeepStrictEqual } from 'node:util';
import type { Bucket } from '@leadstream/eventlog/bucket';
import { definitionsOf, parseFolder, type Folder } from '@leadstream/sequences/folder';
import { faultsOf, problemLine, type Problem } from '@leadstream/sequences/read-yaml';
import { lint } from '@leadstream/sequences/lint';
import {
  activate,
  deployedAs,
  NotPossible,
  Overtaken,
  refuseUnroutable,
  type Author,
  type Deployed,
} from './sequence-activation.ts';
import { parseJson, type Definition } from './sequence-entries.ts';

export interface DeployOptions extends Partial<Author> {
  /** These ids of the folder; problems in the others do not count. */
  only?: readonly string[] | undefined;
  /** Stores nothing: the result is what would change. */
  dryRun?: boolean | undefined;
}

/**
 * - `deployed`: a new version, active now.
 * - `activated`: a stored version that was never active, as after a deployment that died half-way.
 * - `unchanged`: the active version.
 * - `kept`: a version that was active before. A rollback or a retirement is not undone by a deployment of the same
 *   folder.
 */
export type Outcome = 'deployed' | 'activated' | 'unchanged' | 'kept';
/** `before`: the active version before the deployment. */
export type Change = { id: string; version: number; outcome: Outcome; before: number | null };

/** Problems by file and line: with one of them nothing is stored. */
export class LintError extends Error {
  override readonly name: string = 'LintError';
  readonly code: string = 'LINT';
  readonly problems: readonly Problem[];
  constructor(problems: readonly Problem[]) {
    super(problems.map(problemLine).join('\n'));
    this.problems = problems;
  }
}

/** A version is immutable: changed texts need a new, higher version. */
export class VersionTaken extends LintError {
  override readonly name = 'VersionTaken';
  override readonly code = 'VERSION_TAKEN';
}

const UNNAMED = 'unnamed';

/**
 * Lints a folder, stores its new versions and makes them active, the sequences before the routes that lead to them.
 * Leads under way keep their version. Throws before anything is stored: LintError, VersionTaken, NotPossible. Throws
 * Overtaken once another operator has changed one of the sequences since `deployed` was read.
 */
export async function deployFolder(
  deployed: Deployed,
  files: Readonly<Record<string, string>>,
  { by = UNNAMED, reason, only, dryRun = false }: DeployOptions = {},
): Promise<Change[]> {
  const folder = parseFolder(files);
  const linted = faultsOf(lint(folder)).filter(({ file }) => !only || only.includes(file.replace(/\/.*|\.yaml$/, '')));
  if (linted.length > 0) throw new LintError(linted);
  const definitions = selected(folder, only);
  const taken = definitions.flatMap((one) => takenBy(deployed, folder, one) ?? []);
  if (taken.length > 0) throw new VersionTaken(taken);
  const plan = definitions.map((definition) => ({ definition, change: changeOf(deployed, definition) }));
  const news = plan.filter(({ change }) => change.outcome === 'deployed' || change.outcome === 'activated');
  refuseUnroutable(
    deployed,
    news.map(({ definition }) => definition),
  );
  if (!dryRun) {
    for (const { definition } of news) await store(deployed.bucket, definition);
    const author = { by, ...(reason === undefined ? {} : { reason }) };
    const done: string[] = [];
    for (const { change } of news) {
      if (!(await activated(deployed, change, author, done))) change.outcome = 'unchanged';
      done.push(`${change.id} v${change.version}`);
    }
  }
  return plan.map(({ change }) => change);
}

async function activated(
  deployed: Deployed,
  { id, version }: Change,
  author: Author,
  done: string[],
): Promise<boolean> {
  try {
    return await activate(deployed, { id, version, does: 'deploy' }, author);
  } catch (error) {
    if (!(error instanceof Overtaken) || done.length === 0) throw error;
    throw new Overtaken(`${error.message}. Deployed before that: ${done.join(', ')}`);
  }
}

function selected(folder: Folder, only: readonly string[] | undefined): Definition[] {
  const all = definitionsOf(folder);
  const missing = (only ?? []).filter((id) => !all.some((one) => one.id === id));
  if (missing.length > 0) throw new NotPossible(`the folder has no ${missing.join(', ')}`);
  return all.filter(({ id }) => !only || only.includes(id));
}

/** The highest version that was ever active; 0: none. */
const highest = (deployed: Deployed, id: string): number => {
  const { active = null, history = [] } = deployedAs(deployed, id) ?? {};
  return Math.max(active ?? 0, ...history.map(({ version }) => version));
};

function takenBy(deployed: Deployed, folder: Folder, definition: Definition): Problem | undefined {
  const { id, version } = definition;
  const place = 'routes' in definition ? folder.placeInRoutes(['version']) : folder.placeOf(definition, ['version']);
  const stored = deployed.definition(id, version);
  const first = deployedAs(deployed, id)?.history.find((one) => one.version === version);
  if (stored && !isSame(stored, definition)) {
    const author = first ? ` (by ${first.by}, at ${first.at})` : '';
    const message = `version ${version} is deployed with other content${author}; give the change a new version`;
    return { ...place, rule: 'version', message };
  }
  const active = highest(deployed, id);
  if (stored || version > active) return undefined;
  return { ...place, rule: 'version', message: `version ${active} was active already; a new one has a higher number` };
}

const isSame = (a: Definition, b: Definition): boolean =>
  isDeepStrictEqual(parseJson(JSON.stringify(a)), parseJson(JSON.stringify(b)));

function changeOf(deployed: Deployed, { id, version }: Definition): Change {
  const before = deployedAs(deployed, id)?.active ?? null;
  if (version === before) return { id, version, outcome: 'unchanged', before };
  if (version <= highest(deployed, id)) return { id, version, outcome: 'kept', before };
  return { id, version, outcome: deployed.definition(id, version) ? 'activated' : 'deployed', before };
}

/** Throws VersionTaken when a concurrent deployment has stored other content. */
async function store(bucket: Bucket, definition: Definition): Promise<void> {
  const { id, version } = definition;
  const key = `${id}.${version}`;
  for (;;) {
    const there = await bucket.entry(key);
    if (there?.operation === 'PUT') {
      if (isDeepStrictEqual(parseJson(there.string()), parseJson(JSON.stringify(definition)))) return;
      const message = `version ${version} was deployed meanwhile with other content; give the change a new version`;
      throw new VersionTaken([{ file: id, rule: 'version', message }]);
    }
    if (await bucket.replace(key, JSON.stringify(definition), there)) return;
  }
}
