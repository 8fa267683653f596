const VALUES_MAX = 1_000;

/** `$` and a dot: from the whole body instead of the lead. */
export const PATH = /^(?:\$\.?)?(?:[^.\s$]+(?:\.[^.\s]+)*)?$/;

/**
 * The values at a path: members by their names, `*` for each item of a list or member of an object, `$` for the root. A
 * text that holds JSON is read as JSON. At most 1,000 values.
 */
export function valuesAt(value: unknown, path: string, root: unknown = value): unknown[] {
  const isOfRoot = path === '$' || path.startsWith('$.');
  const rest = isOfRoot ? path.slice(2) : path;
  return rest
    .split('.')
    .filter(Boolean)
    .reduce<unknown[]>(
      (found, segment) => found.flatMap((one) => members(one, segment)).slice(0, VALUES_MAX),
      [isOfRoot ? root : value],
    );
}

/** The first value at the paths that is not blank. */
export function firstAt(value: unknown, paths: readonly string[], root: unknown): unknown {
  for (const path of paths) {
    const found = valuesAt(value, path, root).find((one) => one !== undefined && one !== null && one !== '');
    if (found !== undefined) return found;
  }
  return undefined;
}

function members(value: unknown, segment: string): unknown[] {
  const read = typeof value === 'string' ? jsonIn(value) : value;
  if (typeof read !== 'object' || read === null) return [];
  if (segment === '*') return Object.values(read);
  return Object.hasOwn(read, segment) ? [(read as Record<string, unknown>)[segment]] : [];
}

/** Far beyond any form, and far below the stack's limit: `JSON.stringify` recurses. */
export const DEPTH_MAX = 32;

/** Whether `value` has objects or arrays in more than `levels` levels. */
export const nests = (value: unknown, levels: number): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (levels === 0 || Object.values(value).some((member) => nests(member, levels - 1)));

/** The object or list that a text holds as JSON; undefined for another text, and for one that nests too deep. */
export function jsonIn(text: string): unknown {
  if (!/^\s*[{[]/.test(text)) return undefined;
  try {
    const json: unknown = JSON.parse(text);
    return nests(json, DEPTH_MAX) ? undefined : json;
  } catch {
    return undefined;
  }
}
