import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { logOf, logStreams } from '@leadstream/contracts/streams';
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { Broker, silentLog } from './broker.ts';
import { Unavailable } from './errors.ts';
import { eraseOf, storedOf } from './lead-messages.ts';
import { EventLog } from './log.ts';
import { provision } from './provision.ts';
import { onOneServer, type Ground } from './testing/grounds.ts';
import { now, smallFold, tagged, type SmallLead } from './testing/small-lead.ts';

const PARTITIONS = 4;
/** A lead of each partition, and a second one of the first. */
const leads = [0, 1, 2, 3, 4].map((n) => `0000000${n}-0000-8000-8000-00000000000${n}`);

describe('the events of a lead in a log of 4 partitions', () => {
  let ground: Ground;
  let broker: Broker;
  let events: EventLog<SmallLead>;
  let jsm: JetStreamManager;
  const dial = async (partitions: number): Promise<Broker> => {
    const dialled = Broker.open({ servers: ground.url, name: 'partitions', partitions }, silentLog);
    await dialled.ready();
    return dialled;
  };
  const tag = (leadId: string, name: string) => events.decide(leadId, `${leadId}/${name}`, () => tagged(name));

  beforeAll(async () => {
    ground = await onOneServer();
    broker = await dial(PARTITIONS);
    events = new EventLog(broker, smallFold, { source: 'test', now });
    jsm = await jetstreamManager(broker.connection());
    await provision(broker, { replicas: 1, streams: ['LEADS'], partitions: PARTITIONS });
    for (const name of ['one', 'two', 'three']) for (const leadId of leads) await tag(leadId, name);
  });
  afterAll(async () => {
    await broker.close();
    await ground.stop();
  });

  it('are all in the stream of its id, with sequences of their own', async () => {
    const infos = await Promise.all(logStreams(PARTITIONS).map(({ stream }) => jsm.streams.info(stream)));
    expect(infos.map(({ state }) => state.messages)).toEqual([6, 3, 3, 3]);
    for (const leadId of leads) {
      const { state, version } = await events.load(leadId, { leader: true });
      expect([state.tags, version]).toEqual([['one', 'two', 'three'], 3]);
      expect((await events.history(leadId)).map((event) => event.leadId)).toEqual([leadId, leadId, leadId]);
    }
  });

  it('are not those of another lead of its partition', async () => {
    const [first = '', , , , second = ''] = leads;
    const [event] = await events.history(first);
    expect(await storedOf(broker, { leadId: second, seq: event!.seq })).toBeNull();
  });

  it('are written by one of any number of writers at a place', async () => {
    for (const leadId of leads) {
      const at = await events.load(leadId, { leader: true });
      const appended = await Promise.all(
        Array.from({ length: 8 }, (_, n) => events.append(at, tagged(`race-${n}`), `${leadId}/race-${n}`)),
      );
      expect(appended.filter((outcome) => 'event' in outcome)).toHaveLength(1);
    }
  });

  it('have ids of their own at a place that another partition has too', async () => {
    const [, one = '', two = ''] = leads;
    const [first, second] = [await events.load(one), await events.load(two)];
    expect(first.lastSeq).toBe(second.lastSeq);
    expect(events.idAt(first, 'plan')).not.toBe(events.idAt(second, 'plan'));
  });

  it('are erased without those of the same sequence in other partitions', async () => {
    const [, one = '', two = ''] = leads;
    const [gone] = await events.history(one);
    expect(await eraseOf(broker, gone!)).toBe(true);
    expect(await storedOf(broker, gone!)).toBeNull();
    expect(await storedOf(broker, { leadId: two, seq: gone!.seq })).not.toBeNull();
  });

  it.each([
    [1, 'the log gave no answer'],
    [2, 'expected stream does not match'],
  ])('cannot be read or written by a process that takes %d for 4', async (partitions, why) => {
    const [leadId = ''] = leads;
    const other = await dial(partitions);
    const log = new EventLog(other, smallFold, { source: 'test', now, signal: AbortSignal.abort() });
    const start = { leadId, state: smallFold.initial, version: 0, lastSeq: 0 };
    const [read, written] = await Promise.allSettled([log.load(leadId), log.append(start, tagged('lost'), 'lost')]);
    await other.close();
    expect(read).toMatchObject({ status: 'rejected', reason: expect.any(Unavailable) });
    expect(String((written as PromiseRejectedResult).reason)).toContain(why);
    const { state } = await jsm.streams.info(logOf(leadId, PARTITIONS).stream);
    expect(state.messages).toBe(8);
  });
});
