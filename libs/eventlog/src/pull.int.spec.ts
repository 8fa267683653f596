import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { AckPolicy } from '@nats-io/jetstream';
import type { MessageHandler } from '@nestjs/microservices';
import { eventually } from '@leadstream/testing/eventually';
import { grounds } from './testing/grounds.ts';
import { paused } from './testing/small-lead.ts';
import { gate, LogFixture } from './testing/log-fixture.ts';

const repeated = (lines: string[]) => lines.filter((line, at) => line === lines[at - 1]);

describe.each(grounds)('on %s', (_, openGround) => {
  let world: LogFixture;
  beforeAll(async () => {
    world = await LogFixture.open(openGround);
  });
  beforeEach(() => world.begin());
  /** The reasons for its waits, one per log line; a cluster has more than one reason. */
  const said = () =>
    world.log.lines
      .filter(({ message }) => message.startsWith('consumer is'))
      .map(({ message, fields }) => `${message} ${JSON.stringify(fields)}`);
  afterEach(() => world.end());
  afterAll(() => world.close());

  describe('a consumer', () => {
    it('closes only when its deliveries in hand have ended, and starts none after that', async () => {
      const { opened, open } = gate();
      let aborted = false;
      let calls = 0;
      const transport = world.consume(
        {
          'lead.step-due': (_, { signal }) => {
            calls++;
            signal.addEventListener('abort', () => {
              aborted = true;
            });
            return opened;
          },
        },
        { concurrency: 1 },
      );
      await world.due();
      await world.due();
      await eventually(() => calls === 1);
      let closed = false;
      const closing = transport.close().then(() => {
        closed = true;
      });
      await world.jsm.streams.info('LEADS');
      expect({ closed, aborted }).toEqual({ closed: false, aborted: true });
      open();
      await closing;
      expect(calls).toBe(1);
      await eventually(async () => (await world.consumer()).num_ack_pending === 0);
      expect((await world.consumer()).num_pending).toBe(1);
    });

    it('pauses, and resumes with one at a time', async () => {
      const { opened, open } = gate();
      let calls = 0;
      const transport = world.consume({
        'lead.step-due': () => {
          calls++;
          return opened;
        },
      });
      await eventually(() => world.consumer());
      transport.pause();
      await Promise.all([world.due(), world.due(), world.due()]);
      transport.resume(1);
      await eventually(() => calls === 1);
      await world.jsm.streams.info('LEADS');
      expect((await world.consumer()).num_ack_pending).toBeLessThanOrEqual(1);
      expect(calls).toBe(1);
      open();
      transport.resume();
      await eventually(() => calls === 3);
      await world.allAcked();
    });

    it('survives a crash of the broker with a message in hand', async () => {
      const { opened, open } = gate();
      const seqs = new Set<number>();
      world.consume(
        {
          'lead.step-due': async (event) => {
            await (seqs.size === 0 ? opened : undefined);
            seqs.add(event.seq);
          },
        },
        { ackWaitMs: 2_000 },
      );
      const first = await world.due();
      await eventually(async () => (await world.consumer()).num_ack_pending === 1);
      const leader = await world.ground.leader();
      await leader.kill();
      open();
      await leader.restart();
      const second = await world.due();
      await eventually(() => seqs.size === 2);
      await world.allAcked();
      expect([...seqs].toSorted((a, b) => a - b)).toEqual([first.seq, second.seq]);
      await world.ground.whole();
    });

    it('is created again after its deletion', async () => {
      const seqs: number[] = [];
      world.consume({ 'lead.step-due': (event) => seqs.push(event.seq) });
      const { seq: first } = await world.due();
      await world.allAcked();
      await world.jsm.consumers.delete('LEADS', 'sender');
      const { seq: second } = await world.due();
      await eventually(() => seqs.includes(second));
      await world.allAcked();
      // A new consumer begins at the first event: the handlers decide on the state, so redelivery is harmless.
      expect(seqs).toEqual([first, first, second]);
      expect(repeated(said())).toEqual([]);
    });

    it('that nothing needs is not created, and emptied where it exists', async () => {
      let calls = 0;
      const handlers = { 'lead.step-due': () => Promise.resolve(void calls++) };
      const idle = world.consume(handlers, { isNeeded: false });
      await world.due();
      await eventually(() => said().some((line) => line.startsWith('consumer is not needed')));
      await expect(world.consumer()).rejects.toThrow('consumer not found');
      await idle.close();
      const needed = world.consume(handlers);
      await world.allAcked();
      await needed.close();
      await world.due();
      world.consume(handlers, { isNeeded: false });
      // Its consumer, on another server, may not have counted the new message yet.
      await eventually(() => calls === 2);
      await world.allAcked();
    });

    it('that nothing needs is emptied also where a process made it later, and is gone', async () => {
      const seqs: number[] = [];
      world.consume({ 'lead.step-due': (event) => seqs.push(event.seq) }, { isNeeded: false, lookAgainMs: 50 });
      await eventually(() => said().some((line) => line.startsWith('consumer is not needed')));
      const { seq } = await world.due();
      await world.jsm.consumers.add('LEADS', { durable_name: 'sender', ack_policy: AckPolicy.Explicit });
      await eventually(() => seqs.includes(seq), { timeoutMs: 20_000 });
    });

    it('waits for its stream, and logs it once', async () => {
      await world.jsm.streams.delete('LEADS');
      const seqs: number[] = [];
      world.consume({ 'lead.step-due': (event) => seqs.push(event.seq) });
      const attempts = world.broker.connection().subscribe('$JS.API.CONSUMER.>');
      await eventually(() => attempts.getReceived() > 2);
      attempts.unsubscribe();
      expect(said()).not.toEqual([]);
      await world.provision();
      const { seq } = await world.due();
      await eventually(() => seqs.includes(seq));
      expect(repeated(said())).toEqual([]);
    });

    it('takes over the filter of the current handlers', async () => {
      const first = world.consume({ 'lead.step-due': () => undefined });
      await world.due();
      await world.allAcked();
      await first.close();
      const types: string[] = [];
      world.consume({
        'lead.step-due': (event) => types.push(event.type),
        'lead.paused': (event) => types.push(event.type),
      });
      await world.events.decide((await world.due()).leadId, 'pause', () => paused);
      await eventually(() => types.length === 2);
      expect((await world.consumer()).config.filter_subjects?.toSorted()).toEqual([
        'leads.*.paused',
        'leads.*.step-due',
      ]);
    });

    it('does not start with a handler for an event that its stream can’t have', () => {
      const transport = world.transport();
      const handler: MessageHandler = () => Promise.resolve();
      transport.addHandler('lead.step-do', handler);
      const errors: unknown[] = [];
      transport.listen((error) => errors.push(error));
      expect(errors).toEqual([new Error('no message of LEADS is a lead.step-do')]);
    });
  });
});
