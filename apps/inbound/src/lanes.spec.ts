import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { KeyLost, Unavailable } from '@leadstream/eventlog/errors';
import { inLanes } from './lanes.ts';

interface Item {
  lead: string;
  at: number;
}
const items = (leads: number, each = 1): Item[] =>
  Array.from({ length: leads * each }, (_, at) => ({ lead: `lead-${at % leads}`, at }));
const laneOf = ({ lead }: Item) => lead;
/** A few turns of the event loop, in which everything that could go on has gone on. */
const settle = async () => {
  for (let turn = 0; turn < 5; turn++) await setImmediate();
};

describe('the leads of a webhook', () => {
  it('are handled side by side, each lead’s events in their order', async () => {
    const { promise: opened, resolve: open } = Promise.withResolvers<void>();
    const done: Item[] = [];
    const handled = inLanes(items(3, 3), laneOf, async (item) => {
      if (item.at === 0) await opened;
      done.push(item);
    });
    await settle();
    expect(done.map(({ at }) => at)).toEqual([1, 2, 4, 5, 7, 8]);
    open();
    expect(await handled).toEqual([]);
    expect(done.filter(({ lead }) => lead === 'lead-0').map(({ at }) => at)).toEqual([0, 3, 6]);
  });

  it('are at most sixteen at once', async () => {
    let [inHand, most] = [0, 0];
    await inLanes(items(100), laneOf, async () => {
      most = Math.max(most, ++inHand);
      await setImmediate();
      inHand--;
    });
    expect(most).toBe(16);
  });

  it.each([new Error('a defect'), new Unavailable('NATS gave no answer')])(
    'have ended when a failure is reported: %s',
    async (failure) => {
      const { promise: opened, resolve: open } = Promise.withResolvers<void>();
      const order: string[] = [];
      const handled = inLanes(items(2), laneOf, async ({ at }) => {
        if (at === 0) throw failure;
        await opened;
        order.push('the other lead has ended');
      }).then((failures) => order.push(`${failures.length} failure`));
      await settle();
      open();
      await handled;
      expect(order).toEqual(['the other lead has ended', '1 failure']);
    },
  );

  it.each([new Error('a defect'), new KeyLost('lead-0', 'is not there')])(
    'are all handled beside one that fails: %s',
    async (failure) => {
      const done: number[] = [];
      const failures = await inLanes(items(40, 2), laneOf, async ({ lead, at }) => {
        if (lead === 'lead-0') throw failure;
        await setImmediate();
        done.push(at);
      });
      expect(failures).toEqual([failure, failure]);
      expect(done).toHaveLength(78);
    },
  );

  it('are left for the next delivery in an outage', async () => {
    const outage = new Unavailable('NATS gave no answer');
    let tries = 0;
    const failures = await inLanes(items(100, 2), laneOf, () => {
      tries++;
      return Promise.reject(outage);
    });
    expect(failures[0]).toBe(outage);
    expect(tries).toBe(16);
  });
});
