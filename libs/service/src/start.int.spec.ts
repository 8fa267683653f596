import { Controller, Inject, Module } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { LEAD_CREATED } from '@leadstream/contracts/lead-created';
import type { Message } from '@leadstream/eventlog/delivery';
import { Poison } from '@leadstream/eventlog/errors';
import { eventually } from '@leadstream/testing/eventually';
import { startNats, type Server } from '@leadstream/testing/servers';
import { mongoDatabase } from '@leadstream/testing/servers-database';
import { Db } from 'mongodb';
import { z } from 'zod';
import type { Clock } from './clock.ts';
import { ConfigError, every, mongo } from './config.ts';
import { CLOCK } from './injected.ts';
import type { Overrides, ServiceDefinition } from './definition.ts';
import { start, type Running } from './start.ts';

/** Of one test: a gate that the test before had opened would hold no handler. */
const newGates = () => ({ entered: Promise.withResolvers<void>(), leave: Promise.withResolvers<void>() });
let gates = newGates();

@Controller()
class Intake {
  constructor(
    @Inject(Db) private readonly db: Db,
    @Inject(CLOCK) private readonly now: Clock,
  ) {}

  @EventPattern<string>(LEAD_CREATED)
  async onLead(@Payload() message: Message): Promise<void> {
    if (message.data.length === 0) throw new Poison('an empty body');
    const { entered, leave } = gates;
    entered.resolve();
    await leave.promise;
    await this.db
      .collection<{ _id: number; at: string }>('handled')
      .insertOne({ _id: message.seq, at: String(this.now()) });
  }
}

@Module({ controllers: [Intake] })
class IntakeModule {}

const config = z.object({ ...every(3011), ...mongo });
const service: ServiceDefinition<z.output<typeof config>> = {
  name: 'intake',
  user: 'triage',
  config,
  module: IntakeModule,
  streams: ['INTAKE', 'QUARANTINE'],
  consumer: { stream: 'INTAKE', durable: 'intake' },
};

describe('a service', () => {
  let nats: Server;
  let database: { uri: string; name: string };
  const running: Running[] = [];

  beforeAll(async () => {
    nats = await startNats();
    database = mongoDatabase('service');
  });
  beforeEach(() => {
    gates = newGates();
  });
  afterEach(async () => {
    gates.leave.resolve();
    await Promise.all(running.splice(0).map((each) => each.stop()));
  });
  afterAll(() => nats.stop());

  const run = async (env: Record<string, string> = {}, overrides: Overrides = {}): Promise<Running> => {
    const started = await start(
      service,
      { HOST: '127.0.0.1', PORT: '0', LOG_LEVEL: 'silent', NATS_URL: nats.url, MONGODB_URI: database.uri, ...env },
      overrides,
    );
    running.push(started);
    return started;
  };
  const ready = async ({ url }: Running): Promise<unknown> => (await fetch(`${url}/readyz`)).json();
  const scrape = async ({ url }: Running): Promise<string> => (await fetch(`${url}/metrics`)).text();

  it('does not start with a bad environment', async () => {
    await expect(run({ MONGODB_URI: 'db:27017', STREAM_REPLICAS: 'three' })).rejects.toThrow(ConfigError);
  });

  it('is alive and names the missing dependency while NATS is down, and continues when it is back', async () => {
    await nats.kill();
    const started = await run();
    expect((await fetch(`${started.url}/healthz`)).status).toBe(200);
    // The service dials MongoDB in the background.
    await eventually(async () => expect(await ready(started)).toMatchObject({ checks: { mongodb: 'ok' } }) ?? true);
    expect(await ready(started)).toEqual({
      status: 'unavailable',
      checks: {
        mongodb: 'ok',
        nats: expect.stringContaining(`connecting to ${nats.url}`),
        streams: 'waiting for NATS',
      },
    });
    await nats.restart();
    await started.ready;
    expect(await ready(started)).toEqual({ status: 'ok', checks: { mongodb: 'ok', nats: 'ok', streams: 'ok' } });
  });

  it('runs beside others in one process, each on its own port', async () => {
    const both = await Promise.all([run(), run()]);
    await Promise.all(both.map((each) => each.ready));
    expect(new Set(both.map(({ port }) => port)).size).toBe(2);
    await both[0].stop();
    expect((await fetch(`${both[1].url}/healthz`)).status).toBe(200);
  });

  it('is ready without MongoDB unless it requires it', async () => {
    const started = await run({ MONGODB_URI: 'mongodb://127.0.0.1:1/leadstream' });
    await started.ready;
    expect(await ready(started)).toMatchObject({
      status: 'ok',
      checks: { mongodb: expect.not.stringMatching(/^ok$/) },
    });
  });

  it('refuses to start on a port that is taken', async () => {
    const first = await run();
    await expect(run({ PORT: String(first.port) })).rejects.toThrow(/EADDRINUSE/);
  });

  it('quarantines the message of a handler’s Poison with its reason, and counts it', async () => {
    const started = await run();
    await started.ready;
    expect(await scrape(started)).toContain(
      'leadstream_quarantined_total{consumer="intake",type="lead.created",app="intake"} 0',
    );
    const connection = await connect({ servers: nats.url });
    await jetstream(connection).publish(LEAD_CREATED, '');
    await eventually(async () =>
      (await scrape(started)).includes(
        'leadstream_quarantined_total{consumer="intake",type="lead.created",app="intake"} 1',
      ),
    );
    const metrics = await scrape(started);
    expect(metrics).toContain('leadstream_handled_total{consumer="intake",exit="poison",app="intake"} 1');
    expect(metrics).toContain('leadstream_handled_total{consumer="intake",exit="failed",app="intake"} 0');
    expect(metrics).toContain('leadstream_handle_seconds_count{consumer="intake",app="intake"} 1');
    expect(metrics).toMatch(/^leadstream_build_info\{version="\d+\.\d+\.\d+",node="v\d+.*\} 1$/m);
    const stored = await (
      await jetstreamManager(connection)
    ).streams.getMessage('QUARANTINE', { last_by_subj: 'quarantine.intake' });
    expect(stored?.json()).toMatchObject({ reason: 'an empty body' });
    await connection.close();
  });

  it('finishes the messages in progress before it stops, and pulls no new ones', async () => {
    const at = Temporal.Instant.from('2026-11-23T09:15:00Z');
    const started = await run({}, { clock: () => at });
    await started.ready;
    const connection = await connect({ servers: nats.url });
    const { seq } = await jetstream(connection).publish(LEAD_CREATED, '{}');
    await gates.entered.promise;

    const stopped = started.stop();
    expect((await fetch(`${started.url}/healthz`)).status).toBe(200);
    gates.leave.resolve();
    await stopped;

    await expect(fetch(`${started.url}/healthz`)).rejects.toThrow();
    const { num_ack_pending, num_pending } = await (
      await jetstreamManager(connection)
    ).consumers.info('INTAKE', 'intake');
    expect({ num_ack_pending, num_pending }).toEqual({ num_ack_pending: 0, num_pending: 0 });
    await connection.close();

    const again = await run();
    const handled = again.app.get(Db).collection<{ _id: number }>('handled');
    expect(await handled.findOne({ _id: seq })).toEqual({ _id: seq, at: '2026-11-23T09:15:00Z' });
  });
});
