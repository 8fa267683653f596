import { escapeHtml } from '@leadstream/sequences/render-markdown';
import { clockPairChart, pairChart } from '../simulate/charts.ts';
import { figureList, page, rowsOf, section, wide } from '../simulate/page-parts.ts';
import { minute, plural, span } from '../simulate/table.ts';
import type { Comparison, Example, Moves, Report } from './report.ts';
import { HEAD, movedText, percent, row, unknownLines } from './table.ts';

const RECIPIENTS = { lead: 'lead', staff: 'rep' } as const;
const CHANGES = { more: 'more', fewer: 'fewer', moved: 'moved' } as const;
const ZONES_MAX = 12;
const KEY = '<p class="key"><span class="of-leads">unchanged</span><span class="of-reps">changed</span></p>';

/** The report as one page that loads nothing and runs no script. */
export const whatIfPage = (title: string, report: Report): string =>
  page(`What if: ${title}`, `${minute(report.since)} to ${minute(report.until)} UTC, played again. Nothing was sent.`, [
    figures(report),
    calibrationSection(report),
    ...(report.comparison ? comparisonSections(report.comparison) : []),
  ]);

function figures({ leads, calibration, comparison }: Report): string {
  return figureList([
    ['leads played again', leads.replayed],
    ['mails of the record', calibration.recorded],
    ['reproduced', percent(calibration.share)],
    ...(comparison
      ? ([
          ['mails with the change', comparison.mails.changed],
          ['more', comparison.mails.more],
          ['fewer', comparison.mails.fewer],
          ['earlier', comparison.mails.earlier],
          ['later', comparison.mails.later],
        ] as const)
      : []),
  ]);
}

function calibrationSection({ calibration, darkTimes, leads }: Report): string {
  const { recorded, equal, moved, fewer, more } = calibration;
  return (
    section(
      'The unchanged rules beside the record',
      rowsOf(
        ['mails of the record', 'equal', 'at another time', 'not reproduced', 'others'],
        [[recorded, equal, moved, fewer, more]],
      ) +
        `<p class="quiet">Left out: ${plural(leads.erased, 'erased lead')}, ${plural(leads.canary, 'lead')} of the ` +
        `canary, ${plural(leads.neverAtRest, 'lead')} that ` +
        'the services had in hand all the time.</p>',
    ) +
    section(
      'Dark times',
      rowsOf(
        ['from (UTC)', 'for'],
        darkTimes.map(({ from, to }) => [minute(from), span(Date.parse(to) - Date.parse(from))]),
      ),
    )
  );
}

const comparisonSections = (comparison: Comparison): string[] => [
  effectSection(comparison),
  daySection(comparison),
  stepSection(comparison),
  zoneSection(comparison),
  unknownSection(comparison),
  exampleSection(comparison.examples),
];

const effectSection = ({ leads }: Comparison): string =>
  section(
    'Leads by what they would have got',
    rowsOf(['mails', 'leads'], Object.entries(leads)) +
      '<p class="quiet">other: more of one mail and fewer of another</p>',
  );

function daySection({ days }: Comparison): string {
  const bars = days.map(({ date, unchanged, changed }) => ({
    name: date,
    label: Temporal.PlainDate.from(date).dayOfWeek === 1 ? date.slice(5) : '',
    first: unchanged,
    second: changed,
  }));
  return section(
    'Mails by day (UTC)',
    KEY + wide('Mails by day', pairChart('Mails by day, unchanged and changed', bars)),
  );
}

const stepSection = ({ mails, steps }: Comparison): string =>
  section('Mails by step', moves('step', [['all mails', mails], ...steps.map((one) => [nameOf(one), one] as const)]));

const nameOf = ({ sequence, step, to }: Comparison['steps'][number]): string =>
  `${sequence}/${step} to the ${RECIPIENTS[to]}`;

const moves = (name: string, rows: readonly (readonly [string, Moves])[]): string =>
  rowsOf(
    [name, ...HEAD.slice(1)],
    rows.map(([text, one]) => row(text, one)),
  );

function zoneSection({ zones }: Comparison): string {
  const charts = zones
    .slice(0, ZONES_MAX)
    .map(
      ({ zone, byLocalHour: { unchanged, changed } }) =>
        `<div><h3>${escapeHtml(zone)}</h3>` +
        `${clockPairChart(`Mails by the hour in ${zone}, unchanged and changed`, unchanged, changed)}</div>`,
    );
  return section(
    'Mails to leads by zone, and by the hour of their own clock',
    `${KEY}<div class="zones">${charts.join('')}</div>${moves(
      'zone',
      zones.map((one) => [one.zone, one]),
    )}`,
  );
}

const unknownSection = ({ unknown, assumed, ifAnswersFollow }: Comparison): string =>
  section(
    'What nobody can know',
    rowsOf(
      ['not known'],
      unknownLines({ unknown, assumed }).map((line) => [line]),
    ) +
      '<p class="quiet">People answer at their own time. If they answered as long after a moved mail as they did:</p>' +
      moves('mails', [['all mails', ifAnswersFollow]]),
  );

const exampleSection = (examples: readonly Example[]): string =>
  examples.length === 0
    ? ''
    : section(
        'Leads one by one (UTC)',
        examples
          .map(
            ({ lead, effect, mails }) =>
              `<h3>${escapeHtml(lead)}</h3><p class="quiet">${effect}</p>` +
              rowsOf(
                ['mail', 'step', 'at', 'moved'],
                mails.map(({ change, sequence, step, to, at, movedMs }) => [
                  CHANGES[change],
                  `${sequence}/${step} to the ${RECIPIENTS[to]}`,
                  minute(at),
                  change === 'moved' ? movedText(movedMs) : '',
                ]),
                `Changed mails of ${lead}`,
              ),
          )
          .join(''),
      );
