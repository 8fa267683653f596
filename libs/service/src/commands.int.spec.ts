import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Draft } from '@leadstream/contracts/events';
import { Broker, silentLog } from '@leadstream/eventlog/broker';
import { eventId } from '@leadstream/eventlog/ids';
import { provision } from '@leadstream/eventlog/provision';
import type { Command } from '@leadstream/lead/command';
import { leadFold } from '@leadstream/lead/evolve';
import { demo, nurture, triaged } from '@leadstream/testing/builders';
import { dies } from '@leadstream/testing/dies';
import { startNats, type Server } from '@leadstream/testing/servers';
import { describeRefusal, giveCommand, type Given } from './commands.ts';
import { LeadLog } from './lead-log.ts';

const by = 'olga';
const pause: Command = { by, kind: 'pause' };
const resume: Command = { by, kind: 'resume' };
const restart: Command = { by, kind: 'restart', route: nurture };
const tag = (name: string): Command => ({ by, kind: 'tag', add: [name], remove: [] });

describe('an operator’s command', () => {
  let nats: Server;
  let broker: Broker;
  let log: LeadLog;
  const open = (url: string, answerMs = 2_000) => Broker.open({ servers: url, name: 'test', answerMs }, silentLog);
  const logOver = (one: Broker, signal?: AbortSignal) =>
    new LeadLog(one, leadFold, { source: 'leadctl', now: () => Temporal.Now.instant(), ...(signal ? { signal } : {}) });
  const newLead = async (): Promise<string> => {
    const leadId = crypto.randomUUID();
    const { type, data } = triaged();
    await log.decide(leadId, eventId({ stream: 'INTAKE', seq: 1 }, leadId), () => ({ type, data }) as Draft);
    return leadId;
  };
  const types = async (leadId: string) => (await log.history(leadId)).map(({ type }) => type.replace('lead.', ''));
  const refusalOf = (given: Given) => ('refused' in given ? describeRefusal(given) : 'taken');

  beforeAll(async () => {
    nats = await startNats();
    broker = open(nats.url);
    await broker.ready();
    await provision(broker, { replicas: 1, streams: ['LEADS'] });
    log = logOver(broker);
  });
  afterAll(async () => {
    await broker?.close();
    await nats?.stop();
  });

  describe('with a key', () => {
    it('returns the first event when it is given again, also after later events', async () => {
      const leadId = await newLead();
      const first = await giveCommand(log, leadId, pause, { key: 'k' });
      expect(first).toMatchObject({ isNew: true, event: { type: 'lead.paused', version: 2, data: { by } } });
      await giveCommand(log, leadId, resume);
      const again = await giveCommand(logOver(broker), leadId, { ...pause, reason: 'asked by phone' }, { key: 'k' });
      expect(again).toMatchObject({ isNew: false, event: 'event' in first && first.event, after: { version: 3 } });
      expect(await types(leadId)).toEqual(['triaged', 'paused', 'resumed']);
    });

    it.each<[string, Command, Command]>([
      ['kind', pause, resume],
      ['content', restart, { ...restart, route: demo }],
      ['operator', pause, { ...pause, by: 'otto' }],
      ['tags', tag('a'), tag('b')],
    ])('is refused for a command of another %s, without an event', async (_, one, other) => {
      const leadId = await newLead();
      await giveCommand(log, leadId, one, { key: 'k' });
      const before = await types(leadId);
      expect(refusalOf(await giveCommand(log, leadId, other, { key: 'k' }))).toMatch(
        /^the key was used for another command: event 2, lead\.\w+, at .*; choose a new key$/,
      );
      expect(await types(leadId)).toEqual(before);
    });

    it('belongs to one lead, and two keys make two events', async () => {
      const [one, other] = [await newLead(), await newLead()];
      for (const leadId of [one, other])
        expect(await giveCommand(log, leadId, restart, { key: 'k' })).toMatchObject({ isNew: true });
      expect(await giveCommand(log, one, restart, { key: 'l' })).toMatchObject({ isNew: true });
      expect(await types(one)).toEqual(['triaged', 'restarted', 'restarted']);
    });

    it('becomes one event when many callers give it at once, and each caller gets that event', async () => {
      const leadId = await newLead();
      const given = await Promise.all(
        Array.from({ length: 8 }, (_, index) =>
          giveCommand(logOver(broker), leadId, index % 2 ? tag('a') : tag('b'), { key: 'k' }),
        ),
      );
      const [, tagged, ...more] = await log.history(leadId);
      expect(more).toEqual([]);
      const isAs = tagged?.type === 'lead.tagged' && tagged.data.add[0] === 'a' ? 1 : 0;
      for (const [index, each] of given.entries()) {
        if (index % 2 === isAs) expect(each).toMatchObject({ event: { id: tagged?.id } });
        else expect(each).toMatchObject({ refused: 'key-reused', event: { id: tagged?.id } });
      }
    });

    it('can be given again after the lead’s state refused it', async () => {
      const leadId = await newLead();
      expect(refusalOf(await giveCommand(log, leadId, resume, { key: 'k' }))).toMatch(/^not paused; /);
      expect(await giveCommand(log, leadId, pause, { key: 'k' })).toMatchObject({ isNew: true });
    });
  });

  describe('for an expected version', () => {
    it('is refused without an event once the lead has another version, and the refusal names both', async () => {
      const leadId = await newLead();
      await giveCommand(log, leadId, tag('a'), { expectVersion: 1 });
      for (const expectVersion of [1, 3]) {
        const given = await giveCommand(log, leadId, restart, { expectVersion, key: `k-${expectVersion}` });
        expect(refusalOf(given)).toBe(
          `the lead is at version 2, not at ${expectVersion}: look at it again before you decide`,
        );
      }
      expect(refusalOf(await giveCommand(log, leadId, restart, { expectVersion: 1 }))).toContain(
        'at version 2, not at 1',
      );
      expect(await types(leadId)).toEqual(['triaged', 'tagged']);
    });

    it('is accepted once of many at once; commands without a version are all accepted', async () => {
      const leadId = await newLead();
      const tags = ['a', 'b', 'c', 'd', 'e', 'f'];
      const guarded = await Promise.all(
        tags.map((name) => giveCommand(logOver(broker), leadId, tag(name), { expectVersion: 1 })),
      );
      expect(guarded.filter((given) => 'event' in given)).toHaveLength(1);
      expect(await types(leadId)).toHaveLength(2);
      await Promise.all(tags.map((name) => giveCommand(logOver(broker), leadId, tag(name))));
      // The one that was accepted changes nothing a second time.
      expect(await types(leadId)).toHaveLength(1 + tags.length);
    });

    it('is no conflict when the command was done before under its key', async () => {
      const leadId = await newLead();
      const once = { key: 'k', expectVersion: 1 };
      await giveCommand(log, leadId, restart, once);
      await giveCommand(log, leadId, tag('a'));
      expect(await giveCommand(log, leadId, restart, once)).toMatchObject({ isNew: false, event: { version: 2 } });
    });
  });

  it('without a key becomes one event when two equal ones come at one moment', async () => {
    const leadId = await newLead();
    const [one, other] = await Promise.all([1, 2].map(() => giveCommand(logOver(broker), leadId, restart)));
    expect(one && 'event' in one && one.event).toEqual(other && 'event' in other && other.event);
    expect(await types(leadId)).toEqual(['triaged', 'restarted']);
  });

  it('is refused for a lead that does not exist', async () => {
    expect(refusalOf(await giveCommand(log, crypto.randomUUID(), pause, { key: 'k' }))).toMatch(/^no such lead; /);
  });

  it.each([
    ['arrives', true],
    ['does not arrive', false],
  ])(
    'is one event when its process dies at any of its messages and it is given again; the message %s',
    async (_, arrives) => {
      let messages = 0;
      for (let died = true; died; messages++) {
        const leadId = await newLead();
        died = await dies(nats.port, messages + 1, arrives, async (url, signal, begin) => {
          const dying = open(url, 1_000);
          signal.addEventListener('abort', () => void dying.close());
          await dying.ready(signal);
          begin();
          try {
            await giveCommand(logOver(dying, signal), leadId, restart, { key: 'k' });
          } finally {
            await dying.close();
          }
        });
        await giveCommand(log, leadId, restart, { key: 'k' });
        expect(await types(leadId)).toEqual(['triaged', 'restarted']);
      }
      // One read of the last event, one of each earlier one, and one append.
      expect(messages).toBeGreaterThan(2);
    },
  );
});
