import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { lengthOf } from '@leadstream/contracts/place';
import { publishLead } from '@leadstream/contracts/publish';
import { logEnd } from '@leadstream/eventlog/log-stream';
import { startSandbox, type Sandbox } from '@leadstream/sandbox-esp/sandbox';
import { eventOf, eventPost, signingKey } from '@leadstream/sandbox-esp/webhook';
import { eventually } from '@leadstream/testing/eventually';
import { freePort, startNats, type Server } from '@leadstream/testing/servers';
import { mongoDatabase } from '@leadstream/testing/servers-database';
import { jetstream } from '@nats-io/jetstream';
import { KINDS, perLead, total, watchTraffic, type Kind, type Traffic } from '../bench/traffic.ts';
import { freshEmail, lead, startStack, type Stack } from './stack.ts';

const LEADS = 60;
const AT_ONCE = 4;
/** Of a lead: triaged, enrolled, step-due, send-started, sent, sequence-completed; then delivered. */
const EVENTS = 6;

describe('a lead of one mail, an untrusted submission', () => {
  let stack: Stack;
  let nats: Server;
  let sandbox: Sandbox;
  let found: Traffic;
  let offered = 0;
  const key = signingKey();

  const stored = async () => lengthOf((await logEnd(stack.broker)).end);
  /** All offered leads have so many events, and nothing is left to do. */
  const atRest = (events: number) =>
    eventually(async () => {
      expect(await stored()).toBe(offered * events);
      for (const stream of ['LEADS', 'FEEDBACK'] as const) expect(await stack.unhandled(stream)).toBe(0);
      return true;
    });
  /** A few at once: each is decided within moments, and the webhooks come when the leads' sequences have ended. */
  const process = async (leads: number) => {
    const js = jetstream(stack.nc);
    for (let left = leads; left > 0; left -= AT_ONCE) {
      const offers = Array.from({ length: Math.min(left, AT_ONCE) }, () =>
        publishLead(js, lead(freshEmail('traffic'), 'bench'), { source: 'test' }),
      );
      offered += (await Promise.all(offers)).length;
      await eventually(async () => (await stored()) >= offered * EVENTS);
    }
    await atRest(EVENTS);
    const mails = sandbox.messages().slice(-leads);
    const events = mails.flatMap((mail) => [eventOf(mail, 'processed'), eventOf(mail, 'delivered')]);
    const { body, headers } = eventPost(events, key);
    await fetch(`${stack.url('inbound')}/v1/sendgrid/events`, { method: 'POST', body, headers });
  };

  beforeAll(async () => {
    const port = await freePort();
    nats = await startNats({ configLines: [`http: "127.0.0.1:${port}"`] });
    sandbox = await startSandbox({ autoEvents: false });
    const mongoUri = mongoDatabase('traffic').uri;
    stack = await startStack({
      on: { nats, sandbox, mongoUri },
      env: {
        SEQUENCES_DIR: 'tests/bench/sequences',
        HUNT_EVERY_MS: '250',
        SENDGRID_EVENT_PUBLIC_KEYS: key.publicKey,
      },
    });
    const { partitions } = stack.broker;
    const counted = await watchTraffic(stack.nc, { monitor: `http://127.0.0.1:${port}`, db: stack.db, partitions });
    await process(LEADS);
    await atRest(EVENTS + 1);
    const { test: _own, ...ofServices } = await counted();
    found = perLead(ofServices, LEADS);
  });
  afterAll(async () => {
    await stack.stop();
    await Promise.all([sandbox.close(), nats.stop()]);
  });

  /** A conflict, a redelivery or a walk over one more event, in less than half of the leads, rounds to nothing. */
  const COSTS = {
    triage: { ack: 1, question: 1, key: 1, find: 0 },
    scheduler: { ack: 3, question: 1, key: 0, find: 0 },
    sender: { ack: 1, question: 2, key: 1, find: 0 },
    inbound: { ack: 0, question: 1, key: 0, find: 0 },
    // Two outcomes in PUBLIC.
    projector: { ack: 7, question: 0, outcome: 2, key: 1, find: 0 },
    enricher: { ack: 0 },
    sms: { ack: 0 },
  };

  it.each(Object.entries(COSTS))('%s asks this of its servers: %j', (service, costs) => {
    const rounded = Object.keys(costs).map((kind) => [kind, Math.round(found[service]?.[kind as Kind] ?? 0)]);
    expect(Object.fromEntries(rounded)).toEqual(costs);
  });

  // Each stream of the log has pulls of its own, and the guard asks for its end.
  it('all services together publish at most 36 messages, with pulls, conflicts and permits', () => {
    expect(total(found, KINDS)).toBeLessThanOrEqual(35 + stack.broker.partitions);
  });
});
