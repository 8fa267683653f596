import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Draft } from '@leadstream/contracts/events';
import { Broker, silentLog } from '@leadstream/eventlog/broker';
import { provision } from '@leadstream/eventlog/provision';
import type { Command } from '@leadstream/lead/command';
import { leadFold } from '@leadstream/lead/evolve';
import { bounced, enrolled, replied, triaged } from '@leadstream/testing/builders';
import { startNats, type Server } from '@leadstream/testing/servers';
import { commandAll, previewAll, type LeadOutcome } from './bulk.ts';
import { LeadLog } from './lead-log.ts';

const pause: Command = { by: 'olga', kind: 'pause' };

describe('a command for many leads', () => {
  let nats: Server;
  let broker: Broker;
  let log: LeadLog;
  const newLog = () => new LeadLog(broker, leadFold, { source: 'test', now: () => Temporal.Now.instant() });
  const append = (leadId: string, { type, data }: Draft, id: string = crypto.randomUUID()) =>
    log.decide(leadId, id, () => ({ type, data }) as Draft);
  const newLeads = (count: number): Promise<string[]> =>
    Promise.all(
      Array.from({ length: count }, async () => {
        const leadId = crypto.randomUUID();
        await append(leadId, triaged(), leadId);
        await append(leadId, enrolled({}, leadId));
        return leadId;
      }),
    );
  const all = async (outcomes: AsyncIterable<LeadOutcome>) => {
    const each: LeadOutcome[] = [];
    for await (const one of outcomes) each.push(one);
    return each;
  };
  const types = async (leadId: string) =>
    (await log.history(leadId)).slice(2).map(({ type }) => type.replace('lead.', ''));

  beforeAll(async () => {
    nats = await startNats();
    broker = Broker.open({ servers: nats.url, name: 'test' }, silentLog);
    await broker.ready();
    await provision(broker, { replicas: 1, streams: ['LEADS'] });
    log = newLog();
  });
  afterAll(async () => {
    await broker?.close();
    await nats?.stop();
  });

  it('yields the outcome of each lead in order, as its preview does, which appends nothing', async () => {
    const [bounces = '', paused = '', answers = ''] = await newLeads(3);
    const stranger = crypto.randomUUID();
    await append(bounces, bounced);
    await append(answers, replied('human'));
    await append(paused, { type: 'lead.paused', data: { by: 'otto' } });
    const leadIds = [bounces, stranger, paused, answers];
    const restart: Command = { by: 'olga', kind: 'restart', route: { sequence: 'x', tag: 'x', rank: 1 } };
    for (const [command, outcomes] of [
      [pause, ['changed', 'refused unknown-lead', 'unchanged paused-already', 'changed']],
      [restart, ['refused stopped', 'refused unknown-lead', 'changed', 'changed']],
      [
        { by: 'olga', kind: 'stop', at: '2026-11-29T10:00:00Z' },
        ['unchanged stopped', 'refused unknown-lead', 'changed', 'changed'],
      ],
    ] as const) {
      const previewed = await all(previewAll(log, leadIds, command));
      const said = previewed.map((one) => ('code' in one ? `${one.outcome} ${one.code}` : one.outcome));
      expect(said).toEqual(outcomes);
      const run = crypto.randomUUID();
      const given = await all(commandAll(log, leadIds, command, { run }));
      expect(given.map(({ leadId }) => leadId)).toEqual(leadIds);
      expect(given).toEqual(
        previewed.map((one) =>
          one.outcome === 'changed' ? { ...one, event: expect.objectContaining({ version: expect.any(Number) }) } : one,
        ),
      );
    }
    expect(await types(bounces)).toEqual(['bounced', 'paused']);
  });

  it('gives no lead the command of a run twice, also after another command has undone it', async () => {
    const leadIds = await newLeads(20);
    const run = crypto.randomUUID();
    await all(commandAll(log, leadIds.slice(0, 12), pause, { run }));
    await all(commandAll(log, leadIds.slice(0, 1), { by: 'otto', kind: 'resume' }, { run: crypto.randomUUID() }));
    const outcomes = await all(commandAll(newLog(), leadIds, pause, { run }));
    expect(outcomes.map(({ outcome }) => outcome)).toEqual([
      ...Array<string>(12).fill('before'),
      ...Array<string>(8).fill('changed'),
    ]);
    expect(await Promise.all(leadIds.map(types))).toEqual([
      ['paused', 'resumed'],
      ...Array<string[]>(19).fill(['paused']),
    ]);
  });

  it('is decided again after an answer that comes meanwhile', async () => {
    const leadIds = await newLeads(60);
    const answering = Promise.all(leadIds.toReversed().map((leadId) => append(leadId, replied('human'))));
    const outcomes = await all(commandAll(newLog(), leadIds, pause, { run: crypto.randomUUID(), atOnce: 8 }));
    await answering;
    expect(new Set(outcomes.map(({ outcome }) => outcome))).toEqual(new Set(['changed']));
    for (const leadId of leadIds) expect((await types(leadId)).sort()).toEqual(['paused', 'replied']);
  });

  it('refuses a lead whose log has a hole, and goes on with the others', async () => {
    const leadIds = await newLeads(3);
    const [first] = await log.history(leadIds[1] ?? '');
    await (await broker.jsm()).streams.deleteMessage('LEADS', first?.seq ?? 0);
    const outcomes = await all(commandAll(newLog(), leadIds, pause, { run: crypto.randomUUID() }));
    expect(outcomes).toMatchObject([
      { outcome: 'changed' },
      { outcome: 'refused', code: 'unreadable' },
      { outcome: 'changed' },
    ]);
  });

  it('takes leads from a stream as it goes, and ends after those under way when it is interrupted', async () => {
    const leadIds = await newLeads(20);
    const run = crypto.randomUUID();
    const interrupt = new AbortController();
    let taken = 0;
    async function* stream() {
      for (const leadId of leadIds) {
        taken++;
        yield leadId;
      }
    }
    const outcomes: LeadOutcome[] = [];
    for await (const one of commandAll(log, stream(), pause, {
      run,
      atOnce: 4,
      perSecond: 0.001,
      signal: interrupt.signal,
    })) {
      outcomes.push(one);
      interrupt.abort();
    }
    expect(outcomes).toHaveLength(1);
    expect(taken).toBeLessThanOrEqual(5);
    expect((await Promise.all(leadIds.map(types))).flat()).toEqual(['paused']);
    const rest = await all(commandAll(log, leadIds, pause, { run }));
    expect(rest.filter(({ outcome }) => outcome === 'changed')).toHaveLength(19);
  });
});
