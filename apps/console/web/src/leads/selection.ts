import { useState } from 'react';

export interface Selection {
  ids: ReadonlySet<string>;
  toggle: (id: string) => void;
  setAll: (ids: readonly string[], isOn: boolean) => void;
  clear: () => void;
}

/** The chosen leads; they stay chosen on other pages of the list. */
export function useSelection(): Selection {
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set());
  const changed = (some: readonly string[], isOn: (id: string) => boolean) =>
    setIds((before) => {
      const after = new Set(before);
      for (const id of some)
        if (isOn(id)) after.add(id);
        else after.delete(id);
      return after;
    });
  return {
    ids,
    toggle: (id) => changed([id], (one) => !ids.has(one)),
    setAll: (some, isOn) => changed(some, () => isOn),
    clear: () => setIds(new Set()),
  };
}
