import { readFile } from 'node:fs/promises';
import type { Broker } from '@leadstream/eventlog/broker';
import type { BusinessHours } from '@leadstream/lead/weeks';
import { routesSchema, type Routes, type Sequence } from '@leadstream/sequences/definition';
import { parseFolder, type Folder } from '@leadstream/sequences/folder';
import { lint } from '@leadstream/sequences/lint';
import { faultsOf, problemLine, readYaml } from '@leadstream/sequences/read-yaml';
import type { InForce, Rules } from '@leadstream/sequences/what-if/rules';
import { officeHours, field, loadConfig } from '@leadstream/service/config';
import { isRetired, tagsWithout, type Definition } from '@leadstream/service/sequence-entries';
import { readFolder, SequenceStore } from '@leadstream/service/sequence-store';
import { z } from 'zod';
import { planningSettings, reenrolAfterMsOf } from '../session.ts';

/** Versions of a changed folder are numbered above those that are deployed: a run keeps the one or the other. */
const CHANGED = 1_000_000;

type Definitions = Pick<Rules, 'at' | 'version'>;

/** A folder that was in force all the time, in each version. */
export async function definitionsOf(dir: string): Promise<Definitions> {
  const inForce = inForceOf(await lintedFolder(dir));
  return { at: () => inForce, version: (id) => inForce.sequences.find((one) => one.id === id) };
}

/** The deployed versions, by the time of each activation. */
export async function deployedDefinitions(broker: Broker, replicas: number): Promise<Definitions> {
  const store = await new SequenceStore(broker, replicas).read();
  const entries = store.list();
  const times = [...new Set(entries.flatMap(({ history }) => history.map(({ at }) => Date.parse(at))))].sort(
    (a, b) => a - b,
  );
  const known = new Map<number, InForce>();
  const activeAt = (ms: number): Definition[] =>
    entries.flatMap(({ id, active, history }) => {
      // A record that is older than the first activation had that one: builds before the histories kept none.
      const last = history.findLast(({ at }) => Date.parse(at) <= ms) ?? history[0];
      if (isRetired(last)) return [];
      return store.definition(id, last?.version ?? active ?? undefined) ?? [];
    });
  return {
    at: (ms) => {
      const segment = times.findLastIndex((time) => time <= ms);
      const found = known.get(segment) ?? inForceAmong(activeAt(times[segment] ?? -Infinity));
      known.set(segment, found);
      return found;
    },
    version: (id, version) => store.sequence(id, version),
  };
}

function inForceAmong(definitions: readonly Definition[]): InForce {
  return {
    sequences: definitions.filter((one) => 'steps' in one),
    routes: definitions.find((one) => 'routes' in one),
    reps: definitions.find((one) => 'reps' in one)?.reps,
    tagRules: definitions.find((one) => 'rules' in one)?.rules,
  };
}

const inForceOf = ({ sequences, routes, reps, tags }: Folder): InForce => ({
  sequences,
  routes,
  reps: reps?.reps,
  tagRules: tags?.rules,
});

async function lintedFolder(dir: string): Promise<Folder> {
  const folder = parseFolder(await readFolder(dir));
  const problems = faultsOf(lint(folder));
  if (problems.length > 0) throw new Error(problems.map(problemLine).join('\n'));
  return folder;
}

/** The rules of the record, by the services' own settings. */
export const unchangedRules = (definitions: Definitions): Rules => ({
  ...definitions,
  ...planningSettings(),
  reenrolAfterMs: reenrolAfterMsOf(),
  keepsRoutes: true,
  keepsVersions: true,
});

export interface Change {
  sequences?: string;
  routes?: string;
  policy: readonly string[];
}

/** The rules with the change; undefined: nothing is changed. */
export async function changedRules(
  unchanged: Rules,
  { sequences: dir, routes: file, policy }: Change,
): Promise<Rules | undefined> {
  if (dir === undefined && file === undefined && policy.length === 0) return undefined;
  const withPolicy = { ...unchanged, ...policyOf(policy, unchanged.hours) };
  const folder = dir === undefined ? undefined : inForceOf(await lintedFolder(dir));
  const routes = file === undefined ? folder?.routes : await readRoutes(file);
  const numbered = folder?.sequences.map((one): Sequence => ({ ...one, version: CHANGED + one.version }));
  if (routes) {
    const [missing] = tagsWithout(routes, numbered ?? unchanged.at(Infinity).sequences);
    if (missing !== undefined) throw new Error(`${file ?? dir}: no sequence is triggered by ${missing}`);
  }
  return {
    ...withPolicy,
    at: (ms) => {
      const before = unchanged.at(ms);
      return { ...before, ...folder, sequences: numbered ?? before.sequences, routes: routes ?? before.routes };
    },
    version: (id, version) =>
      version > CHANGED ? numbered?.find((one) => one.id === id) : unchanged.version(id, version),
    keepsRoutes: routes === undefined,
    keepsVersions: folder === undefined,
  };
}

async function readRoutes(file: string): Promise<Routes> {
  const { value, problems } = readYaml(file, await readFile(file, 'utf8'));
  if (problems.length > 0) throw new Error(problems.map(problemLine).join('\n'));
  const parsed = routesSchema.safeParse(value);
  if (parsed.error) throw new Error(`${file}: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

const POLICIES = 'hours=08:00-20:00, days=12345 (Monday is 1) or reenrol=P14D';

function policyOf(policy: readonly string[], hours: BusinessHours): Partial<Pick<Rules, 'hours' | 'reenrolAfterMs'>> {
  let changed: { hours: BusinessHours; reenrolAfterMs?: number } = { hours };
  for (const text of policy) {
    const [name = '', value = ''] = text.split('=', 2);
    changed = { ...changed, ...oneOf(name, value, changed.hours, text) };
  }
  return changed;
}

function oneOf(name: string, value: string, hours: BusinessHours, text: string) {
  // An empty setting is the default of its variable.
  if (value === '') throw new Error(`--policy: ${text} must be like ${POLICIES}`);
  try {
    if (name === 'hours') {
      const { BUSINESS_HOURS } = loadConfig(z.object({ BUSINESS_HOURS: officeHours.BUSINESS_HOURS }), {
        BUSINESS_HOURS: value,
      });
      const [from = '', to = ''] = BUSINESS_HOURS.split('-');
      return { hours: { ...hours, from, to } };
    }
    if (name === 'days' && /^[1-7]{1,7}$/.test(value))
      return { hours: { ...hours, days: { '*': [...new Set(value)].map(Number).sort() } } };
    if (name === 'reenrol') {
      const { REENROL } = loadConfig(z.object({ REENROL: field.duration }), { REENROL: value });
      return { reenrolAfterMs: REENROL.total('millisecond') };
    }
  } catch (cause) {
    throw new Error(`--policy: ${text} must be like ${POLICIES}`, { cause });
  }
  throw new Error(`--policy: ${text} must be like ${POLICIES}`);
}
