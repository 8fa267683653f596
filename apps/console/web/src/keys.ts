import { useEffect } from 'react';

const OFF = 'single-keys-off';

/** Single keys can be switched off (WCAG 2.1.4): speech input types them. */
export const areKeysOn = (): boolean => localStorage.getItem(OFF) === null;
export function setKeys(isOn: boolean): void {
  if (isOn) localStorage.removeItem(OFF);
  else localStorage.setItem(OFF, '1');
}

export const KEYS: readonly { key: string; says: string }[] = [
  { key: '⌘K or Ctrl K', says: 'Find a lead or a page' },
  { key: '/', says: 'Search in the list' },
  { key: 'j k', says: 'Next and previous lead of the list' },
  { key: 'x', says: 'Choose the lead in focus' },
  { key: 'n p', says: 'Next page, and back' },
  { key: 'Enter', says: 'Open the lead in focus' },
  { key: 'p', says: 'On a lead: pause or resume it' },
  { key: 't m a o', says: 'On a lead: tag, move, assign, add a note' },
  { key: 'Escape', says: 'Close what is open' },
  { key: '?', says: 'These keys' },
];

const TYPING = 'input:not([type=checkbox], [type=range], [type=radio]), textarea, select, [contenteditable]';

interface Opened {
  find: () => void;
  help: () => void;
}

/** The page's keys: a button or a field names its own in `data-key`. */
export function useKeys({ find, help }: Opened): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() === 'k' && (event.metaKey || event.ctrlKey)) {
        event.preventDefault();
        if (!document.querySelector('dialog[open]')) find();
        return;
      }
      const target = event.target as Element;
      const isElsewhere = target.matches(TYPING) || document.querySelector('dialog[open], [popover]:popover-open');
      if (isElsewhere || event.metaKey || event.ctrlKey || event.altKey || !areKeysOn()) return;
      if (event.key === '?') help();
      else if (!press(event.key, target)) return;
      event.preventDefault();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [find, help]);
}

/** Whether something on the page has this key. */
function press(key: string, target: Element): boolean {
  if (key === 'j' || key === 'k') return step(key === 'j' ? 1 : -1, target);
  if (key === 'x') return clicked(target.closest('tr')?.querySelector('input[type=checkbox]'));
  const its = document.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]:not(:disabled)`);
  if (!its?.matches('input')) return clicked(its);
  its.focus();
  return true;
}

function clicked(element: Element | null | undefined): boolean {
  if (!(element instanceof HTMLElement)) return false;
  element.click();
  return true;
}

function step(by: number, target: Element): boolean {
  const leads = [...document.querySelectorAll<HTMLElement>('.leads .name')];
  const at = leads.findIndex((one) => one.closest('tr') === target.closest('tr'));
  const next = leads[at < 0 ? (by > 0 ? 0 : leads.length - 1) : at + by];
  next?.focus();
  next?.scrollIntoView({ block: 'nearest' });
  return next !== undefined;
}
