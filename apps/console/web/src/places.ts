import type { IconName } from './icons.tsx';

/** The pages of the navigation. */
export const PLACES: readonly { path: string; says: string; icon: IconName }[] = [
  { path: '/', says: 'Needs you', icon: 'inbox' },
  { path: '/leads', says: 'Leads', icon: 'people' },
  { path: '/sequences', says: 'Sequences', icon: 'steps' },
  { path: '/health', says: 'Health', icon: 'health' },
  { path: '/live', says: 'Live', icon: 'live' },
];
