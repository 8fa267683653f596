import { columns, minute, plural, section, span } from '../simulate/table.ts';
import type { Comparison, Example, Moves, Report } from './report.ts';

const RECIPIENTS = { lead: 'lead', staff: 'rep' } as const;
const ZONES_MAX = 20;

/** The report as lines for a terminal. */
export function tableOf({ since, until, events, leads, calibration, darkTimes, comparison }: Report): string[] {
  const { recorded, equal, moved, more, fewer } = calibration;
  return [
    `${minute(since)} to ${minute(until)} UTC: ${plural(leads.replayed, 'lead')} of ${plural(events, 'event')}` +
      leftOut(leads),
    `calibration  the unchanged rules reproduce ${equal} of ${plural(recorded, 'mail')} ` +
      `(${percent(calibration.share)} equal): ${moved} at another time, ${fewer} not, ${more} others`,
    ...darkTimes.map(
      ({ from, to }) => `dark time    ${minute(from)}, ${span(Date.parse(to) - Date.parse(from))}: no due mail went on`,
    ),
    '',
    ...(comparison ? comparisonLines(comparison) : []),
  ];
}

const leftOut = ({ erased, canary, neverAtRest }: Report['leads']): string =>
  (erased > 0 ? `; ${plural(erased, 'erased lead')} left out` : '') +
  (canary > 0 ? `; ${plural(canary, 'lead')} of the canary left out` : '') +
  (neverAtRest > 0 ? `; ${plural(neverAtRest, 'lead')} in the services’ hands all the time left out` : '');

function comparisonLines({
  mails,
  leads,
  steps,
  days,
  zones,
  unknown,
  assumed,
  ifAnswersFollow,
  examples,
}: Comparison): string[] {
  const changedDays = days.filter(({ unchanged, changed }) => unchanged !== changed);
  return [
    ...columns([
      HEAD,
      row('all mails', mails),
      ...steps.map((one) => row(`${one.sequence}/${one.step} to the ${RECIPIENTS[one.to]}`, one)),
    ]),
    '',
    `leads        ${list(leads)}`,
    `if answers   followed their mails: ${moveText(ifAnswersFollow)}`,
    ...unknownLines({ unknown, assumed }).map((line) => `not known    ${line}`),
    '',
    ...section(
      'days (UTC) with another number of mails',
      columns(changedDays.map(({ date, unchanged, changed }) => [date, `${unchanged} → ${changed}`])),
    ),
    ...section('zones', [
      ...columns(zones.length === 0 ? [] : [HEAD, ...zones.slice(0, ZONES_MAX).map((one) => row(one.zone, one))]),
      ...(zones.length > ZONES_MAX ? [`and ${zones.length - ZONES_MAX} more (--json has all)`] : []),
    ]),
    ...section('leads one by one (UTC)', exampleLines(examples)),
  ];
}

export const HEAD = ['', 'unchanged', 'changed', 'more', 'fewer', 'earlier', 'later', 'moved (median)'];
export const row = (name: string, { unchanged, changed, more, fewer, earlier, later, medianMs }: Moves): string[] => [
  name,
  String(unchanged),
  String(changed),
  signed('+', more),
  signed('-', fewer),
  String(earlier),
  String(later),
  movedText(medianMs),
];
const signed = (sign: string, count: number): string => (count === 0 ? '0' : `${sign}${count}`);
export const movedText = (ms: number | null): string =>
  ms === null ? '' : `${ms < 0 ? '-' : '+'}${span(Math.abs(ms))}`;

const moveText = ({ changed, more, fewer, earlier, later }: Moves): string =>
  `${changed} mails, +${more} -${fewer}, ${earlier} earlier, ${later} later`;

/** Facts and answers that a comparison cannot have. */
export const unknownLines = ({ unknown, assumed }: Pick<Comparison, 'unknown' | 'assumed'>): string[] => [
  ...unknown.map(
    ({ event, count }) =>
      `${count} × ${event.replace('lead.', '')}: of mails that were never sent, or without an object, in the ` +
      'changed world',
  ),
  ...(assumed > 0
    ? [
        `${plural(assumed, 'mail')} without a recorded answer of the provider: taken as accepted, and nobody ` +
          'answers them',
      ]
    : []),
];

const list = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ') || 'none';

export const percent = (share: number): string => `${(Math.floor(share * 10_000) / 100).toFixed(2)} %`;

const SIGNS = { more: '+', fewer: '-', moved: '→' } as const;

const exampleLines = (examples: readonly Example[]): string[] =>
  examples.flatMap(({ lead, effect, mails }) => [
    `${lead}  ${effect}`,
    ...columns(
      mails.map(({ change, sequence, step, to, at, movedMs }) => [
        `  ${SIGNS[change]}`,
        `${sequence}/${step} to the ${RECIPIENTS[to]}`,
        minute(at),
        change === 'moved' ? movedText(movedMs) : '',
      ]),
    ),
  ]);
