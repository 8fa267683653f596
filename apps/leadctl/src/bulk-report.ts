import { OUTCOMES } from '@leadstream/service/bulk';
import { parse } from 'csv-parse/sync';
import { z } from 'zod';

/** A line of a report. */
const reported = z.object({
  leadId: z.string(),
  outcome: z.enum(OUTCOMES),
  code: z.string().optional(),
  detail: z.string().optional(),
  reason: z.string().optional(),
  event: z.object({ id: z.string(), type: z.string(), version: z.number(), at: z.string() }).optional(),
});
export type Reported = z.infer<typeof reported>;

interface Format {
  /** The first line, with its line feed. */
  head: string;
  line: (outcome: Reported) => string;
  /** Throws for a line that is none of a report. */
  read: (line: string) => Reported;
}

const COLUMNS = ['leadId', 'outcome', 'code', 'detail', 'reason', 'eventId', 'type', 'version', 'at'] as const;
const cell = (value: string | number = ''): string => `"${String(value).replaceAll('"', '""')}"`;

const FORMATS: Record<'ndjson' | 'csv', Format> = {
  ndjson: {
    head: '',
    line: (outcome) => JSON.stringify(outcome),
    read: (line) => reported.parse(JSON.parse(line)),
  },
  csv: {
    head: `${COLUMNS.join(',')}\n`,
    line: ({ event, ...one }) => {
      const cells = { ...one, eventId: event?.id, type: event?.type, version: event?.version, at: event?.at };
      return COLUMNS.map((name) => cell(cells[name])).join(',');
    },
    read: (line) => {
      const [cells = []] = parse(line);
      const said = Object.fromEntries(COLUMNS.flatMap((name, index) => (cells[index] ? [[name, cells[index]]] : [])));
      return reported.parse(said);
    },
  },
};

export const formatOf = (path: string): Format => FORMATS[path.toLowerCase().endsWith('.csv') ? 'csv' : 'ndjson'];

const NAMED = 5;

interface Reason {
  outcome: 'unchanged' | 'refused';
  code: string;
  detail?: string;
  reason: string;
  leads: number;
  /** The first of them. */
  some: string[];
}

/** The outcomes of a run, counted. */
export class Tally {
  readonly counts = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])) as Record<
    (typeof OUTCOMES)[number],
    number
  >;
  readonly #reasons = new Map<string, Reason>();

  get leads(): number {
    return OUTCOMES.reduce((sum, outcome) => sum + this.counts[outcome], 0);
  }

  get reasons(): Reason[] {
    return [...this.#reasons.values()].sort((one, other) => other.leads - one.leads);
  }

  add({ leadId, outcome, code = '', detail, reason = '' }: Reported): void {
    this.counts[outcome]++;
    if (outcome !== 'unchanged' && outcome !== 'refused') return;
    const key = [outcome, code, detail ?? ''].join('/');
    const of = this.#reasons.get(key) ?? { outcome, code, ...(detail ? { detail } : {}), reason, leads: 0, some: [] };
    of.leads++;
    if (of.some.length < NAMED) of.some.push(leadId);
    this.#reasons.set(key, of);
  }

  /** `would`: nothing was changed yet. */
  lines(would: boolean): string[] {
    const { changed, before } = this.counts;
    return [
      `${String(changed).padStart(8)}  ${would ? 'would change' : 'changed'}`,
      ...(before > 0 ? [`${String(before).padStart(8)}  changed before by this run`] : []),
      ...this.reasons.map(
        ({ outcome, reason, leads, some }) =>
          `${String(leads).padStart(8)}  ${outcome === 'refused' ? 'refused' : 'nothing to do'}: ${reason}` +
          (outcome === 'refused' ? ` (${some.join(' ')}${leads > some.length ? ' …' : ''})` : ''),
      ),
    ];
  }
}
