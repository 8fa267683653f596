/** A page needs a person now, a ticket within a day. */
export type Severity = 'page' | 'ticket' | 'none';

/** The dashboards of `deploy/dashboards`. */
export type DashboardName = 'overview' | 'consumer' | 'runtime' | 'sequences';

export interface Alert {
  severity: Severity;
  expr: string;
  /** Minutes for which the expression has to hold. */
  minutes: number;
  summary: string;
  dashboard: DashboardName;
}
