import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventId } from './ids.ts';
import { aLead, paused, tagged } from './testing/small-lead.ts';
import { World } from './testing/world.ts';

describe('a lead’s history', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.open();
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
    expect(await events.append(place, paused, 'mine')).toMatchObject({ event: { version: 3, prevId: place.lastId } });
  });
});
