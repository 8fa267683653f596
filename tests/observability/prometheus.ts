import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { end, spawnWatched } from '@leadstream/testing/child';
import { eventually } from '@leadstream/testing/eventually';
import { freePort } from '@leadstream/testing/servers';
import { stringify } from 'yaml';
import { z } from 'zod';
import { rulesFile } from '../../tools/observability/rules.ts';
import { scaleOf } from '../../tools/observability/scale.ts';

const SCRAPE_EVERY_S = 2;

const response = z.object({
  data: z.object({
    result: z.array(z.object({ metric: z.record(z.string(), z.string()), value: z.tuple([z.number(), z.string()]) })),
  }),
});

/** A series and its value now. */
export interface Sample {
  labels: Record<string, string>;
  value: number;
}

export interface Prometheus extends AsyncDisposable {
  url: string;
  query(expr: string): Promise<Sample[]>;
}

interface Options {
  binary: string;
  targets: readonly string[];
  /** The length of the rules' minute. */
  secondsPerMinute: number;
}

/** Starts an empty Prometheus that scrapes the targets and evaluates the shortened rules. */
export async function startPrometheus({ binary, targets, secondsPerMinute }: Options): Promise<Prometheus> {
  const dir = await mkdtemp(join(tmpdir(), 'leadstream-prometheus-'));
  const port = await freePort();
  await writeFile(join(dir, 'rules.yaml'), rulesFile(scaleOf(secondsPerMinute)));
  const every = `${SCRAPE_EVERY_S}s`;
  const config = {
    global: { scrape_interval: every, scrape_timeout: every, evaluation_interval: every },
    rule_files: [join(dir, 'rules.yaml')],
    scrape_configs: [{ job_name: 'leadstream', static_configs: [{ targets: [...targets] }] }],
  };
  await writeFile(join(dir, 'prometheus.yaml'), stringify(config));
  const child = spawnWatched(
    [
      binary,
      `--config.file=${join(dir, 'prometheus.yaml')}`,
      `--storage.tsdb.path=${join(dir, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    join(dir, 'log'),
  );
  const query = async (expr: string): Promise<Sample[]> => {
    const body = new URLSearchParams({ query: expr });
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/query`, { method: 'POST', body });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`Prometheus: ${expr}: ${text}`);
    return response
      .parse(JSON.parse(text))
      .data.result.map(({ metric, value: [, value] }) => ({ labels: metric, value: Number(value) }));
  };
  await eventually(() => query('vector(1)').catch(() => undefined));
  return {
    url: `http://127.0.0.1:${port}`,
    query,
    [Symbol.asyncDispose]: async () => {
      await end(child, 'SIGTERM');
      await rm(dir, { recursive: true, force: true });
    },
  };
}
