import { useSyncExternalStore } from 'react';

const SHOWN_MS = 6_000;
let shown: { id: number; text: string } | undefined;
let count = 0;
const listeners = new Set<() => void>();
const changed = () => listeners.forEach((listener) => listener());

/** Says for some seconds what was done; screen readers read it. */
export function say(text: string): void {
  const id = ++count;
  shown = { id, text };
  changed();
  setTimeout(() => {
    if (shown?.id !== id) return;
    shown = undefined;
    changed();
  }, SHOWN_MS);
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => void listeners.delete(listener);
};

export function Toast() {
  const toast = useSyncExternalStore(subscribe, () => shown);
  return (
    <div className="toast" role="status">
      {toast && <p key={toast.id}>{toast.text}</p>}
    </div>
  );
}
