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

export function jsonIn(text: string): unknown {
  if (!/^\s*[{[]/.test(text)) return undefined;
  try {
    const json: unknown = JSON.parse(text);
    return json;
  } catch {
    return undefined;
  }
}
