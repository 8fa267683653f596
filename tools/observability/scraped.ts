import { COUNTING } from '@leadstream/service/exposition';

/** Series as Prometheus has scraped them, and the alert's labels after some minutes of them. */
export interface Case {
  when: string;
  /** Minutes between two scrapes; also between two evaluations, if it is one or more. */
  every: number;
  /** By the series' name and labels, promtool's notation: `0+1x9` begins at 0 and adds 1 nine times. */
  series: Record<string, string>;
  minutes: number;
  /** Of each alert that fires; none: it is silent. */
  fires: Record<string, string>[];
}

/** Minutes between two scrapes in a case of so many minutes: promtool evaluates every rule each time. */
const everyOf = (minutes: number): number => (minutes < 100 ? 1 : minutes < 1_000 ? 10 : 60);

export const fires = (
  when: string,
  minutes: number,
  series: Record<string, string>,
  ...labels: Record<string, string>[]
) => ({
  when,
  every: everyOf(minutes),
  series,
  minutes,
  fires: labels.length > 0 ? labels : [{}],
});
export const silent = (when: string, minutes: number, series: Record<string, string>) => ({
  when,
  every: everyOf(minutes),
  series,
  minutes,
  fires: [],
});

export const APPS = COUNTING;
export const builds = (values: Record<string, string> = {}) =>
  Object.fromEntries(APPS.map((app) => [`leadstream_build_info{app="${app}",pod="1"}`, values[app] ?? '1x30']));
export const started = (values: string) => ({ 'process_start_time_seconds{app="sender"}': values });
export const watchUp = (values: Record<string, string>, pod = '1') =>
  Object.fromEntries(
    Object.entries(values).map(([dependency, up]) => [
      `leadstream_watch_up{dependency="${dependency}",pod="${pod}"}`,
      up,
    ]),
  );
export const oldest = (consumer: string, values: string, pod = '1') => ({
  [`leadstream_consumer_oldest_seconds{stream="LEADS",consumer="${consumer}",pod="${pod}"}`]: values,
});
export const due = (values: string, kind = 'step') => ({
  [`leadstream_scheduler_oldest_due_seconds{kind="${kind}"}`]: values,
});
export const paused = (by: string, values: string, pod = '1', provider = 'sendgrid') => ({
  [`leadstream_esp_account_paused{provider="${provider}",by="${by}",pod="${pod}"}`]: values,
});
export const webhooks = (result: string, values: string, kind = 'events', provider = 'sendgrid') => ({
  [`leadstream_webhooks_total{provider="${provider}",kind="${kind}",result="${result}"}`]: values,
});
export const taken = (values: string, provider = 'sendgrid') => ({
  [`leadstream_esp_requests_total{provider="${provider}",class="accepted",app="sender"}`]: values,
});
export const channelWaits = (values: string, pod = '1') => ({
  [`leadstream_channel_waits_total{channel="sms",pod="${pod}"}`]: values,
});
export const chatPosts = (outcome: string, values: string) => ({
  [`leadstream_chat_posts_total{chat="slack",class="${outcome}",pod="1"}`]: values,
});
export const newer = (values: string, pod = '1') => ({
  [`leadstream_newer_deliveries_total{consumer="triage",pod="${pod}"}`]: values,
});
export const breaker = (values: string, pod = '1', provider = 'sendgrid') => ({
  [`leadstream_esp_breaker_state{provider="${provider}",pod="${pod}"}`]: values,
});
export const sources = (values: string, pod = '1') => ({
  [`leadstream_esp_sources_paused{provider="sendgrid",pod="${pod}"}`]: values,
});
export const stopped = (count: string, inTime: string, event = 'replied') => ({
  'leadstream_feedback_seconds_count{event="unsubscribed"}': '0x10',
  'leadstream_feedback_seconds_bucket{event="unsubscribed",le="60"}': '0x10',
  [`leadstream_feedback_seconds_count{event="${event}"}`]: count,
  [`leadstream_feedback_seconds_bucket{event="${event}",le="60"}`]: inTime,
  [`leadstream_feedback_seconds_bucket{event="${event}",le="+Inf"}`]: count,
});
export const quarantined = (values: string) => ({
  'leadstream_quarantined_total{consumer="triage",type="lead.created"}': values,
});
export const posts = (accepted: string, refused: string) => ({
  'leadstream_http_requests_total{route="/v1/leads",code="202"}': accepted,
  'leadstream_http_requests_total{route="/v1/leads",code="503"}': refused,
});
export const calls = (accepted: string, failed: string) => ({
  'leadstream_esp_requests_total{class="accepted"}': accepted,
  'leadstream_esp_requests_total{class="server-error"}': failed,
});
export const steps = (count: string, inTime: string, le = '60') => ({
  'leadstream_scheduler_lag_seconds_count{kind="step"}': count,
  [`leadstream_scheduler_lag_seconds_bucket{kind="step",le="${le}"}`]: inTime,
  'leadstream_scheduler_lag_seconds_bucket{kind="step",le="+Inf"}': count,
  'leadstream_scheduler_lag_seconds_count{kind="watchdog"}': '0+900x70',
  'leadstream_scheduler_lag_seconds_bucket{kind="watchdog",le="60"}': '0+900x70',
});
export const canaryFailed = (values: string, stage: string, pod = '1') => ({
  [`leadstream_canary_failures_in_a_row{kind="answering",stage="${stage}",pod="${pod}"}`]: values,
  [`leadstream_canary_verdict{kind="answering",result="broken",stage="${stage}",trace_id="abc",pod="${pod}"}`]: '1x10',
});
export const SENDGRID = { provider: 'sendgrid' };

/** A watch asks twice: its replicas say the same. */
export const twice = (of: (pod: string) => Record<string, string>) => ({ ...of('1'), ...of('2') });
