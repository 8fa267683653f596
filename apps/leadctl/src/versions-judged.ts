import { BUILD, type Build, type ProcessVersion } from '@leadstream/service/running-versions';

/** What an installation cannot do without; console, watch, webhooks and crm may be left out. */
const NEEDED = ['ingest', 'triage', 'scheduler', 'sender', 'inbound', 'projector'] as const;

export interface Versions {
  processes: ProcessVersion[];
  unreadable: number;
}

const COLUMNS = ['services', 'version', 'state', 'events', 'process', 'since'] as const;

const named = ({ version, stateVersion, events }: Build): string =>
  `${version} (state ${stateVersion}, events ${events})`;

/** What an operator should know before going on with a roll-out, one sentence each; empty: one build everywhere. */
export function skewOf({ processes, unreadable }: Versions, own: Build = BUILD): string[] {
  const builds = Map.groupBy(processes, named);
  const seen = new Set(processes.flatMap(({ services }) => services));
  const silent = NEEDED.filter((service) => !seen.has(service));
  return [
    ...(builds.size > 1
      ? [
          `skew: ${builds.size} builds run side by side: ` +
            [...builds].map(([build, its]) => `${build} in ${servicesOf(its)}`).join('; '),
        ]
      : []),
    ...(builds.size > 0 && !builds.has(named(own))
      ? [`skew: leadctl is ${named(own)}, no process is: verify and rebuild need the newest build’s leadctl`]
      : []),
    ...(unreadable > 0 ? [`${unreadable} answers cannot be read: of another version than leadctl’s`] : []),
    ...(silent.length > 0
      ? [`no answer of ${silent.join(', ')}: not running, cut off from NATS, or of a build before \`leadctl version\``]
      : []),
  ];
}

const servicesOf = (processes: readonly ProcessVersion[]): string =>
  [...new Set(processes.flatMap(({ services }) => services))].toSorted().join(', ');

export function shownVersions(it: Versions, own: Build = BUILD): string {
  const rows = it.processes.map(({ services, version, stateVersion, events, host, pid, startedAt }) => [
    services.join(','),
    version,
    String(stateVersion),
    events,
    `${host}/${pid}`,
    startedAt,
  ]);
  const table = [[...COLUMNS], ['leadctl', own.version, String(own.stateVersion), own.events, '', ''], ...rows];
  const widths = COLUMNS.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const lines = table.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const skew = skewOf(it, own);
  return [...lines, ...(skew.length > 0 ? skew : ['one build everywhere'])].join('\n');
}
