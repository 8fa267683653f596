import { holidaysFrom } from '@leadstream/lead/holidays';
import type { SequenceStore } from '@leadstream/service/sequence-store';
import { config, type Config } from './config.ts';
import type { Settings } from './settings-schemas.ts';

type Group = Settings['variables'][number]['group'];

/** The variables that a page may show: a secret is none of them. */
const SHOWN = {
  BUSINESS_HOURS: 'hours',
  WORKING_DAYS: 'hours',
  HOLIDAYS: 'hours',
  DELAY_SCALE: 'hours',
  FROM_NAME: 'mails',
  POSTAL_ADDRESS: 'mails',
  BOOKING_URL: 'mails',
  NAMES: 'mails',
  DEFAULT_REGION: 'data',
  INTAKE_DIR: 'data',
  CONSOLE_LABEL: 'console',
  CONSOLE_USER_HEADER: 'console',
  CONSOLE_COMMANDS_PER_MINUTE: 'console',
} as const satisfies Partial<Record<keyof Config, Group>>;

export function variablesOf(settings: Config): Settings['variables'] {
  return Object.entries(SHOWN).map(([name, group]) => {
    const value: unknown = settings[name as keyof typeof SHOWN];
    const schema = config.shape[name as keyof typeof SHOWN];
    const byDefault = schema.safeParse(undefined).data;
    const isDefault = JSON.stringify(value) === JSON.stringify(byDefault);
    return {
      group,
      name,
      value: textOf(value),
      from: isDefault ? 'default' : 'environment',
      says: schema.description ?? '',
    };
  });
}

function textOf(value: unknown): string | null {
  if (Array.isArray(value)) return value.length === 0 ? null : value.join(', ');
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  const entries = Object.entries(Object(value) as Record<string, unknown>);
  return entries.length === 0 ? null : entries.map(([key, days]) => `${key}=${[days].flat().join('')}`).join(', ');
}

const HOLIDAYS_SHOWN = 8;

export const holidaysShown = ({ DEFAULT_REGION: country, HOLIDAYS }: Config, today: Temporal.PlainDate) => ({
  country,
  days: holidaysFrom(today, country, HOLIDAYS).slice(0, HOLIDAYS_SHOWN),
});

/** The routes in their order, with the sequence that each tag begins. */
export function routesShown(store: SequenceStore): Settings['routes'] {
  const { routes } = store;
  if (!routes) return [];
  const sequences = store.list().flatMap(({ id }) => {
    const sequence = store.isActive(id) ? store.sequence(id) : undefined;
    return sequence ? [sequence] : [];
  });
  const of = (sources: string[], { tag }: { tag: string }) => ({
    sources,
    tag,
    sequence: sequences.find(({ triggers }) => triggers.includes(tag))?.id ?? null,
  });
  return [
    ...routes.routes.map((route) => of(route.sources, route)),
    of(['every other source'], routes.default),
    of(['a lead that returns after an answer'], routes.returning),
  ];
}
