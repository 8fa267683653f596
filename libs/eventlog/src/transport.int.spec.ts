import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { AckPolicy, type JsMsg } from '@nats-io/jetstream';
import { headers } from '@nats-io/transport-node';
import type { MessageHandler } from '@nestjs/microservices';
import { CE, LEAD_PREV_SEQ, LEAD_VERSION, parseIncoming } from '@leadstream/contracts/envelope';
import { publishLead } from '@leadstream/contracts/publish';
import { eventually } from '@leadstream/testing/eventually';
import { forgetHeaders } from './client-patch.ts';
import type { Delivery, Message } from './delivery.ts';
import { Poison, Retry, Unavailable } from './errors.ts';
import { grounds } from './testing/grounds.ts';
import { aLead, paused } from './testing/small-lead.ts';
import { gate, LogFixture } from './testing/log-fixture.ts';

describe.each(grounds)('on %s', (_, openGround) => {
  let world: LogFixture;
  beforeAll(async () => {
    world = await LogFixture.open(openGround);
  });
  beforeEach(() => world.begin());
  afterEach(() => world.end());
  afterAll(() => world.close());

  describe('a handler that returns', () => {
    it('completes the message: it gets the event and its cause, and is not called again', async () => {
      const got: unknown[] = [];
      world.consume({
        'lead.step-due': (event, delivery) =>
          got.push({ event, cause: delivery.cause, deliveries: delivery.deliveries }),
      });
      const event = await world.due();
      await world.allAcked();
      expect(got).toEqual([{ event, cause: { stream: 'LEADS', seq: event.seq }, deliveries: 1 }]);
    });

    it('has its acks sent together, and before a close has ended', async () => {
      const { opened, open } = gate();
      const acks: jest.SpiedFunction<JsMsg['ack']>[] = [];
      const sent = () => acks.flatMap(({ mock }) => mock.calls).length;
      const sentBefore: number[] = [];
      const transport = world.consume(
        {
          'lead.step-due': (_event, { message }) => {
            acks.push(jest.spyOn(message as JsMsg, 'ack'));
            return opened;
          },
        },
        { onHandled: () => sentBefore.push(sent()) },
      );
      await Promise.all([world.due(), world.due()]);
      await eventually(() => acks.length === 2);
      const closed = transport.close();
      open();
      await closed;
      expect([...sentBefore, sent()]).toEqual([0, 0, 2]);
      await world.allAcked();
    });

    it('gets headers that the client keeps until they are forgotten: else the patch is to go', async () => {
      const got = Promise.withResolvers<JsMsg>();
      world.consume({ 'lead.step-due': (_event, { message }) => got.resolve(message as JsMsg) });
      const { id } = await world.due();
      const message = await got.promise;
      const kept = message.headers;
      expect(message.headers).toBe(kept);
      forgetHeaders(message);
      expect(message.headers).not.toBe(kept);
      expect(message.headers?.get(CE.id)).toBe(id);
    });

    it('is called for its own event types only', async () => {
      const types: string[] = [];
      world.consume({ 'lead.step-due': (event) => types.push(event.type) });
      const { leadId } = await world.due();
      await world.events.decide(leadId, 'pause', () => paused);
      await world.due();
      await eventually(() => types.length === 2);
      await world.allAcked();
      expect(types).toEqual(['lead.step-due', 'lead.step-due']);
      expect((await world.consumer()).config.filter_subjects).toEqual(['leads.*.step-due']);
    });

    it('is not called for a former type, which an existing consumer still delivers', async () => {
      const filter_subjects = ['leads.*.step-due', 'leads.*.paused'];
      await world.jsm.consumers.add('LEADS', {
        durable_name: 'sender',
        ack_policy: AckPolicy.Explicit,
        filter_subjects,
      });
      const types: string[] = [];
      const exits: string[] = [];
      world.consume(
        { 'lead.step-due': (event) => types.push(event.type) },
        { former: ['lead.paused'], onHandled: ({ exit }) => exits.push(exit) },
      );
      const { leadId } = await world.due();
      await world.events.decide(leadId, 'pause', () => paused);
      await eventually(() => exits.length === 2);
      await world.allAcked();
      expect({ types, exits }).toEqual({ types: ['lead.step-due'], exits: ['ack', 'ack'] });
    });

    it('of a stream from outside checks the message itself', async () => {
      const got: unknown[] = [];
      const transport = world.transport({ stream: 'INTAKE', durable: 'triage' });
      const handler: MessageHandler = async (message: Message, delivery: Delivery) => {
        got.push(parseIncoming(message.headers, message.data).data, delivery.cause);
      };
      transport.addHandler('lead.created', handler);
      transport.listen(() => undefined);
      const lead = { email: 'jane@example.com', leadData: { source: 'webinar' } };
      await publishLead(world.broker.js(), lead, { source: 'crm' });
      await eventually(() => got.length > 0);
      expect(got).toMatchObject([lead, { stream: 'INTAKE' }]);
    });
  });

  describe('a handler that throws', () => {
    it.each([
      ['for an unknown reason', new Error('who knows'), 'failed', 'error'],
      ['Retry', new Retry('later', 300), 'retry', 'info'],
      ['Unavailable', new Unavailable('MongoDB is away'), 'unavailable', 'warn'],
    ])('%s is called again, and it is said once', async (_, error, outcome, level) => {
      const deliveries: number[] = [];
      const exits: string[] = [];
      world.consume(
        {
          'lead.step-due': (__, delivery) => {
            deliveries.push(delivery.deliveries);
            if (deliveries.length === 1) throw error;
          },
        },
        { onHandled: ({ exit }) => exits.push(exit) },
      );
      const event = await world.due();
      await eventually(() => exits.length === 2);
      await world.allAcked();
      expect(deliveries).toEqual([1, 2]);
      expect(exits).toEqual([outcome, 'ack']);
      expect(world.log.lines.filter((line) => line.fields['outcome'])).toMatchObject([
        {
          level,
          fields: {
            eventId: event.id,
            leadId: event.leadId,
            type: 'lead.step-due',
            attempt: 1,
            outcome,
            error: { message: error.message },
          },
        },
      ]);
    });

    it('Poison is quarantined with the reason, and not called again', async () => {
      let calls = 0;
      world.consume({
        'lead.step-due': () => {
          calls++;
          throw new Poison('no such sequence');
        },
      });
      const event = await world.due();
      await eventually(() => world.quarantined());
      await world.allAcked();
      expect(calls).toBe(1);
      expect(await world.entry()).toMatchObject({
        consumer: 'sender',
        reason: 'no such sequence',
        attempts: 1,
        origin: { stream: 'LEADS', seq: event.seq, subject: `leads.${event.leadId}.step-due` },
        body: Buffer.from(JSON.stringify(event.data)).toString('base64'),
        headers: { 'ce-id': [event.id] },
      });
    });

    it('waits for a delay with a fraction, too', async () => {
      const calls: string[] = [];
      let first = '';
      world.consume({
        'lead.step-due': ({ leadId }) => {
          calls.push(leadId);
          if (leadId === first) throw new Retry('later', 60_000 + 1 / 3);
        },
      });
      first = aLead();
      await world.due(first);
      for (let count = 0; count < 20; count++) await world.due();
      await eventually(() => calls.length > 20);
      expect(calls.filter((leadId) => leadId === first)).toHaveLength(1);
    });

    it('up to the limit is quarantined; unavailable dependencies do not count', async () => {
      const errors = [
        new Error('one'),
        new Unavailable('away'),
        new Retry('later', 250),
        new Error('two'),
        new Error('three'),
      ];
      let calls = 0;
      world.consume(
        {
          'lead.step-due': () => {
            throw errors[calls++] ?? new Error('called after the quarantine');
          },
        },
        { failuresMax: 3 },
      );
      await world.due();
      await eventually(() => world.quarantined());
      await world.allAcked();
      expect(await world.entry()).toMatchObject({ reason: 'three', attempts: 5 });
      expect(calls).toBe(5);
    });

    it('Poison keeps its message until the quarantine is durable', async () => {
      await world.jsm.streams.delete('QUARANTINE');
      const exits: string[] = [];
      world.consume(
        {
          'lead.step-due': () => {
            throw new Poison('no');
          },
        },
        { onHandled: ({ exit }) => exits.push(exit) },
      );
      await world.due();
      await eventually(() => exits.length === 1);
      expect((await world.consumer()).num_ack_pending).toBe(1);
      await world.provision();
      await eventually(() => world.quarantined());
      await world.allAcked();
      expect(exits.at(0)).toBe('unavailable');
      expect(exits.at(-1)).toBe('poison');
    });
  });

  describe('a message that is no event', () => {
    it.each([
      ['is not JSON', '{"by"', 'body is not JSON'],
      ['has not the shape', '{"by":7}', 'lead.paused: by:'],
    ])('is quarantined when it %s', async (_, body, reason) => {
      let calls = 0;
      world.consume({ 'lead.paused': () => calls++ });
      const head = headers();
      for (const [name, value] of Object.entries({
        [CE.type]: 'lead.paused',
        [LEAD_VERSION]: '1',
        [LEAD_PREV_SEQ]: '0',
      }))
        head.set(name, value);
      await world.broker.js().publish(`leads.${aLead()}.paused`, body, { headers: head });
      await eventually(() => world.quarantined());
      await world.allAcked();
      const { reason: said } = (await world.entry()) as { reason: string };
      expect(said).toContain(reason);
      expect(calls).toBe(0);
    });
  });

  describe('a delivery', () => {
    it.each([
      ['the code gives', 2_000],
      ['an operator has tuned', 30_000],
    ])('that takes longer than an ack wait that %s is not repeated while it is in hand', async (_, ackWaitMs) => {
      const own = { filter_subject: 'leads.*.step-due', ack_policy: 'explicit', ack_wait: 2e9 } as const;
      if (ackWaitMs > 2_000) await world.jsm.consumers.add('LEADS', { durable_name: 'sender', ...own });
      const { opened, open } = gate();
      let calls = 0;
      world.consume(
        {
          'lead.step-due': () => {
            calls++;
            return opened;
          },
        },
        { ackWaitMs },
      );
      await world.due();
      await eventually(() => calls === 1);
      // Another consumer with the same ack wait and without work-in-progress signals: the broker's own clock.
      await world.jsm.consumers.add('LEADS', { durable_name: 'clock', ack_policy: 'explicit', ack_wait: 2e9 });
      const clock = await world.broker.js().consumers.get('LEADS', 'clock');
      for (let delivered = 0; delivered < 3;)
        delivered = (await clock.next({ expires: 5_000 }))?.info.deliveryCount ?? delivered;
      open();
      await world.allAcked();
      expect(calls).toBe(1);
      expect((await world.consumer()).num_redelivered).toBe(0);
    });

    it('is one of a limited number at once', async () => {
      let inHand = 0;
      let most = 0;
      let done = 0;
      const { opened: two, open } = gate();
      const handle = async () => {
        most = Math.max(most, ++inHand);
        if (inHand === 2) open();
        await two;
        await world.jsm.streams.info('LEADS');
        inHand--;
        done++;
      };
      world.consume({ 'lead.step-due': handle }, { concurrency: 2 });
      await Promise.all(Array.from({ length: 12 }, () => world.due()));
      await eventually(() => done === 12);
      expect(most).toBe(2);
    });

    it('runs all handlers of its type to their end, even when one fails', async () => {
      const ran: string[] = [];
      const transport = world.consume({
        'lead.step-due': () => {
          ran.push('first');
          if (ran.length === 1) throw new Error('who knows');
        },
      });
      transport.addHandler('lead.step-due', async () => {
        await world.jsm.streams.info('LEADS');
        ran.push('second');
      });
      await world.due();
      await eventually(() => ran.length === 4);
      await world.allAcked();
      expect(ran).toEqual(['first', 'second', 'first', 'second']);
    });

    it('can be made twice at once, to test every handler', async () => {
      const seqs: number[] = [];
      const deliver = async (handle: () => Promise<void>) => {
        await Promise.all([handle(), handle()]);
      };
      world.consume({ 'lead.step-due': (event) => seqs.push(event.seq) }, { deliver });
      const { seq } = await world.due();
      await world.allAcked();
      expect(seqs).toEqual([seq, seq]);
    });

    it('is repeated by reference, without a new message', async () => {
      const seen: [number, number][] = [];
      const transport = world.consume({
        'lead.step-due': (event, delivery) => {
          seen.push([event.seq, delivery.deliveries]);
          if (seen.length === 1) throw new Poison('no');
        },
      });
      const { seq } = await world.due();
      await eventually(() => world.quarantined());
      const { state: before } = await world.jsm.streams.info('LEADS');
      await transport.redrive('LEADS', seq);
      expect(seen).toEqual([
        [seq, 1],
        [seq, 0],
      ]);
      expect((await world.jsm.streams.info('LEADS')).state.last_seq).toBe(before.last_seq);
      await expect(transport.redrive('LEADS', before.last_seq + 1)).rejects.toThrow(Poison);
    });
  });
});
