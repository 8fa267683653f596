import { createServer, type Server as HttpServer } from 'node:http';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Monitoring } from '@leadstream/console/monitoring-schemas';
import { opened, tokenOf, type Opened } from '@leadstream/console/testing/opened';
import { Metrics } from '@leadstream/service/metrics';
import { chromiumArgs, chromiumPath } from '@leadstream/testing/browser';
import { eventually } from '@leadstream/testing/eventually';
import { startNats, type Server } from '@leadstream/testing/servers';
import { mongoDatabase } from '@leadstream/testing/servers-database';
import { chromium } from 'playwright-core';
import { BUILT } from '../../tools/build-all.ts';
import { onPath } from '../../tools/observability/promtool.ts';
import { inEachView, VIEWS } from './console/stage.ts';
import { startPrometheus, type Prometheus } from '../observability/prometheus.ts';

const binary = onPath('prometheus');
const executablePath = chromiumPath();
const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PASSED_AT = '2026-11-29T10:00:00.000Z';

/** The metrics of a watch whose canary has not been stopped by its answer, twice. */
async function watching(): Promise<HttpServer> {
  const metrics = new Metrics('watch');
  const { canaryVerdict, canaryFailures, canaryStageSeconds, canaryLastSuccess } = metrics;
  canaryVerdict.set({ kind: 'answering', result: 'broken', stage: 'stopped', trace_id: TRACE }, 1);
  canaryFailures.set({ kind: 'answering', stage: 'stopped' }, 2);
  canaryLastSuccess.set({ kind: 'answering' }, Date.parse(PASSED_AT) / 1_000);
  canaryStageSeconds.set({ kind: 'answering', stage: 'received', mail: '1' }, 1.5);
  const server = createServer((_request, response) => {
    void metrics.respond().then(({ type, body }) => response.setHeader('content-type', type).end(body));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server;
}

(binary ? describe : describe.skip)('the console beside a Prometheus', () => {
  let nats: Server;
  let server: HttpServer;
  let prometheus: Prometheus;
  let it1: Opened;
  const open = (env: Record<string, string> = {}) =>
    opened({ NATS_URL: nats.url, MONGODB_URI: mongoDatabase('monitoring').uri, ...env });
  const monitoring = async (of = it1) => {
    const answer = await of.ask('GET', '/v1/monitoring', { role: 'view' });
    return { status: answer.statusCode, body: answer.json<Monitoring>() };
  };

  beforeAll(async () => {
    if (!process.env[BUILT])
      await promisify(execFile)(process.execPath, ['tools/build-web.ts', 'apps/console'], { cwd: process.cwd() });
    [nats, server] = await Promise.all([startNats(), watching()]);
    const target = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    prometheus = await startPrometheus({ binary: binary ?? '', targets: [target], secondsPerMinute: 2 });
    it1 = await open({ PROMETHEUS_URL: prometheus.url });
    await it1.service.ready;
  });
  afterAll(async () => {
    await it1.service.stop();
    await prometheus[Symbol.asyncDispose]();
    server.close();
    server.closeAllConnections();
    await nats.stop();
  });

  it('has the alerts that fire, and the canary’s last verdict', async () => {
    await eventually(async () => {
      const { status, body } = await monitoring();
      expect(status).toBe(200);
      expect(body?.alerts.map(({ name }) => name)).not.toContain('Watchdog');
      expect(body?.alerts).toContainEqual({
        name: 'CanaryFails',
        severity: 'page',
        says: expect.stringContaining(TRACE),
        about: expect.arrayContaining(['kind=answering', 'stage=stopped']),
        since: expect.any(String),
        runbook: expect.stringContaining('runbook.md#'),
      });
      expect(body?.canary).toEqual([
        {
          kind: 'answering',
          result: 'broken',
          stage: 'stopped',
          trace: TRACE,
          failures: 2,
          passedAt: PASSED_AT,
          stages: [{ stage: 'received', mail: 1, seconds: 1.5 }],
        },
      ]);
      return true;
    });
  });

  it('says nothing where it knows none, and 503 where that gives no answer', async () => {
    const [none, away] = await Promise.all([open(), open({ PROMETHEUS_URL: 'http://127.0.0.1:9' })]);
    expect(await monitoring(none)).toEqual({ status: 200, body: null });
    expect(await monitoring(away)).toMatchObject({ status: 503, body: { detail: 'Prometheus gives no answer' } });
    await Promise.all([none.service.stop(), away.service.stop()]);
  });

  (executablePath ? it : it.skip)('shows them on the page of health', async () => {
    await using opening = new AsyncDisposableStack();
    const browser = await chromium.launch({ executablePath: executablePath ?? '', args: chromiumArgs() });
    opening.defer(() => browser.close());
    const page = await browser.newPage(VIEWS.wide);
    await page.request.post(`${it1.service.url}/v1/session`, { data: { token: tokenOf('view') } });
    await page.goto(`${it1.service.url}/health`);
    const alerts = page.getByRole('region', { name: 'Alerts' });
    await alerts.getByText('CanaryFails', { exact: true }).waitFor();
    const canary = page.getByRole('region', { name: 'Canary' });
    expect(await canary.textContent()).toMatch(/broken.*Answers the first mail.*at stopped, 2 times in a row/);
    expect(await inEachView(page, 'monitoring')).toEqual([]);
  });
});
