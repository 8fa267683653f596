import type { Scale } from './scale.ts';

/** The part of a window's events that a service level objective judges, as PromQL. */
interface Objective {
  slug: string;
  what: string;
  /** The share of bad events that the objective allows. */
  budget: number;
  all: (range: string) => string;
  bad: (range: string) => string;
}

/** A minute as a bucket's bound; Prometheus 3 writes it as 60.0. */
const MINUTE = 'le=~"60(\\\\.0)?"';
const PROVIDER_FAULTS = 'rate-limited|server-error|unreachable|account|timeout|gateway|connection-lost';
const increase = (selector: string) => (range: string) => `sum(increase(${selector}[${range}]))`;

const POSTS = 'route="/v1/leads"';
const lag = (part: string, label = '') => increase(`leadstream_scheduler_lag_seconds_${part}{kind="step"${label}}`);

export const OBJECTIVES: readonly Objective[] = [
  {
    slug: 'leads',
    what: '99.9 % of posts to `/v1/leads` are answered without a 5xx',
    budget: 0.001,
    all: increase(`leadstream_http_requests_total{${POSTS}}`),
    bad: increase(`leadstream_http_requests_total{${POSTS},code=~"5.."}`),
  },
  {
    slug: 'steps',
    what: '99 % of planned steps are due in the log within 60 s of their time',
    budget: 0.01,
    all: lag('count'),
    bad: (range) => `${lag('count')(range)} - ${lag('bucket', `,${MINUTE}`)(range)}`,
  },
  {
    slug: 'calls',
    what:
      '99 % of calls to the mail provider and the gateway of texts are answered, and not because of a limit or the ' +
      'account',
    budget: 0.01,
    all: increase('leadstream_esp_requests_total'),
    bad: increase(`leadstream_esp_requests_total{class=~"${PROVIDER_FAULTS}"}`),
  },
];

const HOUR = 60;
/** Minutes of each window, by its name in the recorded series. */
const WINDOWS = { '5m': 5, '30m': 30, '1h': HOUR, '6h': 6 * HOUR, '3d': 72 * HOUR } as const;
export type Window = keyof typeof WINDOWS;

export interface RecordingRule {
  record: string;
  labels: { slo: string };
  expr: string;
}

/** Per objective and window the number of bad events, and the burn rate: 1 uses the budget up exactly. */
export const recordings = ({ range }: Scale): RecordingRule[] =>
  OBJECTIVES.flatMap(({ slug: slo, budget, all, bad }) =>
    Object.entries(WINDOWS).flatMap(([name, minutes]) => [
      { record: `leadstream:slo_bad:increase${name}`, labels: { slo }, expr: bad(range(minutes)) },
      {
        record: `leadstream:slo_burn:ratio${name}`,
        labels: { slo },
        expr: `(${bad(range(minutes))}) / ${all(range(minutes))} / ${budget}`,
      },
    ]),
  );

/** Fewer bad events are chance, whatever the rate. */
const BAD_MIN = 5;

/** The budget burns at `rate` in both windows; the short one ends the alert soon after the cause. */
export const burns = (rate: number, long: Window, short: Window): string =>
  `leadstream:slo_burn:ratio${long} > ${rate} and leadstream:slo_burn:ratio${short} > ${rate}` +
  ` and leadstream:slo_bad:increase${long} >= ${BAD_MIN}`;
