import { isDeepStrictEqual } from 'node:util';
import type { Bucket } from '@leadstream/eventlog/bucket';
import {
  ACTIVE,
  HISTORY,
  historyText,
  parseHistory,
  tagsWithout,
  type Activation,
  type Definition,
  type DeployedSequence,
} from './sequence-entries.ts';

/** The deployed definitions, as a command has read them. */
export interface Deployed {
  readonly bucket: Bucket;
  list(): DeployedSequence[];
  /** One version, by default the active one. */
  definition(id: string, version?: number): Definition | undefined;
  /** The active definitions, without the retired ones. */
  current(): readonly Definition[];
}

export interface Author {
  by: string;
  reason?: string;
}

/** Another operator has changed the sequence since the command read it. */
export class Overtaken extends Error {
  override readonly name = 'Overtaken';
  readonly code = 'OVERTAKEN';
}

/** The command does not apply to what is deployed. */
export class NotPossible extends Error {
  override readonly name = 'NotPossible';
  readonly code = 'NOT_POSSIBLE';
}

export const deployedAs = (deployed: Deployed, id: string): DeployedSequence | undefined =>
  deployed.list().find((one) => one.id === id);

const readable = ({ does, version, by, at }: Activation): string => `${by}, at ${at}: ${does} v${version}`;

/**
 * Appends to the sequence's history, by compare-and-set on what the command has read; the services follow the history's
 * last entry. False when it says the same already. Throws Overtaken.
 */
export async function activate(
  deployed: Deployed,
  { id, version, does }: { id: string; version: number; does: 'deploy' | 'rollback' | 'retire' },
  author: Author,
): Promise<boolean> {
  const { bucket } = deployed;
  const read = deployedAs(deployed, id)?.history ?? [];
  for (;;) {
    const entry = await bucket.entry(`${id}${HISTORY}`);
    const history = parseHistory(entry?.string());
    const last = history.at(-1);
    if (last && last.version === version && last.does === does) return false;
    if (!isDeepStrictEqual(last, read.at(-1)))
      throw new Overtaken(
        `${id} was changed meanwhile (${last ? readable(last) : 'its history is gone'}); ` +
          'see sequences list, and try again',
      );
    const next: Activation = { version, does, ...author, at: Temporal.Now.instant().round('second').toString() };
    if (!(await bucket.replace(`${id}${HISTORY}`, historyText([...history, next]), entry))) continue;
    // Builds before the histories read only this key.
    await bucket.put(`${id}${ACTIVE}`, String(version));
    return true;
  }
}

/**
 * Throws NotPossible if after the change a tag of the routes would trigger no sequence: every lead would wait.
 */
export function refuseUnroutable(deployed: Deployed, changed: readonly Definition[], without?: string): void {
  const ids = new Set([...changed.map(({ id }) => id), without]);
  const after = [...deployed.current().filter(({ id }) => !ids.has(id)), ...changed];
  const routes = after.find((definition) => 'routes' in definition);
  if (!routes) return;
  const tags = tagsWithout(
    routes,
    after.filter((definition) => 'steps' in definition),
  );
  if (tags.length > 0)
    throw new NotPossible(
      `then no active sequence would be triggered by ${tags.join(', ')}, which the routes ` +
        `(${routes.id} v${routes.version}) give: change the routes first`,
    );
}

/** Makes a stored version the active one, also of a retired sequence; by default the one below the active version. */
export async function rollback(
  deployed: Deployed,
  id: string,
  { to, dryRun = false, ...author }: Author & { to?: number; dryRun?: boolean },
): Promise<{ id: string; before: number | null; version: number; changed: boolean }> {
  const { versions, active } = known(deployed, id);
  const version = to ?? versions.findLast((one) => active !== null && one < active);
  if (version === undefined)
    throw new NotPossible(
      active === null
        ? `${id} is retired: name the version with --to (${versions.join(', ')})`
        : `${id} has no version before v${active}`,
    );
  const definition = deployed.definition(id, version);
  if (!definition) throw new NotPossible(`${id} has no version ${version}; it has ${versions.join(', ')}`);
  if (version === active) return { id, before: active, version, changed: false };
  refuseUnroutable(deployed, [definition]);
  const changed = dryRun || (await activate(deployed, { id, version, does: 'rollback' }, author));
  return { id, before: active, version, changed };
}

/**
 * Ends new runs of a sequence; runs under way go on by their version. Throws NotPossible while the routes lead to it,
 * or when `startedByName` has it: the deciders start those without a route.
 */
export async function retire(
  deployed: Deployed,
  id: string,
  { startedByName, dryRun = false, ...author }: Author & { startedByName: readonly string[]; dryRun?: boolean },
): Promise<{ id: string; before: number | null; changed: boolean }> {
  const { active } = known(deployed, id);
  if (active === null) return { id, before: null, changed: false };
  const definition = deployed.definition(id, active);
  if (!definition || !('steps' in definition)) throw new NotPossible(`${id} is no sequence`);
  if (startedByName.includes(id)) throw new NotPossible(`${id} is started by its name, without a route`);
  refuseUnroutable(deployed, [], id);
  const changed = dryRun || (await activate(deployed, { id, version: active, does: 'retire' }, author));
  return { id, before: active, changed };
}

function known(deployed: Deployed, id: string): DeployedSequence {
  const found = deployedAs(deployed, id);
  if (found) return found;
  const ids = deployed.list().map((one) => one.id);
  throw new NotPossible(`no sequence ${id} is deployed; there are ${ids.join(', ') || 'none'}`);
}
