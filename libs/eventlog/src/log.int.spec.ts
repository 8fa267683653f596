import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Recorded } from '@leadstream/contracts/events';
import { eventually } from '@leadstream/testing/eventually';
import type { Broker } from './broker.ts';
import { positionOf, type ChainPosition } from './chain.ts';
import { HoleInChain, Unavailable } from './errors.ts';
import { eventId } from './ids.ts';
import { EventLog, type Baseline, type Claim, type EventLogOptions, type Loaded } from './log.ts';
import { overwrite } from './overwrite.ts';
import { provision } from './provision.ts';
import { grounds, type Ground } from './testing/grounds.ts';
import { startLossyProxy, type LossyProxy } from './testing/lossy-proxy.ts';
import {
  aLead,
  claimStep,
  mayGoOut,
  now,
  openBroker,
  paused,
  smallFold,
  stepDue,
  tagged,
  type SmallLead,
} from './testing/small-lead.ts';

/** A follower may lag behind an append of a moment ago. */
const LEADER = { leader: true };

describe.each(grounds)('on %s', (_, openGround) => {
  let ground: Ground;
  let proxy: LossyProxy;
  let broker: Broker;
  let other: Broker;
  let lossy: Broker;

  beforeAll(async () => {
    ground = await openGround();
    proxy = await startLossyProxy(ground.port);
    [broker, other, lossy] = await Promise.all([
      openBroker(ground.url),
      openBroker(ground.url),
      openBroker(proxy.url, { answerMs: ground.lostMs }),
    ]);
    await eventually(() => provision(broker, { replicas: ground.replicas, streams: ['LEADS'] }).then(() => true));
    // Each node must serve reads itself, right after the stream was created.
    await eventually(() => Promise.all([broker, other, lossy].map((one) => logOver(one).load(aLead()))));
  });

  afterAll(async () => {
    await Promise.all([broker, other, lossy].map((open) => open?.close()));
    await proxy?.stop();
    await ground?.stop();
  });

  // A test that fails while responses are lost would fail every test after it.
  afterEach(() => proxy.heal());

  const logOver = (open: Broker, options: Partial<EventLogOptions<SmallLead>> = {}) =>
    new EventLog(open, smallFold, { source: 'test', now, ...options });
  const log = () => logOver(broker);
  const latest = (leadId: string) => log().load(leadId, LEADER);
  const id = (name: string, seq = 1) => eventId({ stream: 'INTAKE', seq }, name);
  const tags = (history: Recorded[]) =>
    history.flatMap((event) => (event.type === 'lead.tagged' ? event.data.add : []));
  const named = (names: number) => Array.from({ length: names }, (_, index) => `tag-${index}`);

  /** Read over the connection that will lose responses, which may still be broken from the test before. */
  const loadedByLossy = (leadId: string, options: Partial<EventLogOptions<SmallLead>> = {}) => {
    const events = logOver(lossy, options);
    return eventually(async () => ({ events, at: await events.load(leadId, LEADER) }));
  };

  /** A lead with the given number of events. */
  async function leadWith(count: number): Promise<string> {
    const leadId = aLead();
    for (const tag of named(count)) await eventually(() => log().decide(leadId, id(tag), () => tagged(tag)));
    return leadId;
  }

  describe('the log of one lead', () => {
    it('keeps source, data, time and predecessor of each event', async () => {
      const leadId = await leadWith(1);
      const { event } = (await log().decide(leadId, id('second'), () => paused)) as { event: Recorded };
      const [first, second] = await log().history(leadId);
      expect(second).toEqual(event);
      const said = {
        type: 'lead.paused',
        data: { by: 'an operator' },
        id: id('second'),
        at: '2026-11-23T09:00:00Z',
        source: 'test',
      };
      expect(second).toMatchObject({ ...said, leadId, version: 2, prevSeq: first?.seq });
    });

    it('is read whole without a baseline', async () => {
      const leadId = await leadWith(12);
      expect(await latest(leadId)).toMatchObject({ leadId, version: 12, state: { seen: 12, tags: named(12) } });
    });

    it('is empty for an unknown lead', async () => {
      expect(await latest('nobody')).toEqual({ leadId: 'nobody', state: smallFold.initial, version: 0, lastSeq: 0 });
    });

    it('is never read for a pattern in place of a lead', async () => {
      await expect(log().load('*')).rejects.toThrow(TypeError);
    });

    it('rejects an event without its type’s shape', async () => {
      const leadId = aLead();
      await expect(log().decide(leadId, id('bad'), () => ({ type: 'lead.paused', data: { by: '' } }))).rejects.toThrow(
        'lead.paused: by',
      );
      expect(await log().history(leadId)).toEqual([]);
    });

    it.each(['load', 'decide', 'history'] as const)('is not trusted with an event missing: %s', async (way) => {
      const leadId = await leadWith(4);
      const history = await log().history(leadId);
      const { direct, streams } = await broker.jsm();
      const seq = history[1]?.seq ?? 0;
      await streams.deleteMessage('LEADS', seq);
      await eventually(async () => (await direct.getMessage('LEADS', { seq })) === null);
      const ways = {
        load: () => latest(leadId),
        history: () => log().history(leadId),
        decide: () => log().decide(leadId, id('after'), () => paused),
      };
      await expect(ways[way]()).rejects.toThrow(HoleInChain);
      expect((await streams.getMessage('LEADS', { last_by_subj: `leads.${leadId}.>` }))?.seq).toBe(history[3]?.seq);
    });

    it('has one event of one id, also when a no is decided on the state before it', async () => {
      const leadId = await leadWith(1);
      const before = await latest(leadId);
      const first = await log().decide(leadId, id('once'), () => tagged('once'));
      const again = await logOver(other).decide(
        leadId,
        id('once'),
        ({ seen }) => (seen === 1 ? { nothing: 'not-due' } : tagged('twice')),
        before,
      );
      expect(again).toMatchObject({ event: { id: id('once'), seq: first.after.lastSeq } });
      expect(tags(await log().history(leadId))).toEqual(['tag-0', 'once']);
    });

    /** The log begins with the erasure, and what was before it is deleted on every node. */
    async function erase(leadId: string): Promise<void> {
      const forgets = (await log().history(leadId)).map(({ seq }) => seq);
      await log().decide(leadId, id('erased'), () => ({ type: 'lead.erased', data: { by: 'olga', forgets } }));
      const { direct } = await broker.jsm();
      for (const seq of forgets) {
        await overwrite(broker, 'LEADS', seq);
        await eventually(async () => (await direct.getMessage('LEADS', { seq })) === null);
      }
    }

    it.each(['load', 'decide'] as const)('is read again when an erasure deletes it meanwhile: %s', async (way) => {
      const leadId = await leadWith(8);
      // The baseline is asked for between the read of the last event and those before it.
      const overtaken = logOver(broker, { baseline: () => erase(leadId).then(() => undefined) });
      const ways = {
        load: () => overtaken.load(leadId, LEADER),
        decide: () => overtaken.decide(leadId, id('after'), () => ({ nothing: 'not-due' })),
      };
      expect(await ways[way]()).toMatchObject(
        way === 'load' ? { version: 9, state: { seen: 1 } } : { after: { version: 9, state: { seen: 1 } } },
      );
    });

    it('answers an event that an erasure has deleted from what is left', async () => {
      const leadId = await leadWith(4);
      const event = (await log().history(leadId))[3] as Recorded;
      await erase(leadId);
      expect(await log().answer(event, id('after'), ({ seen }) => ({ nothing: 'not-due', detail: `${seen}` }))).toEqual(
        expect.objectContaining({ nothing: 'not-due', detail: '1' }),
      );
    });
  });

  describe('a baseline', () => {
    const based = (base: () => Promise<Baseline<SmallLead> | undefined>) => logOver(broker, { baseline: base });
    const marked = { ...smallFold.initial, tags: ['from the baseline'] };

    it('saves reading the events it contains', async () => {
      const leadId = await leadWith(8);
      const { seq: lastSeq = 0, id: lastId = '' } = (await log().history(leadId))[5] ?? {};
      expect(
        await based(async () => ({ state: marked, stateVersion: 3, version: 6, lastSeq, lastId })).load(leadId, LEADER),
      ).toMatchObject({ version: 8, state: { tags: ['from the baseline', 'tag-6', 'tag-7'] } });
    });

    it('is asked for a short chain only when its events have left the memory of nats-server', async () => {
      const leadId = await leadWith(6);
      const baseline = { ...(await latest(leadId)), state: marked, stateVersion: 3 };
      const tagsIn = async (s: number) => {
        const later = logOver(broker, { baseline: async () => baseline, now: () => now().add({ seconds: s }) });
        return (await later.load(leadId, LEADER)).state.tags;
      };
      expect([await tagsIn(9), await tagsIn(10)]).toEqual([named(6), ['from the baseline']]);
    });

    it('that is up to date is the state', async () => {
      const leadId = await leadWith(8);
      const loaded = { ...(await latest(leadId)), state: marked };
      expect(await based(async () => ({ ...loaded, stateVersion: 3 })).load(leadId, LEADER)).toEqual(loaded);
    });

    it.each<[string, (last: Required<ChainPosition>) => Promise<Baseline<SmallLead> | undefined>]>([
      ['folded by another version', async (last) => ({ state: marked, stateVersion: 2, ...last })],
      [
        'ahead of the log: it belongs to another one',
        async ({ lastSeq, lastId }) => ({
          state: marked,
          stateVersion: 3,
          version: 12,
          lastSeq: lastSeq + 1_000,
          lastId,
        }),
      ],
      [
        'at the right place of another chain',
        async (last) => ({ state: marked, stateVersion: 3, ...last, version: 7 }),
      ],
      [
        'of another event, which had the place before a restore',
        async ({ lastSeq }) => ({
          state: marked,
          stateVersion: 3,
          version: 9,
          lastSeq,
          lastId: 'of the log that is gone',
        }),
      ],
      [
        'of the same event, which was made again after a restore',
        async (last) => ({ state: marked, stateVersion: 3, ...last, lastAtMs: last.lastAtMs - 600_000 }),
      ],
      [
        'between two events of the chain',
        async ({ lastSeq, lastId }) => ({ state: marked, stateVersion: 3, version: 2, lastSeq: lastSeq - 1, lastId }),
      ],
      ['missing', async () => undefined],
      [
        'failing',
        async () => {
          throw new Error('MongoDB is away');
        },
      ],
      ['late', () => new Promise(() => undefined)],
    ])('is ignored when it is %s', async (_, base) => {
      const leadId = await leadWith(8);
      await leadWith(1);
      await log().decide(leadId, id('ninth'), () => tagged('ninth'));
      const [last] = (await log().history(leadId)).slice(-1);
      const based9 = based(() => base(positionOf(last!)));
      expect(await based9.load(leadId, LEADER)).toMatchObject({
        version: 9,
        state: { seen: 9, tags: [...named(8), 'ninth'] },
      });
      // One event later, whose headers name the one of the baseline.
      await log().decide(leadId, id('tenth'), () => tagged('tenth'));
      expect(await based9.load(leadId, LEADER)).toMatchObject({ version: 10, state: { seen: 10 } });
    });
  });

  describe('the baselines of several leads', () => {
    const marked = { ...smallFold.initial, tags: ['from a baseline'] };

    it('are one query for those that are not remembered, and their chains are read from there', async () => {
      const leadIds = [await leadWith(3), await leadWith(3)];
      const remembered = await leadWith(1);
      const asked: (readonly string[])[] = [];
      const events = logOver(broker, {
        baselines: async (ids) => {
          asked.push(ids);
          const at = async (leadId: string) => positionOf((await log().history(leadId))[1] as Recorded);
          return new Map(
            await Promise.all(
              ids.map(async (leadId) => [leadId, { state: marked, stateVersion: 3, ...(await at(leadId)) }] as const),
            ),
          );
        },
      });
      await events.load(remembered, LEADER);
      const baselines = await events.baselines([...leadIds, remembered, ...leadIds]);
      const loaded = await Promise.all(
        leadIds.map((id) => events.load(id, { ...LEADER, baseline: baselines.get(id) })),
      );
      expect(loaded.map(({ version, state }) => [version, state.tags])).toEqual(
        leadIds.map(() => [3, ['from a baseline', 'tag-2']]),
      );
      await events.baselines(leadIds);
      expect(asked).toEqual([leadIds]);
    });

    it('are none by another fold, and none while the projection is away: the whole chain is read', async () => {
      const leadId = await leadWith(2);
      const older = new Map([[leadId, { ...(await latest(leadId)), state: marked, stateVersion: 2 }]]);
      for (const answer of [Promise.resolve(older), Promise.reject(new Error('away'))]) {
        const baselines = await logOver(broker, { baselines: () => answer }).baselines([leadId]);
        expect([...baselines]).toEqual([]);
      }
    });

    it('do not count when they are of another log', async () => {
      const leadId = await leadWith(3);
      const last = await latest(leadId);
      const foreign = { ...last, state: marked, lastId: 'another log’s' };
      expect((await log().load(leadId, { ...LEADER, baseline: foreign })).state.tags).toEqual(named(3));
      const ahead = { ...last, state: marked, version: 12, lastSeq: last.lastSeq + 1_000 };
      expect((await log().load(leadId, { ...LEADER, baseline: ahead })).state.tags).toEqual(named(3));
    });
  });

  describe('the cache of folded states', () => {
    it('saves the query for a baseline, and does not count as the newest state', async () => {
      const leadId = aLead();
      let asked = 0;
      const remembering = logOver(broker, {
        baseline: async () => {
          asked++;
          return undefined;
        },
      });
      for (const tag of named(3)) await remembering.decide(leadId, id(tag), () => tagged(tag));
      await log().decide(leadId, id('elsewhere'), () => tagged('elsewhere'));
      expect((await remembering.load(leadId, LEADER)).state.tags).toEqual([...named(3), 'elsewhere']);
      expect(asked).toBe(0);
    });

    it('is enough for a caller that asks for it, for a second', async () => {
      const [leadId, remembering] = [await leadWith(2), log()];
      using clock = jest.spyOn(performance, 'now');
      const nowMs = performance.now();
      clock.mockReturnValue(nowMs);
      await remembering.load(leadId, LEADER);
      await log().decide(leadId, id('third'), () => tagged('third'));
      expect(await remembering.load(leadId, { ...LEADER, cached: true })).toMatchObject({ version: 2 });
      clock.mockReturnValue(nowMs + 1_001);
      expect(await remembering.load(leadId, { ...LEADER, cached: true })).toMatchObject({ version: 3 });
    });

    it('has a baseline that was up to date', async () => {
      const leadId = await leadWith(8);
      const baseline = { ...(await latest(leadId)), stateVersion: 3 };
      let asked = 0;
      const remembering = logOver(broker, {
        baseline: async () => {
          asked++;
          return baseline;
        },
      });
      for (let time = 0; time < 2; time++) await remembering.load(leadId, LEADER);
      expect(asked).toBe(1);
    });

    it('serves an event that it contains, and no later one', async () => {
      const [leadId, remembering] = [await leadWith(2), log()];
      await remembering.load(leadId, LEADER);
      await log().decide(leadId, id('third'), () => tagged('third'));
      const states = await Promise.all((await log().history(leadId)).map((event) => remembering.asOf(event)));
      expect(states.map(({ version }) => version)).toEqual([2, 2, 3]);
    });
  });

  describe('a decision', () => {
    it('of racing writers is serialised: none is lost', async () => {
      const leadId = aLead();
      await Promise.all(
        named(20).map((tag, index) => logOver(index % 2 ? broker : other).decide(leadId, id(tag), () => tagged(tag))),
      );
      const history = await log().history(leadId);
      expect(history.map((event) => event.version)).toEqual(named(20).map((_, index) => index + 1));
      expect(tags(history).sort()).toEqual(named(20).sort());
    });

    it('made twice for one cause is one event', async () => {
      const leadId = aLead();
      const decide = (open: Broker) =>
        logOver(open).decide(leadId, id('once'), (state) => (state.paused ? { nothing: 'paused-already' } : paused));
      await Promise.all([decide(broker), decide(other), decide(broker)]);
      await decide(other);
      expect(await log().history(leadId)).toMatchObject([{ version: 1, id: id('once') }]);
    });

    it('made twice at once, whatever the state, is still one event', async () => {
      const leadId = aLead();
      const at = await latest(leadId);
      const outcomes = await Promise.all(
        [broker, other].map((open) => logOver(open).decide(leadId, id('once'), () => paused, at)),
      );
      expect(await log().history(leadId)).toHaveLength(1);
      expect(outcomes).toMatchObject([{ event: { id: id('once') } }, { event: { id: id('once') } }]);
    });

    it('without an event has its code, and is made on the newest event', async () => {
      const leadId = await leadWith(1);
      const stale = await latest(leadId);
      await log().decide(leadId, id('due'), () => stepDue);
      const seen: number[] = [];
      const outcome = await log().decide(
        leadId,
        id('no'),
        (state) => {
          seen.push(state.seen);
          return { nothing: 'known-already' };
        },
        stale,
      );
      expect(outcome).toMatchObject({ nothing: 'known-already', after: { version: 2 } });
      expect(seen).toEqual([1, 2]);
    });

    it('without an event is made on an older state when no later event changes it', async () => {
      const leadId = await leadWith(1);
      const stale = await latest(leadId);
      await log().decide(leadId, id('due'), () => stepDue);
      expect(
        await log().decide(leadId, id('no'), () => ({ nothing: 'send-known', isFinal: true }), stale),
      ).toMatchObject({ nothing: 'send-known', after: { version: 1 } });
    });

    it('on a state of another log is made anew on this one', async () => {
      const leadId = await leadWith(2);
      const foreign = { leadId, state: smallFold.initial, version: 40, lastSeq: 1_000_000 };
      expect(await log().decide(leadId, id('after'), () => paused, foreign)).toMatchObject({
        event: { version: 3 },
        after: { state: { seen: 3 } },
      });
    });

    it('whose response was lost is found by its id behind later events, and is not made again', async () => {
      const leadId = await leadWith(1);
      let decided = 0;
      const { events, at } = await loadedByLossy(leadId);
      const decider = () => {
        decided++;
        proxy.swallow();
        return tagged('mine');
      };
      const deciding = events.decide(leadId, id('mine'), decider, at);
      await eventually(async () => (await log().history(leadId)).length === 2);
      await logOver(other).decide(leadId, id('other'), () => tagged('other'));
      proxy.heal();
      expect(await deciding).toMatchObject({
        event: { id: id('mine'), version: 2 },
        after: { version: 3, state: { tags: ['tag-0', 'mine', 'other'] } },
      });
      expect(decided).toBe(1);
      expect(tags(await log().history(leadId))).toEqual(['tag-0', 'mine', 'other']);
    });

    it('waits for an answer while the broker restarts', async () => {
      const leadId = aLead();
      const leader = await ground.leader();
      let decided = 0;
      const deciding = logOver(other).decide(leadId, id('mine'), () => {
        decided++;
        void leader.kill();
        return paused;
      });
      await eventually(() => decided);
      await leader.restart();
      expect(await deciding).toMatchObject({ event: { version: 1 } });
      expect(decided).toBe(1);
      await ground.whole();
      await eventually(async () => expect(await log().history(leadId)).toHaveLength(1) ?? true);
    });

    it('ends as unavailable when the process stops while there is no answer', async () => {
      const leadId = aLead();
      const stopping = new AbortController();
      const { events, at } = await loadedByLossy(leadId, { signal: stopping.signal });
      const decider = () => {
        proxy.swallow();
        return paused;
      };
      const deciding = events.decide(leadId, id('mine'), decider, at);
      await eventually(async () => (await log().history(leadId)).length === 1);
      stopping.abort();
      await expect(deciding).rejects.toThrow(Unavailable);
      proxy.heal();
      await lossy.ready();
    });
  });

  describe('an append at exactly one place', () => {
    it('is refused when the chain has moved on: of many hunters one succeeds', async () => {
      const leadId = await leadWith(1);
      const at = await latest(leadId);
      const results = await Promise.all(
        named(50).map((name, index) => logOver(index % 2 ? broker : other).append(at, stepDue, id(name))),
      );
      expect(results.filter((result) => 'event' in result)).toHaveLength(1);
      expect(await latest(leadId)).toMatchObject({ version: 2 });
    });
  });

  describe('a fact', () => {
    it('is never lost among conflicting writers', async () => {
      const leadId = aLead();
      const writers = named(20).map((tag, index) =>
        logOver(index % 2 ? broker : other).decide(leadId, id(tag), () => tagged(tag)),
      );
      await logOver(other).decide(leadId, id('reply'), () => paused);
      await Promise.all(writers);
      expect(await latest(leadId)).toMatchObject({ version: 21, state: { paused: true } });
    });
  });

  describe('a claim', () => {
    const dueLead = async () => (await eventually(() => log().decide(aLead(), id('due'), () => stepDue))).after;
    const claim = (open: Broker, due: Loaded<SmallLead>) => logOver(open).claim(due.leadId, claimStep, mayGoOut, due);
    /** Decides normally; from the first decision on no response arrives. */
    const unheard = (): typeof claimStep => {
      let decided = 0;
      return (state, sendId) => {
        if (decided++ === 0) proxy.swallow();
        return claimStep(state, sendId);
      };
    };
    /** A claim whose response is lost, once it is in the log. */
    const claimUnheard = async ({ leadId }: Loaded<SmallLead>) => {
      const { events, at } = await loadedByLossy(leadId);
      const claiming = events.claim(leadId, unheard(), mayGoOut, at);
      await eventually(async () => (await latest(leadId)).state.claim);
      return { claiming };
    };
    const held = (claims: Claim<SmallLead>[]) => claims.filter((one) => one.held);

    it('has one holder among 50 claimants on two connections', async () => {
      for (let round = 0; round < 5; round++) {
        const due = await dueLead();
        const claims = await Promise.all(named(50).map((_, index) => claim(index % 2 ? broker : other, due)));
        expect(held(claims)).toHaveLength(1);
        expect(claims.filter((one) => !one.held).every((one) => 'nothing' in one && one.nothing === 'not-due')).toBe(
          true,
        );
        const { state } = await latest(due.leadId);
        expect(held(claims)).toMatchObject([{ event: { id: state.claim, data: { sendId: state.claim } } }]);
      }
    });

    it('has one holder when the responses to half of the claimants are lost', async () => {
      for (let round = 0; round < 3; round++) {
        const due = await dueLead();
        const decide = unheard();
        const loaded = await Promise.all(named(25).map(() => loadedByLossy(due.leadId)));
        const deaf = loaded.map(({ events, at }) => events.claim(due.leadId, decide, mayGoOut, at));
        const claiming = [...deaf, ...named(25).map(() => claim(broker, due))];
        await eventually(async () => (await latest(due.leadId)).state.claim);
        proxy.heal();
        // A claimant without an event in the log may give up, and its message is delivered again.
        const settled = await Promise.allSettled(claiming);
        expect(held(settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])))).toHaveLength(1);
        expect(settled.every((one) => one.status === 'fulfilled' || one.reason instanceof Unavailable)).toBe(true);
      }
    });

    it('is still held when its response was lost', async () => {
      const due = await dueLead();
      const { claiming } = await claimUnheard(due);
      expect(await claim(other, due)).toMatchObject({ held: false, nothing: 'not-due' });
      proxy.heal();
      expect(await claiming).toMatchObject({ held: true, event: { version: 2 } });
    });

    it.each([
      [
        'is given up when a pause came before the lost response',
        paused,
        { held: false, nothing: 'paused', orphan: { version: 2 }, after: { version: 3 } },
      ],
      [
        'is held when events before the lost response do not concern it',
        tagged('harmless'),
        { held: true, event: { version: 2 }, after: { version: 3 } },
      ],
    ])('%s', async (_, between, expected) => {
      const due = await dueLead();
      const { claiming } = await claimUnheard(due);
      await logOver(other).decide(due.leadId, id('between'), () => between);
      proxy.heal();
      expect(await claiming).toMatchObject(expected);
    });

    it('decided before a pause is decided again after it', async () => {
      const due = await dueLead();
      await log().decide(due.leadId, id('pause'), () => paused);
      expect(await claim(broker, due)).toMatchObject({ held: false, nothing: 'paused' });
      expect((await latest(due.leadId)).state.claim).toBeNull();
    });

    it('has an age that is never underestimated', async () => {
      const beforeMs = performance.now();
      const one = await claim(broker, await dueLead());
      expect(one.held && one.claimedAtMs >= beforeMs && one.claimedAtMs <= performance.now()).toBe(true);
    });
  });
});
