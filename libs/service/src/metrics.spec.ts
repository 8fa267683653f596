import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { catalogue } from '@leadstream/contracts/events';
import { pino } from 'pino';
import { COUNTING, forget } from './exposition.ts';
import { Metrics } from './metrics.ts';
import { Transitions } from './transitions.ts';

const ours = (text: string): string[] => [...text.matchAll(/^# TYPE leadstream_(\w+) /gm)].map(([, name = '']) => name);

describe('the metrics of a service', () => {
  it('are those that it counts itself', async () => {
    const triage = ours(await new Metrics('triage').exposition());
    expect(triage).toContain('submissions_total');
    expect(triage).not.toContain('overdue_leads');
    expect(triage).not.toContain('scheduler_lag_seconds');
    expect(ours(await new Metrics('watch').exposition())).not.toContain('submissions_total');
  });

  it('of the sender of texts are those of the sender of mails', async () => {
    const [mails, texts] = await Promise.all(['sender', 'sms'].map((name) => new Metrics(name).exposition()));
    // Notices to a rep's chat are the mails' sender's.
    const others = ours(mails ?? '').filter((name) => !name.startsWith('chat_'));
    expect(ours(texts ?? '').sort()).toEqual(others.sort());
    expect(ours(texts ?? '')).toContain('channel_waits_total');
    const metrics = new Metrics('sms');
    void new Transitions(pino({ level: 'silent' }), metrics);
    expect(await metrics.exposition()).toContain('leadstream_events_total{event="sent",app="sms"} 0');
  });

  it('have the events of every service that writes one, each from zero', async () => {
    const written = Object.values(catalogue).flatMap(({ token, by }) =>
      COUNTING.filter((service) => by.split(/\W+/).includes(service)).map((service) => ({ token, service })),
    );
    for (const { token, service } of written) {
      const metrics = new Metrics(service);
      void new Transitions(pino({ level: 'silent' }), metrics);
      expect(await metrics.exposition()).toContain(`leadstream_events_total{event="${token}",app="${service}"} 0`);
    }
    expect(written.length).toBeGreaterThan(20);
  });

  it('begin with a zero for each known value of a label, and without a value of a gauge', async () => {
    const text = await new Metrics('sender').exposition();
    expect(text).toContain('leadstream_esp_requests_total{provider="sendgrid",class="rate-limited",app="sender"} 0');
    expect(text).not.toMatch(/^leadstream_esp_breaker_state[{ ]/m);
    expect(await new Metrics('scheduler').exposition()).toContain(
      'leadstream_scheduler_lag_seconds_count{kind="step",app="scheduler"} 0',
    );
  });

  it('of several services in one process are in one response, apart', async () => {
    const first = new Metrics('ingest');
    const second = new Metrics('inbound', first);
    first.publishFailures.inc();
    second.publishFailures.inc(2);
    const text = await first.exposition();
    expect(text).toContain('leadstream_publish_failures_total{app="ingest"} 1');
    expect(text).toContain('leadstream_publish_failures_total{app="inbound"} 2');
    expect(text.match(/^# TYPE leadstream_publish_failures_total /gm)).toHaveLength(1);
  });

  it('are in OpenMetrics for a scraper that accepts it', async () => {
    const { type, body } = await new Metrics('ingest').respond('application/openmetrics-text;version=1.0.0,*/*;q=0.1');
    expect(type).toMatch(/^application\/openmetrics-text/);
    expect(body).toContain(
      '# TYPE leadstream_publish_failures counter\nleadstream_publish_failures_total{app="ingest"} 0',
    );
    expect(body.endsWith('# EOF\n')).toBe(true);
  });

  it('show the trace of an observation as its exemplar, also above the last bucket', async () => {
    const metrics = new Metrics('sender');
    for (const value of [0.2, 99])
      metrics.espSeconds.observe({
        labels: { provider: 'sendgrid' },
        value,
        exemplarLabels: { trace_id: `of${value}` },
      });
    const { body } = await metrics.respond('application/openmetrics-text');
    expect(body).toMatch(/^leadstream_esp_request_seconds_bucket\{le="0.25",.*\} 1 # \{trace_id="of0.2"\} 0.2 /m);
    expect(body).toMatch(/^leadstream_esp_request_seconds_bucket\{le="\+Inf",.*\} 2 # \{trace_id="of99"\} 99 /m);
    expect(await metrics.exposition()).not.toContain('trace_id');
  });

  it('leave out a gauge whose value is unknown', async () => {
    const metrics = new Metrics('watch');
    metrics.projectionLag.set(7);
    metrics.leads.set({ status: 'active' }, 1);
    expect(await metrics.exposition()).toContain('leadstream_projection_lag_events{app="watch"} 7');
    forget(metrics.projectionLag);
    forget(metrics.leads);
    expect(await metrics.exposition()).not.toMatch(/^leadstream_(projection_lag_events|leads)[{ ]/m);
  });

  it('have the time of a turn of the event loop since the last scrape, and no timer of their own', async () => {
    const metrics = new Metrics('triage');
    const lag = async () =>
      Number(/^nodejs_eventloop_lag_p99_seconds{.*} (.*)$/m.exec(await metrics.exposition())?.[1]);
    await delay(1);
    for (const startedMs = performance.now(); performance.now() - startedMs < 50;) void 0;
    await delay(1);
    expect(await lag()).toBeGreaterThanOrEqual(0.049);
    await delay(1);
    expect(await metrics.exposition()).not.toMatch(/^nodejs_eventloop_lag_(?!p99)/m);
  });
});
