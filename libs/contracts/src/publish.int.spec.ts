import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { jetstream, jetstreamManager, type JetStreamClient, type JetStreamManager } from '@nats-io/jetstream';
import { connect, nanos, type MsgHdrs, type NatsConnection } from '@nats-io/transport-node';
import { context, propagation, SpanStatusCode, trace } from '@opentelemetry/api';
import { NodeSDK, type NodeSDKConfiguration } from '@opentelemetry/sdk-node';
import { startNats, type Server } from '@leadstream/testing/servers';
import { ContractError, parseIncoming, type Incoming } from './envelope.ts';
import { LEAD_CREATED, leadCreated, type LeadCreated } from './lead-created.ts';
import { publishLead } from './publish.ts';
import { streams } from './streams.ts';

type SpanProcessor = NonNullable<NodeSDKConfiguration['spanProcessors']>[number];
type Span = Parameters<SpanProcessor['onEnd']>[0];

const jane: LeadCreated = { email: 'jane@example.com', leadData: { source: 'whitepaper' }, loyaltyTier: 'gold' };

const open: { close?(): Promise<void>; stop?(): Promise<void> }[] = [];
const kept = <T extends NatsConnection | Server>(one: T): T => {
  open.unshift(one);
  return one;
};
afterAll(async () => {
  for (const one of open) await (one.close ? one.close() : one.stop?.());
});

interface Side {
  js: JetStreamClient;
  stored(): Promise<number>;
  /** The lead stored last, as triage reads it. */
  last(): Promise<Incoming & { header: MsgHdrs }>;
}

async function connected({ url }: Server): Promise<Side & { jsm: JetStreamManager }> {
  const connection = kept(await connect({ servers: url }));
  const jsm = await jetstreamManager(connection);
  return {
    jsm,
    js: jetstream(connection),
    stored: async () => (await jsm.streams.info('INTAKE')).state.messages,
    last: async () => {
      const message = await jsm.streams.getMessage('INTAKE', { last_by_subj: LEAD_CREATED });
      if (!message) throw new Error('INTAKE is empty');
      return { header: message.header, ...parseIncoming(message.header, message.data) };
    },
  };
}

async function withIntake(server: Server): Promise<Side> {
  const { jsm, ...side } = await connected(server);
  const { subjects, duplicateWindowMs } = streams.INTAKE;
  await jsm.streams.add({ name: 'INTAKE', subjects: [...subjects], duplicate_window: nanos(duplicateWindowMs) });
  return side;
}

let intake: Side;
let streamless: Side;
beforeAll(async () => {
  intake = await withIntake(kept(await startNats()));
  streamless = await connected(kept(await startNats()));
});

describe('publishing a lead', () => {
  it('resolves once the lead is stored: it survives a broker that is killed at once', async () => {
    const server = kept(await startNats());
    const { id } = await publishLead((await withIntake(server)).js, jane, { source: 'shop' });
    await server.kill();
    await server.restart();
    const after = await connected(server);
    expect(await after.last()).toMatchObject({ id, type: LEAD_CREATED, source: 'shop', data: jane });
  });

  it('is one submission however often it is repeated with the same id', async () => {
    const id = randomUUID();
    const before = await intake.stored();
    const repeat = () => publishLead(intake.js, jane, { source: 'shop', id });
    expect([await repeat(), await repeat(), await repeat()]).toEqual([
      { id, seq: 1, isDuplicate: false },
      { id, seq: 1, isDuplicate: true },
      { id, seq: 1, isDuplicate: true },
    ]);
    expect(await intake.stored()).toBe(before + 1);
  });

  it('is a separate submission for every source, even under the same id', async () => {
    const id = randomUUID();
    const before = await intake.stored();
    for (const source of ['shop', 'fair']) await publishLead(intake.js, jane, { source, id });
    expect(await intake.stored()).toBe(before + 2);
  });

  it('is a separate submission for every source whose slashes are elsewhere', async () => {
    const id = randomUUID();
    const before = await intake.stored();
    await publishLead(intake.js, jane, { source: 'shop', id: `eu/${id}` });
    await publishLead(intake.js, jane, { source: 'shop/eu', id });
    await publishLead(intake.js, jane, { source: 'shop', id: `eu%2F${id}` });
    expect(await intake.stored()).toBe(before + 3);
  });

  it('is a separate submission for every person, even under an id that a form gives to all of them', async () => {
    const id = randomUUID();
    const before = await intake.stored();
    for (const email of ['jane@example.com', 'ann@example.com', 'jane@example.com'])
      await publishLead(intake.js, { ...jane, email }, { source: 'shop', id });
    expect(await intake.stored()).toBe(before + 2);
  });

  it('rejects a lead without the published shape, names the fields, and sends nothing', async () => {
    const before = await intake.stored();
    const refused = publishLead(intake.js, { email: '', leadData: { source: '' } }, { source: 'shop' });
    await expect(refused).rejects.toBeInstanceOf(ContractError);
    await expect(refused).rejects.toThrow(/email: .*leadData\.source: /);
    expect(await intake.stored()).toBe(before);
  });

  it('fails when no stream stores leads', async () => {
    await expect(publishLead(streamless.js, jane, { source: 'shop' })).rejects.toMatchObject({
      name: 'JetStreamNotEnabled',
    });
  });

  it('works without a telemetry SDK, and then names no trace', async () => {
    expect(await publishLead(intake.js, jane, { source: 'shop' })).not.toHaveProperty('traceparent');
    expect((await intake.last()).header.has('traceparent')).toBe(false);
  });
});

describe('the trace of a published lead', () => {
  const ended: Span[] = [];
  const processor: SpanProcessor = {
    onStart: () => undefined,
    onEnd: (span) => void ended.push(span),
    forceFlush: async () => undefined,
    shutdown: async () => undefined,
  };
  const sdk = new NodeSDK({
    spanProcessors: [processor],
    metricReaders: [],
    logRecordProcessors: [],
    autoDetectResources: false,
  });
  beforeAll(() => sdk.start());
  afterAll(async () => {
    await sdk.shutdown();
    [trace, context, propagation].forEach((api) => api.disable());
  });
  afterEach(() => void ended.splice(0));

  it('begins with the lead, travels in the message, and is returned to the publisher', async () => {
    const { traceparent } = await publishLead(intake.js, jane, { source: 'shop' });
    const [span, ...more] = ended;
    expect(more).toEqual([]);
    expect(traceparent).toBe(`00-${span?.spanContext().traceId}-${span?.spanContext().spanId}-01`);
    expect((await intake.last()).traceparent).toBe(traceparent);
  });

  it('has a trace of its own with a link to the caller’s, which may be an import of many leads', async () => {
    const caller = trace.getTracer('shop').startSpan('nightly import');
    await context.with(trace.setSpan(context.active(), caller), () => publishLead(intake.js, jane, { source: 'shop' }));
    const [span] = ended;
    expect(span?.spanContext().traceId).not.toBe(caller.spanContext().traceId);
    expect(span?.links.map((link) => link.context)).toEqual([caller.spanContext()]);
  });

  it('records the failure when no stream stores leads', async () => {
    await expect(publishLead(streamless.js, jane, { source: 'shop' })).rejects.toThrow();
    expect(ended.map(({ name, status }) => [name, status.code])).toEqual([
      ['create lead.created', SpanStatusCode.UNSET],
      ['publish lead.created', SpanStatusCode.ERROR],
    ]);
  });
});

describe('a service that publishes without our package', () => {
  it('may use a structured CloudEvent', async () => {
    await intake.js.publish(
      LEAD_CREATED,
      JSON.stringify({ specversion: '1.0', id: 'order-1', type: LEAD_CREATED, source: 'shop', data: jane }),
    );
    const event = await intake.last();
    expect(event).toMatchObject({ id: 'order-1', source: 'shop' });
    expect(leadCreated.parse(event.data)).toEqual(jane);
  });
});
