import { Controller, Get, HttpCode, Inject, Module, Post, type OnApplicationShutdown } from '@nestjs/common';
import { EventPattern } from '@nestjs/microservices';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LEAD_CREATED } from '@leadstream/contracts/lead-created';
import { Broker } from '@leadstream/eventlog/broker';
import { JetStreamTransport } from '@leadstream/eventlog/transport';
import { eventually } from '@leadstream/testing/eventually';
import { startNats, type Server } from '@leadstream/testing/servers';
import { mongoDatabase } from '@leadstream/testing/servers-database';
import { jetstream } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { Db } from 'mongodb';
import { Writable } from 'node:stream';
import type { Logger } from 'pino';
import { z } from 'zod';
import { ConfigError, every, leadIdSecret, mongo, secret, field } from './config.ts';
import type { ServiceDefinition } from './definition.ts';
import { front } from './front.ts';
import { Health } from './health.ts';
import { LOGGER } from './injected.ts';
import { LeadMemory } from './lead-log.ts';
import { Metrics } from './metrics.ts';
import { start, type Running } from './start.ts';

/** The services' events, in order; the objects that they were given. */
const seen: string[] = [];
const given: Record<string, { broker: Broker; memory: LeadMemory; db: Db }> = {};

/** A service with a consumer and a route of its own. */
function serviceOf(name: string): ServiceDefinition {
  @Controller()
  class Work implements OnApplicationShutdown {
    constructor(
      @Inject(Broker) broker: Broker,
      @Inject(LeadMemory) memory: LeadMemory,
      @Inject(Db) db: Db,
      @Inject(Metrics) private readonly metrics: Metrics,
      @Inject(LOGGER) private readonly log: Logger,
      @Inject(JetStreamTransport) private readonly transport: JetStreamTransport,
      @Inject(Health) health: Health,
    ) {
      given[name] = { broker, memory, db };
      health.add('log', () => Promise.resolve());
    }

    @EventPattern<string>(LEAD_CREATED)
    onLead(): void {
      this.metrics.newer.inc({ consumer: name });
      this.log.info('handled');
      seen.push(`${name} handled`);
    }

    @Get(name)
    pause(): string {
      this.transport.pause();
      return `${name} pauses`;
    }

    @Get(`${name}/resumed`)
    resume(): void {
      this.transport.resume();
    }

    @(name === 'one' ? Get('shared') : Post('shared'))
    @HttpCode(200)
    shared(): string {
      return name;
    }

    onApplicationShutdown(): void {
      seen.push(`${name} shut down`);
    }
  }
  @Module({ controllers: [Work] })
  class WorkModule {}
  return {
    name,
    user: 'all',
    config: z.object({ ...every(1), ...mongo }),
    module: WorkModule,
    streams: ['INTAKE', 'QUARANTINE'],
    consumer: { stream: 'INTAKE', durable: name },
  };
}

describe('several services in one process', () => {
  let nats: Server;
  let nc: NatsConnection;
  let running: Running;
  let env: Record<string, string>;
  const lines: Record<string, unknown>[] = [];
  const logTo = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      lines.push(JSON.parse(chunk.toString()) as Record<string, unknown>);
      done();
    },
  });
  const get = (path: string) => fetch(`${running.url}${path}`);

  beforeAll(async () => {
    nats = await startNats();
    nc = await connect({ servers: nats.url });
    const { uri: MONGODB_URI } = mongoDatabase('set');
    env = { HOST: '127.0.0.1', PORT: '0', LOG_LEVEL: 'info', NATS_URL: nats.url, MONGODB_URI };
    running = await start([front('both'), serviceOf('one'), serviceOf('other')], env, { logTo });
    await running.ready;
  });
  afterAll(async () => {
    await nc.close();
    await nats.stop();
  });

  it('name all problems of their environments at once, each once', async () => {
    const strict = (fields: z.core.$ZodShape): ServiceDefinition => ({
      ...serviceOf('strict'),
      config: z.object({ ...every(1), ...fields }),
    });
    const key = { FIRST_KEY: secret(field.key) };
    const started = start([front('x'), strict({ ...leadIdSecret, ...key }), strict(leadIdSecret)], {
      STREAM_REPLICAS: 'three',
    });
    const error = await started.then(
      () => undefined,
      (problem: unknown) => problem,
    );
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as ConfigError).problems).toEqual([
      'STREAM_REPLICAS: must be a whole number',
      'LEAD_ID_SECRET: is required',
      'FIRST_KEY: is required',
    ]);
  });

  it('share the connection to NATS, MongoDB, and the memory of leads', async () => {
    expect(given['one']?.broker).toBe(given['other']?.broker);
    expect(given['one']?.db).toBe(given['other']?.db);
    expect(given['one']?.memory).toBe(given['other']?.memory);
    await Promise.resolve();
  });

  it('may share a path, each with its own methods', async () => {
    const answers = await Promise.all(
      ['GET', 'POST', 'PUT'].map(async (method) => {
        const answer = await fetch(`${running.url}/shared`, { method });
        return [answer.status, await answer.text()];
      }),
    );
    expect(answers).toEqual([
      [200, 'one'],
      [200, 'other'],
      [405, expect.stringContaining('Only GET, HEAD here')],
    ]);
  });

  it('are named by one /readyz, with the dependencies of each', async () => {
    const report = await eventually(async () => {
      const { checks } = (await (await get('/readyz')).json()) as { checks: Record<string, string> };
      // MongoDB is dialled in the background.
      return checks['mongodb'] === 'ok' && { checks };
    });
    expect(report).toEqual({
      checks: {
        mongodb: 'ok',
        nats: 'ok',
        streams: 'ok',
        one: 'ok',
        'one.log': 'ok',
        other: 'ok',
        'other.log': 'ok',
      },
    });
  });

  it('handle each message in each service, under its own name in metrics and log', async () => {
    await jetstream(nc).publish(LEAD_CREATED, '{}');
    await eventually(() => seen.length === 2);
    const metrics = await (await get('/metrics')).text();
    for (const name of ['one', 'other']) {
      expect(metrics).toContain(`leadstream_newer_deliveries_total{consumer="${name}",app="${name}"} 1`);
      expect(metrics).toMatch(new RegExp(`^leadstream_build_info\\{.*app="${name}"\\} 1$`, 'm'));
      expect(lines).toContainEqual(expect.objectContaining({ service: name, msg: 'handled' }));
    }
    expect(metrics.match(/^# TYPE leadstream_newer_deliveries_total /gm)).toHaveLength(1);
    expect(metrics.match(/^process_start_time_seconds.*$/gm)).toEqual([
      expect.stringMatching(/^process_start_time_seconds{app="both"} \d/),
    ]);
  });

  it('answer on one port: each its own paths, and none that nobody has', async () => {
    expect((await get('/nowhere')).status).toBe(404);
    expect((await fetch(`${running.url}/one`, { method: 'POST' })).status).toBe(405);
    expect(await (await get('/one?a=b')).text()).toBe('one pauses');
  });

  it('go on while one of them pauses', async () => {
    await jetstream(nc).publish(LEAD_CREATED, '{}');
    await eventually(() => seen.filter((what) => what === 'other handled').length === 2);
    expect(seen.filter((what) => what === 'one handled')).toHaveLength(1);
    await get('/one/resumed');
    await eventually(() => seen.filter((what) => what === 'one handled').length === 2);
  });

  it('stop one after the other as listed, once the port is closed', async () => {
    seen.length = 0;
    await running.stop();
    expect(seen).toEqual(['one shut down', 'other shut down']);
    await expect(get('/healthz')).rejects.toThrow();
  });
});
