import type { Alert } from './alert.ts';
import type { Scale } from './scale.ts';

const STOPS = 'event=~"replied|unsubscribed|complained"';
/** A minute as a bucket's bound; Prometheus 3 writes it as 60.0. */
const MINUTE = 'le=~"60(\\\\.0)?"';

/** A person's words have to hold back the next mail; they come in as webhooks. */
export const stops = ({ range }: Scale) =>
  ({
    StopSlow: {
      severity: 'page',
      // While NATS is away no mail is claimed either. The late ones are counted before their increase: Prometheus
      // extrapolates two counters differently when one of them is 0, and stops in time would look late. At each scrape,
      // because a new process has its 0 for a moment only.
      expr:
        `sum(increase((leadstream_feedback_seconds_count{${STOPS}} - ignoring(le)` +
        ` leadstream_feedback_seconds_bucket{${STOPS},${MINUTE}})[${range(15)}:${range(0.25)}])) > 0` +
        ` unless on() max(min_over_time(leadstream_watch_up{dependency="nats"}[${range(15)}])) == 0`,
      minutes: 0,
      summary: 'An answer, an unsubscription or a complaint was in the log more than 60 s after it had come in',
      dashboard: 'overview',
    },
    WebhooksRefused: {
      severity: 'page',
      expr:
        'sum by (provider, kind) (increase(leadstream_webhooks_total' +
        `{result=~"bad-signature|wrong-secret"}[${range(15)}])) > 10 unless on(provider, kind)` +
        ` sum by (provider, kind) (increase(leadstream_webhooks_total{result="stored"}[${range(15)}])) > 0`,
      minutes: 0,
      summary: 'Every webhook of {{ $labels.provider }} ({{ $labels.kind }}) is refused: a key or secret has changed',
      dashboard: 'overview',
    },
    WebhooksSilent: {
      severity: 'page',
      // A plain mail server posts no event. A provider whose posts are refused has WebhooksRefused, by the same count.
      expr:
        'sum by (provider) (increase(leadstream_esp_requests_total' +
        `{class="accepted",provider!="smtp"}[${range(30)}])) > 20 and` +
        ` sum by (provider) (increase(leadstream_webhooks_total{kind="events",result="stored"}[${range(30)}])) == 0` +
        ' unless sum by (provider) (increase(leadstream_webhooks_total' +
        `{kind="events",result=~"bad-signature|wrong-secret"}[${range(15)}])) > 10`,
      minutes: 10,
      summary: '{{ $labels.provider }} takes messages, and reports nothing about them',
      dashboard: 'overview',
    },
  }) satisfies Record<string, Alert>;

/** Things that wait until an operator settles them. */
export const attention = ({ range, seconds }: Scale) =>
  ({
    LeadsStuck: {
      severity: 'ticket',
      // A projector that is behind makes hunts conflict, and has its own alert.
      expr:
        'max(leadstream_stuck_leads) > 0 unless on()' +
        ` max(leadstream_consumer_oldest_seconds{consumer=~"projector-.*"}) > ${seconds(1)}`,
      minutes: 10,
      summary: '{{ $value }} due leads cannot go on as things are',
      dashboard: 'overview',
    },
    LeadsParked: {
      severity: 'ticket',
      expr: 'max(leadstream_leads{status="parked"}) > 0',
      minutes: 240,
      summary: '{{ $value }} leads wait for a person',
      dashboard: 'sequences',
    },
    SendsUnknown: {
      severity: 'ticket',
      expr: 'max(leadstream_sends_unknown) > 0',
      minutes: 240,
      summary: 'Of {{ $value }} leads it is unknown whether a mail was sent',
      dashboard: 'overview',
    },
    Quarantined: {
      severity: 'ticket',
      expr: `sum by (consumer) (increase(leadstream_quarantined_total[${range(60)}])) > 0`,
      minutes: 0,
      summary: '{{ $labels.consumer }} gave up on a message',
      dashboard: 'consumer',
    },
    QuarantineGrows: {
      severity: 'page',
      expr: `sum by (consumer) (increase(leadstream_quarantined_total[${range(10)}])) > 20`,
      minutes: 0,
      summary: '{{ $labels.consumer }} gives up on one message after another',
      dashboard: 'consumer',
    },
  }) satisfies Record<string, Alert>;

const TRACE =
  '{{ with printf "leadstream_canary_verdict{kind=%q,result!=\'passed\'}" $labels.kind | query }}' +
  '{{ . | first | label "trace_id" }}{{ end }}';

/** The canary, where there is one: without it no series. */
export const canary = ({ range, seconds }: Scale) =>
  ({
    CanaryFails: {
      severity: 'page',
      // One failure is weather: a server that was replaced at that moment.
      expr: 'max by (kind, stage) (leadstream_canary_failures_in_a_row) > 1',
      minutes: 0,
      summary:
        'The {{ $labels.kind }} canary failed {{ $value }} times in a row, now at {{ $labels.stage }}; trace ' +
        `${TRACE}`,
      dashboard: 'overview',
    },
    CanaryBlind: {
      severity: 'ticket',
      // NATS and MongoDB have their own alert.
      expr: 'max(leadstream_canary_up) == 0 unless on() min(max by (dependency) (leadstream_watch_up)) == 0',
      minutes: 15,
      summary: 'The canary cannot read its rounds: nobody would notice that no mail goes out',
      dashboard: 'overview',
    },
    CanaryMissing: {
      severity: 'page',
      // It was there within a day, and has judged nothing in time and failed at nothing for three hours.
      expr:
        `(time() - max(max_over_time(leadstream_canary_last_success_timestamp_seconds[${range(1_440)}]))) > ` +
        `${seconds(180)} unless on() max(leadstream_canary_failures_in_a_row) > 0`,
      minutes: 15,
      summary: 'The last round of the canary that was in time ended {{ $value | humanizeDuration }} ago',
      dashboard: 'overview',
    },
  }) satisfies Record<string, Alert>;
