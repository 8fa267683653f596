import { useRef, type RefObject } from 'react';

export interface Kept<Item> {
  key: string;
  item: Item;
  isSettled: boolean;
}

/**
 * The items, and those that were settled while the pointer or the focus is in the list, each in its place.
 * An item that went at once would put the buttons of the next under the pointer: a second click settles a second lead.
 */
export function useKept<Item>(
  list: RefObject<HTMLElement | null>,
  items: readonly Item[],
  keyOf: (item: Item) => string,
): Kept<Item>[] {
  const shown = useRef(new Map<string, Item>()).current;
  if (!list.current?.matches(':is(:hover, :focus-within)')) shown.clear();
  for (const item of items) shown.set(keyOf(item), item);
  const open = new Set(items.map(keyOf));
  return [...shown].map(([key, item]) => ({ key, item, isSettled: !open.has(key) }));
}
