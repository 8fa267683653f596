import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Recorded } from '@leadstream/contracts/events';
import { Broker, silentLog } from '@leadstream/eventlog/broker';
import { provision } from '@leadstream/eventlog/provision';
import { startNats } from '@leadstream/testing/servers';
import { logOfRuns, publishLives } from '../bench/histories.ts';
import { checkBucket, startS3 } from './bucket.ts';
import { checkPortions } from './portions.ts';
import { answerOf } from '../e2e/analytics/planted.ts';

/**
 * Runs the questions of docs/analytics.md on an export of made-up leads: each by `leadctl sql`, by DuckDB in Python and
 * by pandas or Polars, with the same answer; and the notebook. PYTHON names a Python with the packages of
 * requirements.txt.
 */
const LEADS = 200;
const HOUR_MS = 3_600_000;
const TAGS = ['source:whitepaper', 'source:webinar', 'source:demo_request'];
const ZONES = ['Europe/Berlin', 'America/New_York', 'Asia/Tokyo'];

/** Leads of several sources, zones and hours. */
function varied(event: Recorded): Recorded {
  const lead = Number(event.leadId.replace('lead-', ''));
  const at = Temporal.Instant.from(event.at)
    .add({ milliseconds: (lead % 60) * HOUR_MS })
    .toString();
  if (event.type !== 'lead.triaged') return { ...event, at };
  const tag = TAGS[lead % TAGS.length] ?? '';
  const zone = { ...event.data.zone, id: ZONES[lead % ZONES.length] ?? '' };
  return { ...event, at, data: { ...event.data, zone, tags: [tag], route: { ...event.data.route, tag } } };
}

const python = process.env['PYTHON'] ?? 'python3';
const packages = spawnSync(python, ['-c', 'import duckdb, nbclient, pandas, polars, pyarrow'], { encoding: 'utf8' });
if (packages.status !== 0) {
  const lacks = packages.error?.message ?? packages.stderr.trim().split('\n').at(-1);
  console.error(`${python}: ${lacks}\nPYTHON names a Python with the packages of tests/analytics/requirements.txt`);
  process.exit(1);
}
const runs = logOfRuns(LEADS).map(varied);
const answers = Array.from({ length: LEADS / 5 }, (_, at) => answerOf(runs, `lead-${at * 4}`, at, at % 3 > 0));
const dir = mkdtempSync(join(tmpdir(), 'leadstream-analytics-'));
const nats = await startNats();
try {
  const broker = Broker.open({ servers: nats.url, name: 'analytics' }, silentLog);
  await broker.ready();
  await provision(broker, { replicas: 1, streams: ['LEADS'] });
  await publishLives(broker.connection(), [...runs, ...answers.map(varied)]);
  await broker.close();
  const leadctl = ['--conditions=@leadstream/source', 'apps/leadctl/src/main.ts'];
  const env = { ...process.env, NATS_URL: nats.url };
  execFileSync(process.execPath, [...leadctl, 'export', join(dir, 'out')], { env, stdio: 'inherit' });
  await using s3 = new AsyncDisposableStack();
  const bucket = await startS3(s3);
  await checkBucket(join(dir, 'out'), bucket, (url) =>
    execFileSync(process.execPath, [...leadctl, 'export', join(dir, 'out'), '--to', url], {
      env: { ...env, ...bucket },
      stdio: 'inherit',
    }),
  );
  const { status, error } = spawnSync(
    python,
    ['tests/analytics/questions.py', join(dir, 'out'), process.execPath, ...leadctl],
    {
      env,
      stdio: 'inherit',
    },
  );
  if (error) throw error;
  process.exitCode = status ?? 1;
  await checkPortions(join(dir, 'out'), dir);
} finally {
  await nats.stop();
  rmSync(dir, { recursive: true, force: true });
}
