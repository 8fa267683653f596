import { visit } from 'jsonc-parser';

/**
 * The first key that an object of the JSON text has twice. `JSON.parse` takes the last one, a proxy or a log before the
 * console may have read the first (RFC 8259 §4). Throws for text that nests too deep.
 */
export function repeatedKey(text: string): string | undefined {
  const objects: Set<string>[] = [];
  let repeated: string | undefined;
  visit(text, {
    onObjectBegin: () => void objects.push(new Set()),
    onObjectProperty: (key) => {
      const keys = objects.at(-1);
      if (keys?.has(key)) repeated ??= key;
      keys?.add(key);
    },
    onObjectEnd: () => void objects.pop(),
  });
  return repeated;
}
