import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { eventually } from '@leadstream/testing/eventually';
import { Unavailable } from './errors.ts';
import { eventId } from './ids.ts';
import { EventLog } from './log.ts';
import { startLossyProxy } from './testing/lossy-proxy.ts';
import { aLead, now, openBroker, paused, smallFold, tagged } from './testing/small-lead.ts';
import { LogFixture } from './testing/log-fixture.ts';

describe('a lead’s history', () => {
  let world: LogFixture;
  beforeAll(async () => {
    world = await LogFixture.open();
    await world.provision();
  });
  afterAll(() => world.close());

  it('is read no further back than requested', async () => {
    const { events, jsm } = world;
    const leadId = aLead();
    for (const seq of [1, 2, 3, 4])
      await events.decide(leadId, eventId({ stream: 'TEST', seq }, leadId), () => tagged(`tag-${seq}`));
    const [first, second, ...later] = await events.history(leadId);
    // A longer read would find the hole.
    await jsm.streams.deleteMessage('LEADS', first?.seq ?? 0);
    expect(await events.history(leadId, second?.seq)).toEqual(later);
    expect(await events.history(leadId, later[1]?.seq)).toEqual([]);
  });

  it('rejects an append at a position that now has another event, as after a restore', async () => {
    const { events } = world;
    const leadId = aLead();
    for (const seq of [1, 2])
      await events.decide(leadId, eventId({ stream: 'TEST', seq }, leadId), () => tagged(`tag-${seq}`));
    const place = await events.load(leadId, { leader: true });
    expect(await events.append({ ...place, lastId: 'of the log that is gone' }, paused, 'mine')).toEqual({
      conflict: true,
    });
    expect(await events.append({ ...place, lastAtMs: 0 }, paused, 'mine')).toEqual({ conflict: true });
    const { lastId, lastAtMs } = place;
    expect(await events.append(place, paused, 'mine')).toMatchObject({
      event: { version: 3, prevId: lastId, prevAtMs: lastAtMs },
    });
  });

  it('of a lost event is no hole in the restored log, and its message comes again', async () => {
    await world.begin();
    const { events } = world;
    const leadId = aLead();
    for (const seq of [1, 2, 3])
      await events.decide(leadId, eventId({ stream: 'TEST', seq }, leadId), () => tagged(`tag-${seq}`));
    const lost = (await events.history(leadId)).at(-1)!;
    await world.begin();
    const blank = new EventLog(world.broker, smallFold, { source: 'test', now });
    await expect(blank.asOf(lost)).rejects.toThrow(Unavailable);
    // The restored log ends with another event at that sequence.
    for (const seq of [4, 5, 6])
      await events.decide(leadId, eventId({ stream: 'TEST', seq }, leadId), () => tagged(`tag-${seq}`));
    expect(await blank.asOf(lost)).toMatchObject({ version: 3, state: { tags: ['tag-4', 'tag-5', 'tag-6'] } });
  });

  it('has no append of a lost log that is repeated once another event stands at its position', async () => {
    await world.begin();
    const { events, ground } = world;
    const leadId = aLead();
    const id = (name: string) => eventId({ stream: 'TEST', seq: 1 }, name);
    await using opened = new AsyncDisposableStack();
    const proxy = await startLossyProxy(ground.port);
    opened.defer(() => proxy.stop());
    const broker = await openBroker(proxy.url, { answerMs: 300 });
    opened.defer(() => broker.close());
    await events.decide(leadId, id('lost'), () => tagged('lost'));
    let decided = 0;
    const deciding = new EventLog(broker, smallFold, { source: 'test', now }).decide(leadId, id('mine'), () => {
      if (decided++ === 0) proxy.swallow();
      return paused;
    });
    await eventually(async () => (await events.history(leadId)).length === 2);
    // The restored log has another first event, at the sequence that the repeated append expects.
    await world.begin();
    await events.decide(leadId, id('restored'), () => tagged('restored'));
    using clock = jest.spyOn(performance, 'now');
    clock.mockReturnValue(performance.now() + 2_000);
    proxy.heal();
    expect(await deciding).toMatchObject({ event: { id: id('mine'), version: 2, prevId: id('restored') } });
    expect((await events.history(leadId)).map((event) => event.id)).toEqual([id('restored'), id('mine')]);
  });

  it('has no append on a state of a lost log that is kept for longer than a restore takes', async () => {
    await world.begin();
    const { events } = world;
    const leadId = aLead();
    const id = (name: string) => eventId({ stream: 'TEST', seq: 1 }, name);
    const { after: kept } = await events.decide(leadId, id('lost'), () => tagged('lost'));
    await world.begin();
    await events.decide(leadId, id('restored'), () => tagged('restored'));
    using clock = jest.spyOn(performance, 'now');
    clock.mockReturnValue(performance.now() + 2_000);
    const { after } = await events.decide(leadId, id('mine'), ({ tags }) => tagged(`after ${tags.join()}`), kept);
    expect(after).toMatchObject({ version: 2, state: { tags: ['restored', 'after restored'] } });
    expect((await events.history(leadId)).map((event) => event.id)).toEqual([id('restored'), id('mine')]);
  });
});
