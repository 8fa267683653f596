import type { Report } from './report.ts';

const RECIPIENTS = { lead: 'lead', staff: 'rep' } as const;

/** The report as lines for a terminal. */
export function tableOf(report: Report): string[] {
  const { leads, mails, from, until } = report;
  return [
    `${minute(from)} to ${minute(until)} UTC  seed ${report.seed}`,
    `leads    ${leads.arrived} arrived, ${leads.refused} refused, at most ${leads.underWayMax} under way at a time`,
    `         ${list(leads.statuses)}`,
    ...leads.sources.map(({ source, sequence, leads: count }) => `         ${count} ${source} → ${sequence}`),
    `mails    ${mails.toLeads} to leads, ${mails.toReps} to reps`,
    `people   ${list(report.happened)}`,
    ...(Object.keys(report.tags).length > 0 ? [`tags     ${list(report.tags)}`] : []),
    ...enrichmentLines(report).map((line) => `enrich   ${line}`),
    '',
    ...section('steps', stepLines(report)),
    ...section('steps that no lead reaches', unreached(report)),
    ...section(
      'held back',
      columns(
        report.held.map(({ sequence, step, guard, leads: count, times }) => [
          `${sequence}/${step}`,
          guard,
          plural(count, 'lead'),
          `${times} times`,
        ]),
      ),
    ),
    ...section(
      'runs that ended early',
      columns(report.ended.map(({ sequence, why, runs }) => [sequence, why, plural(runs, 'run')])),
    ),
    ...section('busiest hours (UTC)', pileUpLines(report)),
    ...section('zones', zoneLines(report)),
    ...section('clock changes', clockLines(report)),
    ...section('quota', quotaLines(report)),
    ...section('leads one by one, in their own time', exampleLines(report)),
  ];
}

export const enrichmentLines = ({ enrichment, notAsked }: Report): string[] => [
  ...enrichment.map(({ enricher, outcome, leads }) => `${enricher} ${outcome}: ${plural(leads, 'lead')}`),
  ...notAsked.map((name) => `${name}: another system knows the answer; not asked, its facts are unknown here`),
];

const stepLines = ({ steps }: Report): string[] =>
  columns(
    steps
      .filter(({ mails }) => mails > 0)
      .map(({ sequence, step, to, mails, runs }) => [
        `${sequence}/${step}`,
        `to the ${RECIPIENTS[to]}`,
        plural(mails, 'mail'),
        `of ${plural(runs, 'run')}`,
      ]),
  );

export const unreached = ({ steps }: Report): string[] =>
  columns(
    steps
      .filter(({ mails }) => mails === 0)
      .map(({ sequence, step, runs }) => [
        `${sequence}/${step}`,
        runs === 0 ? 'no run of the sequence begins' : `${plural(runs, 'run')}, no mail in this time`,
      ]),
  );

const pileUpLines = ({ pileUps }: Report): string[] =>
  columns(
    pileUps.map(({ at, mails, held, usual }) => [
      minute(at),
      plural(mails, 'mail'),
      `${held} had waited for business hours`,
      `usual: ${usual}`,
    ]),
  );

const ZONES_MAX = 20;

const zoneLines = ({ zones }: Report): string[] => [
  ...columns(
    zones
      .slice(0, ZONES_MAX)
      .map(({ zone, leads, mails, byLocalHour }) => [
        zone,
        plural(leads, 'lead'),
        plural(mails, 'mail'),
        `busiest hour there: ${hourText(byLocalHour.indexOf(Math.max(...byLocalHour)))}`,
      ]),
  ),
  ...(zones.length > ZONES_MAX ? [`and ${zones.length - ZONES_MAX} more (--json has all)`] : []),
];

const clockLines = ({ clockChanges }: Report): string[] =>
  columns(
    clockChanges.map(({ zone, at, from, to, mails }) => [
      zone,
      minute(at),
      `${from} → ${to}`,
      `${plural(mails, 'mail')} on that day`,
    ]),
  );

const quotaLines = ({ quota }: Report): string[] => {
  const { perDay, perHour, waited, medianMs, p95Ms, maxMs, lineMax } = quota;
  if (perDay === null && perHour === null) return [];
  const limits = [
    ...(perDay === null ? [] : [`${perDay} a day (UTC)`]),
    ...(perHour === null ? [] : [`${perHour} an hour`]),
  ];
  return [
    `${limits.join(', ')}: ${plural(waited, 'mail')} waited, half of them up to ${span(medianMs)}, ` +
      `19 of 20 up to ${span(p95Ms)}, the longest ${span(maxMs)}; at most ${lineMax} in line`,
  ];
};

const exampleLines = ({ examples }: Report): string[] =>
  examples.flatMap(({ lead, source, zone, status, mails }) => [
    `lead ${lead}  ${source}  ${zone ?? 'no zone'}  ${status}`,
    ...columns(
      mails.map(({ at, sequence, step, to, subject }) => [
        `  ${minute(at)}`,
        `${sequence}/${step}`,
        `to the ${RECIPIENTS[to]}`,
        subject,
      ]),
    ),
  ]);

export const section = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : [title, ...lines.map((line) => `  ${line}`), ''];

export const columns = (rows: readonly (readonly string[])[]): string[] => {
  const widths = (rows[0] ?? []).map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd(),
  );
};

const list = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ') || 'none';

export const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
export const minute = (instant: string): string => instant.slice(0, 'YYYY-MM-DDThh:mm'.length).replace('T', ' ');
export const hourText = (hour: number): string => `${String(hour).padStart(2, '0')}:00`;

export function span(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  const [days, hours] = [Math.floor(minutes / 1_440), Math.floor(minutes / 60) % 24];
  if (days > 0) return hours > 0 ? `${days} d ${hours} h` : `${days} d`;
  return hours > 0 ? `${hours} h ${minutes % 60} min` : `${minutes} min`;
}
