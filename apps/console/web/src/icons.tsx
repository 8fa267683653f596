/** Lines of 24 by 24, drawn for this page. */
const PATHS = {
  alert:
    'M12 8v5M12 16.5v.01M10.6 4.2 3 17.6A1.6 1.6 0 0 0 4.4 20h15.2a1.6 1.6 0 0 0 1.4-2.4L13.4 4.2a1.6 1.6 0 0 0-2.8 0Z',
  arrive: 'M13 4h5a2 2 0 0 1 2 2v12a2 2 0 0 1-2 2h-5M4 12h11M11 8l4 4-4 4',
  auto: 'M12 3a9 9 0 1 0 0 18V3Z M12 3a9 9 0 0 1 0 18',
  back: 'M14 6l-6 6 6 6',
  chart: 'M4 20h16M7 17v-5M12 17V7M17 17v-8',
  check: 'm5 12.5 4.5 4.5L19 7.5',
  clock: 'M12 7v5l3 2M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Z',
  cross: 'm7 7 10 10M17 7 7 17',
  desktop: 'M4 5h16v11H4zM9 20h6M12 16v4',
  dot: 'M12 11.5v1',
  down: 'm7 10 5 5 5-5',
  eye:
    'M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12Z' +
    'M12 9.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5Z',
  find: 'M10.5 4.5a6 6 0 1 0 0 12 6 6 0 0 0 0-12ZM15 15l5 5',
  flag: 'M6 21V4h11l-2 4 2 4H6',
  forth: 'm10 6 6 6-6 6',
  health: 'M3 12h4l3-7 4 14 3-7h4',
  inbox: 'M3 13h5l1.5 3h5L16 13h5M5.5 5h13L21 13v6H3v-6l2.5-8Z',
  link: 'M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.7-5.7L12 7M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.7 5.7L12 17',
  live: 'M12 11v2M8.5 8.5a5 5 0 0 0 0 7M15.5 8.5a5 5 0 0 1 0 7M5.5 5.5a9.2 9.2 0 0 0 0 13M18.5 5.5a9.2 9.2 0 0 1 0 13',
  mail: 'M4 6h16v12H4zM4 7l8 6 8-6',
  moon: 'M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5Z',
  more: 'M6 12v.01M12 12v.01M18 12v.01',
  note: 'M5 4h14v10l-6 6H5zM13 20v-6h6',
  out: 'M11 4H6a2 2 0 0 0-2 2v12a2 2 0 0 0 2 2h5M20 12H9M16 8l4 4-4 4',
  pause: 'M9 6v12M15 6v12',
  people:
    'M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7Z' +
    'M2.5 20a6.5 6.5 0 0 1 13 0M16 4.5a3.5 3.5 0 0 1 0 6.5M18 14.5a6.5 6.5 0 0 1 3.5 5.5',
  person: 'M12 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4.5 21a7.5 7.5 0 0 1 15 0',
  phone: 'M8 3h8v18H8zM11.5 18h1',
  play: 'M8 5.5v13l10-6.5-10-6.5Z',
  reply: 'M9 7l-5 5 5 5M4 12h10a6 6 0 0 1 6 6',
  restart: 'M4 12a8 8 0 1 1 2.5 5.8M4 12V6.500M4 12h5.5',
  save: 'M12 4v11M7.500 11l4.500 4.500 4.500-4.500M5 20h14',
  settings: 'M4 7h10M18 7h2M4 17h4M12 17h8M16 5v4M10 15v4',
  skip: 'M5 12h14M9 7l-4 5 4 5',
  spark: 'M12 4v5M12 15v5M4 12h5M15 12h5',
  steps: 'M4 6h4M4 12h10M4 18h16',
  sun:
    'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM12 2.500v2M12 19.500v2M2.500 12h2M19.500 12h2' +
    'M5.300 5.300l1.400 1.400M17.300 17.300l1.400 1.400M5.300 18.700l1.400-1.400M17.300 6.700l1.400-1.400',
  tag: 'M4 4h8l8 8-8 8-8-8V4ZM8 8v.01',
} as const;
export type IconName = keyof typeof PATHS;

/** Decoration: the text beside it, or the button's label, says the same. */
export const Icon = ({ name }: { name: IconName }) => (
  <svg className="icon" viewBox="0 0 24 24" aria-hidden="true">
    <path d={PATHS[name]} />
  </svg>
);
