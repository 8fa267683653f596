import type { IconName } from './icons.tsx';

export interface PlaceOf {
  path: string;
  says: string;
  icon: IconName;
  /** On a phone it is behind `More`. */
  isRare?: true;
}

/** The pages of the navigation. */
export const PLACES: readonly PlaceOf[] = [
  { path: '/', says: 'Needs you', icon: 'inbox' },
  { path: '/leads', says: 'Leads', icon: 'people' },
  { path: '/sequences', says: 'Sequences', icon: 'steps' },
  { path: '/health', says: 'Health', icon: 'health' },
  { path: '/reports', says: 'Reports', icon: 'chart', isRare: true },
  { path: '/live', says: 'Live', icon: 'live', isRare: true },
  { path: '/settings', says: 'Settings', icon: 'settings', isRare: true },
];
