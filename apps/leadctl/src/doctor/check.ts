/** The groups of checks, in the order in which they are shown. */
export const GROUPS = [
  'settings',
  'nats',
  'streams',
  'mongodb',
  'clocks',
  'dns',
  'provider',
  'mailboxes',
  'services',
] as const;
export type Group = (typeof GROUPS)[number];

export interface Check {
  group: Group;
  /** `skipped`: nothing to look at, or no setting for it. */
  result: 'passed' | 'failed' | 'skipped';
  what: string;
  /** The remedy of a failed check. */
  mend?: string;
}

export const passed = (group: Group, what: string): Check => ({ group, result: 'passed', what });
export const skipped = (group: Group, what: string): Check => ({ group, result: 'skipped', what });
export const failed = (group: Group, what: string, mend: string): Check => ({ group, result: 'failed', what, mend });

/** One line a check, and below a failed one what mends it. */
export function shown(checks: readonly Check[]): string {
  const marks = { passed: 'ok', failed: 'FAILED', skipped: 'skipped' } satisfies Record<Check['result'], string>;
  const lines = checks.flatMap(({ group, result, what, mend }) => [
    `${marks[result].padEnd(8)} ${group.padEnd(9)} ${what}`,
    ...(mend === undefined ? [] : [`${' '.repeat(19)}→ ${mend}`]),
  ]);
  const count = checks.filter(({ result }) => result === 'failed').length;
  return [...lines, count === 0 ? 'nothing to mend' : `${count} to mend`].join('\n');
}
