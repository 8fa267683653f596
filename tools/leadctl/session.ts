import { readFileSync } from 'node:fs';
import type { Broker } from '@leadstream/eventlog/broker';
import { EventLog } from '@leadstream/eventlog/log';
import { leadFold } from '@leadstream/lead/evolve';
import type { LeadState } from '@leadstream/lead/state';
import { LeadQueries } from '@leadstream/projection/queries';
import { environment, leadIdSecret, loadConfig, mongo, nats } from '@leadstream/service/config';
import { dialBroker, openDb } from '@leadstream/service/dependencies';
import { z } from 'zod';

const CONNECT_MS = 5_000;
const LOCAL_ENV = `${environment()['LEADSTREAM_DIR'] ?? '.leadstream'}/env`;

/** What is set; else what the laptop's `npm start` wrote down. */
const settings = () => {
  const env = environment();
  if (env['NATS_URL']) return env;
  try {
    const local = Object.fromEntries(readFileSync(LOCAL_ENV, 'utf8').split('\n').filter(Boolean).map((row) => [row.slice(0, row.indexOf('=')), row.slice(row.indexOf('=') + 1)]));
    return { ...local, ...env };
  } catch {
    return env;
  }
};

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** The broker, while `work` runs. Says what is missing when there is none. */
export async function withBroker<T>(work: (broker: Broker, replicas: number) => Promise<T>): Promise<T> {
  const config = loadConfig(z.object(nats), settings());
  const broker = dialBroker(config, 'leadctl', silent);
  try {
    await broker.ready(AbortSignal.timeout(CONNECT_MS)).catch(() => {
      throw new Error(`no NATS server answers at ${config.NATS_URL.replace(/\/\/[^@/]*@/g, '//')}; set NATS_URL, or run npm start`);
    });
    return await work(broker, config.STREAM_REPLICAS);
  } finally {
    await broker.close();
  }
}

export const withLog = <T>(work: (log: EventLog<LeadState>) => Promise<T>): Promise<T> =>
  withBroker((broker) => work(new EventLog<LeadState>(broker, leadFold, { source: 'leadctl', now: () => Temporal.Now.instant() })));

export async function withReadModel<T>(work: (queries: LeadQueries<LeadState>) => Promise<T>): Promise<T> {
  await using opened = new AsyncDisposableStack();
  return await work(new LeadQueries<LeadState>(openDb(loadConfig(z.object(mongo), settings()).MONGODB_URI, 'leadctl', opened)));
}

export const leadIdSecretOf = (): string => loadConfig(z.object(leadIdSecret), settings()).LEAD_ID_SECRET;

export const print = (value: unknown): void => {
  process.stdout.write(`${typeof value === 'string' ? value : JSON.stringify(value, null, 2)}\n`);
};

export function fail(error: unknown): never {
  process.stderr.write(`leadctl: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
