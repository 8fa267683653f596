import type { Change, Dossier } from '@leadstream/contracts/events';
import type { LeadCreated } from '@leadstream/contracts/lead-created';
import { change, cleanBlock, cleanLine } from './text.ts';

const DEPTH_MAX = 4;
/** Members and items in all of a dossier's free parts together. A long form has fifty. */
const VALUES_MAX = 200;
const KEY_LENGTH_MAX = 200;
const SOURCE_LENGTH_MAX = 200;

const UTM_KEYS = ['utm_source', 'utm_medium', 'utm_campaign', 'utm_term', 'utm_content', 'utm_id'];
const UNSAFE_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);
/** An IP stays in INTAKE, whatever its key in a form; keys are compared without case and separators. */
const IP_KEYS: ReadonlySet<string> = new Set([
  'ip',
  'ipaddress',
  'ipaddr',
  'clientip',
  'userip',
  'remoteip',
  'remoteaddr',
  'xforwardedfor',
  'xrealip',
]);

/**
 * The data of a submission besides the person. Unknown keys are kept under `other` in their original shape:
 * `other.company`, `other.leadData.score`. `source` is a branching key, so it is lower case; the change keeps the
 * original.
 */
export function readDossier(
  { email, firstName, lastName, phone, phoneExtension, timeZone, ip, leadData, ...unknown }: LeadCreated,
  changes: Change[],
): Dossier {
  const { source, medium, campaign, pageURL, submissionTimestamp, utm, fields, ...rest } = leadData;
  const line = (key: string, value: string | null | undefined) =>
    value ? cleanLine(`leadData.${key}`, value, changes) || undefined : undefined;
  const page = line('pageURL', pageURL);
  const keep = copier(changes);
  return present({
    source: readSource(source, changes),
    medium: line('medium', medium),
    campaign: line('campaign', campaign),
    pageURL: page,
    submissionTimestamp: line('submissionTimestamp', submissionTimestamp),
    utm: keep('leadData.utm', { ...utmOfPage(page, utm ?? {}, changes), ...utm }),
    fields: keep('leadData.fields', { ...fields }),
    other: keep('', { ...unknown, ...(Object.keys(rest).length ? { leadData: rest } : {}) }),
  });
}

/** The record without its undefined members: events are JSON, and tests compare with the log. */
export function present<T extends object>(record: T): T {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as T;
}

function readSource(raw: string, changes: Change[]): string {
  const source = cleanLine('leadData.source', raw, changes, SOURCE_LENGTH_MAX);
  // The default route exists for leads like this one; a rejection would lose a valid address.
  const key = cleanLine('leadData.source', source.toLowerCase(), [], SOURCE_LENGTH_MAX) || 'unknown';
  if (key !== source) changes.push(change('leadData.source', source ? 'lower-case' : 'blank-source', source, key));
  return key;
}

function utmOfPage(
  pageURL: string | undefined,
  given: Record<string, unknown>,
  changes: Change[],
): Record<string, string> {
  const query = /\?([^#]*)/.exec(pageURL ?? '')?.[1];
  const params = new URLSearchParams(query);
  const found = UTM_KEYS.flatMap((key) => {
    const value = Object.hasOwn(given, key) ? '' : cleanLine(`leadData.utm.${key}`, params.get(key) ?? '', []);
    return value ? [[key, value] as const] : [];
  });
  for (const [key, value] of found) changes.push(change(`leadData.utm.${key}`, 'read-from-page-url', undefined, value));
  return Object.fromEntries(found);
}

/** A copier of foreign JSON with one limit on values for all copies; values beyond it are left out and recorded. */
function copier(changes: Change[]) {
  let visited = 0;
  const drop = (path: string, rule: string): undefined => {
    changes.push(change(path, rule));
    return undefined;
  };
  /** Every member and item counts, kept or not: this also bounds the record of changes. */
  const isFull = (path: string): boolean => {
    visited += 1;
    if (visited === VALUES_MAX + 1) drop(path, 'too-many-values');
    return visited > VALUES_MAX;
  };

  const copy = (path: string, value: unknown, depth: number): unknown => {
    if (typeof value === 'string') return cleanBlock(path, value, changes);
    if (value === null || typeof value === 'boolean' || Number.isFinite(value)) return value;
    if (typeof value !== 'object') return drop(path, 'not-json');
    if (depth === DEPTH_MAX) return drop(path, 'too-deep');
    return Array.isArray(value) ? copyItems(path, value, depth + 1) : copyMembers(path, value, depth + 1);
  };

  const copyItems = (path: string, items: readonly unknown[], depth: number): unknown[] =>
    items
      .map((item, index) => (isFull(path) ? undefined : copy(`${path}.${index}`, item, depth)))
      .filter((item) => item !== undefined);

  const copyMembers = (path: string, members: object, depth: number): Record<string, unknown> => {
    const kept = new Map<string, unknown>();
    for (const [raw, value] of Object.entries(members)) {
      if (isFull(path)) break;
      const key = cleanLine(join(path, raw), raw, changes, KEY_LENGTH_MAX);
      const rule = keyProblem(key) ?? (kept.has(key) ? 'duplicate-key' : undefined);
      const copied = rule ? drop(join(path, raw), rule) : copy(join(path, key), value, depth);
      if (copied !== undefined) kept.set(key, copied);
    }
    return Object.fromEntries(kept);
  };

  return (path: string, members: object): Record<string, unknown> | undefined => {
    const copied = copyMembers(path, members, 0);
    return Object.keys(copied).length ? copied : undefined;
  };
}

const join = (path: string, key: string): string => (path ? `${path}.${key}` : key);

function keyProblem(key: string): string | undefined {
  if (key === '') return 'blank-key';
  if (UNSAFE_KEYS.has(key)) return 'unsafe-key';
  return IP_KEYS.has(key.toLowerCase().replace(/[^a-z]/g, '')) ? 'ip-stays-in-intake' : undefined;
}
