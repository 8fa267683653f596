import { SCRAPE_MS, WATCH_MS, type Found, type Part } from './insight.ts';
import type { Mean } from './rounds.ts';

export interface InsightReport {
  cores: number;
  load: { before: number; after: number };
  leads: number;
  pairs: number;
  found: Partial<Record<Part, Found>>;
}

/** What six processes on two cores process; what is asked by the clock is reckoned to a lead at this rate. */
const LEADS_PER_SECOND = 200;

const sum = (terms: readonly Mean[]): Mean => ({
  value: terms.reduce((all, { value }) => all + value, 0),
  error: Math.hypot(...terms.map(({ error }) => error)),
});
const times = ({ value, error }: Mean, factor: number): Mean => ({ value: value * factor, error: error * factor });

/**
 * CPU ms that each part adds to a lead. Traces and scrapes send the servers nothing, whose difference is chance. The
 * watch was told to ask more often, so its own CPU is of the part with traces.
 */
export function addedToLead({ traces, scrapes, watch }: InsightReport['found']): Record<string, Mean> {
  const aSecond = (everyMs: number) => 1_000 / everyMs / LEADS_PER_SECOND;
  return {
    ...(traces ? { traces: traces.services } : {}),
    ...(scrapes ? { scrapes: times(scrapes.services, aSecond(SCRAPE_MS.deployed)) } : {}),
    ...(traces ? { 'the watch': { value: traces.watchMs / LEADS_PER_SECOND, error: 0 } } : {}),
    ...(watch ? { 'its questions, of the servers': times(watch.servers, aSecond(WATCH_MS.deployed)) } : {}),
  };
}

const shown = ({ value, error }: Mean, digits = 3): string => `${value.toFixed(digits)} ± ${error.toFixed(digits)}`;
const UNITS: Record<Part, string> = {
  none: 'a lead',
  traces: 'a lead',
  scrapes: 'a scrape of each process',
  watch: 'a round of questions',
};

/** As people read it; after each ± is one standard error. */
export function insightTable({ cores, load, leads, pairs, found }: InsightReport): string {
  const parts = Object.entries(found).map(
    ([part, { added, services, by, spans, requests }]) =>
      `${part}: ${shown(added)} ms ${UNITS[part as Part]}, of the services ${shown(services)} (${Object.entries(by)
        .map(([name, one]) => `${name} ${shown(one)}`)
        .join(', ')}); spans a lead ${spans.map((one) => one.toFixed(1)).join(' beside ')}, ` +
      `requests ${requests.map((one) => one.toFixed(3)).join(' beside ')}`,
  );
  const terms = Object.entries(addedToLead(found));
  const base = found.traces?.leadMs;
  const share = base === undefined ? undefined : times(sum(terms.map(([, one]) => one)), 100 / base);
  return [
    `${cores} cores, load ${load.before.toFixed(1)} before, ${load.after.toFixed(1)} after; ` +
      `${pairs} pairs of ${leads} leads`,
    ...parts,
    ...(share && base !== undefined
      ? [
          `a lead without them: ${base.toFixed(2)} ms; at ${LEADS_PER_SECOND} leads a second it gets ` +
            terms.map(([name, one]) => `${shown(one)} by ${name}`).join(', '),
          `together ${shown(share, 1)} %`,
        ]
      : []),
    '',
  ].join('\n');
}
