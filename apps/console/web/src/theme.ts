export const SCHEMES = ['auto', 'light', 'dark'] as const;
export type Scheme = (typeof SCHEMES)[number];
const KEY = 'scheme';

const isScheme = (text: string | null): text is Scheme => SCHEMES.some((one) => one === text);

export function scheme(): Scheme {
  const kept = localStorage.getItem(KEY);
  return isScheme(kept) ? kept : 'auto';
}

export function setScheme(chosen: Scheme): void {
  localStorage.setItem(KEY, chosen);
  showScheme();
}

export function showScheme(): void {
  const chosen = scheme();
  document.documentElement.style.colorScheme = chosen === 'auto' ? '' : chosen;
}
