import { escapeHtml } from '@leadstream/sequences/render-markdown';
import { clockChart, dayChart, hourChart } from './charts.ts';
import { figureList, page, rowsOf, section, wide } from './page-parts.ts';
import type { Report } from './report.ts';
import { enrichmentLines, minute, plural, span } from './table.ts';

const RECIPIENTS = { lead: 'lead', staff: 'rep' } as const;
const ZONES_MAX = 12;
const HOURS = 24;

/** The report as one page that loads nothing and runs no script. */
export const simulationPage = (dir: string, report: Report): string =>
  page(
    `Simulation of ${dir}`,
    `${minute(report.from)} to ${minute(report.until)} UTC, seed ${report.seed}. Nothing was sent.`,
    [
      figures(report),
      timeSections(report),
      zoneSection(report),
      stepSections(report),
      otherSections(report),
      leadSections(report),
    ],
  );

function figures({ leads, mails, pileUps, quota, happened }: Report): string {
  const shown: [string, string | number][] = [
    ['leads', leads.arrived],
    ['rows refused', leads.refused],
    ['mails to leads', mails.toLeads],
    ['mails to reps', mails.toReps],
    ['answers', happened['replies'] ?? 0],
    ['busiest hour', plural(pileUps[0]?.mails ?? 0, 'mail')],
    ['under way at most', leads.underWayMax],
    ['waited for the quota', quota.waited],
  ];
  return figureList(shown);
}

interface Day {
  date: Temporal.PlainDate;
  toLeads: number;
  toReps: number;
  hours: number[];
}

function daysOf({ from, until, hours }: Report): Day[] {
  const days = new Map<string, Day>();
  const last = Temporal.PlainDate.from(until.slice(0, 10));
  for (let date = Temporal.PlainDate.from(from.slice(0, 10)); Temporal.PlainDate.compare(date, last) <= 0;) {
    days.set(date.toString(), { date, toLeads: 0, toReps: 0, hours: Array<number>(HOURS).fill(0) });
    date = date.add({ days: 1 });
  }
  for (const { at, toLeads, toReps } of hours) {
    const day = days.get(at.slice(0, 10));
    if (!day) continue;
    day.toLeads += toLeads;
    day.toReps += toReps;
    day.hours[Number(at.slice(11, 13))] = toLeads + toReps;
  }
  return [...days.values()];
}

function timeSections(report: Report): string {
  const days = daysOf(report).map((day) => ({
    ...day,
    name: `${day.date.toLocaleString('en', { weekday: 'short' })} ${day.date.toString()}`,
    // Mondays only, so that the labels of weeks do not overlap.
    label: day.date.dayOfWeek === 1 ? day.date.toString().slice(5) : '',
    isWeekend: day.date.dayOfWeek > 5,
  }));
  const table = rowsOf(
    ['busiest hour (UTC)', 'mails', 'had waited for business hours', 'in the usual hour'],
    report.pileUps.map(({ at, mails, held, usual }) => [minute(at), mails, held, usual]),
  );
  return (
    section(
      'Mails by day (UTC)',
      '<p class="key"><span class="of-leads">to leads</span><span class="of-reps">to reps</span>' +
        `<span>weekend</span></p>${wide('Mails by day', dayChart('Mails by day, to leads and to reps', days))}`,
    ) + section('Mails by hour (UTC)', wide('Mails by hour', hourChart('Mails by day and hour', days)) + table)
  );
}

function zoneSection({ zones, clockChanges }: Report): string {
  const charts = zones
    .slice(0, ZONES_MAX)
    .map(
      ({ zone, leads, mails, byLocalHour }) =>
        `<div><h3>${escapeHtml(zone)}</h3><p class="quiet">${plural(leads, 'lead')}, ${plural(mails, 'mail')}</p>` +
        `${clockChart(`Mails by the hour in ${zone}`, byLocalHour)}</div>`,
    );
  const more = zones.length > ZONES_MAX ? `<p class="quiet">and ${zones.length - ZONES_MAX} zones more</p>` : '';
  const changes = rowsOf(
    ['zone', 'its clock changes at (UTC)', 'from', 'to', 'mails on that day'],
    clockChanges.map(({ zone, at, from, to, mails }) => [zone, minute(at), from, to, mails]),
  );
  return (
    section('Mails to leads by the hour of their own clock', `<div class="zones">${charts.join('')}</div>${more}`) +
    (clockChanges.length > 0 ? section('Clock changes', changes) : '')
  );
}

function stepSections({ steps }: Report): string {
  const rows = steps.map(({ sequence, step, to, mails, runs }) => [
    `${sequence}/${step}`,
    RECIPIENTS[to],
    mails > 0 ? mails : runs === 0 ? 'none: no run of the sequence begins' : 'none in this time',
    runs,
  ]);
  return section('Steps', rowsOf(['step', 'to the', 'mails', 'runs of the sequence'], rows));
}

function otherSections(report: Report): string {
  const { held, ended, quota, leads, happened, tags } = report;
  const { perDay, perHour, waited, medianMs, p95Ms, maxMs, lineMax } = quota;
  const limits = [...(perDay === null ? [] : [`${perDay} a day`]), ...(perHour === null ? [] : [`${perHour} an hour`])];
  return [
    limits.length === 0
      ? ''
      : section(
          'Quota',
          rowsOf(
            ['quota (UTC)', 'mails that waited', 'half up to', '19 of 20 up to', 'longest', 'in line at most'],
            [[limits.join(', '), waited, span(medianMs), span(p95Ms), span(maxMs), lineMax]],
          ),
        ),
    section(
      'Held back by guards',
      rowsOf(
        ['step', 'guard', 'leads', 'times'],
        held.map(({ sequence, step, guard, leads: count, times }) => [`${sequence}/${step}`, guard, count, times]),
      ),
    ),
    section(
      'Runs that ended early',
      rowsOf(
        ['sequence', 'why', 'runs'],
        ended.map(({ sequence, why, runs }) => [sequence, why, runs]),
      ),
    ),
    section('Tags by rules', rowsOf(['tag', 'leads'], Object.entries(tags))),
    section(
      'Enrichment',
      rowsOf(
        ['enricher, and what it found'],
        enrichmentLines(report).map((line) => [line]),
      ),
    ),
    section('What people did', rowsOf(['act', 'times'], Object.entries(happened))),
    section('Leads at the end', rowsOf(['status', 'leads'], Object.entries(leads.statuses))),
    section(
      'Where leads came from',
      rowsOf(
        ['source', 'sequence', 'leads'],
        leads.sources.map(({ source, sequence, leads: count }) => [source, sequence, count]),
      ),
    ),
  ].join('');
}

const leadSections = ({ examples }: Report): string =>
  examples.length === 0
    ? ''
    : section(
        'Leads one by one, in their own time',
        examples
          .map(
            ({ lead, source, zone, status, mails }) =>
              `<h3>Lead ${lead}</h3><p class="quiet">${escapeHtml(`${source}, ${zone ?? 'no zone'}, ${status}`)}</p>` +
              rowsOf(
                ['at', 'step', 'to the', 'subject'],
                mails.map(({ at, sequence, step, to, subject }) => [
                  minute(at),
                  `${sequence}/${step}`,
                  RECIPIENTS[to],
                  subject,
                ]),
                `Mails of lead ${lead}`,
              ),
          )
          .join(''),
      );
