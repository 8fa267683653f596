import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { headers, nanos } from '@nats-io/transport-node';
import { CE, LEAD_PREV_SEQ, LEAD_VERSION } from '@leadstream/contracts/envelope';
import { eventually } from '@leadstream/testing/eventually';
import { aLead } from './testing/small-lead.ts';
import { LogFixture } from './testing/log-fixture.ts';

const STEP_DUE = 'leads.*.step-due';
const SCORED = 'leads.*.scored';

describe('an event of a newer build', () => {
  let world: LogFixture;
  let exits: string[];
  const watch = { onHandled: ({ exit }: { exit: string }) => void exits.push(exit) };
  beforeAll(async () => {
    world = await LogFixture.open();
  });
  beforeEach(async () => {
    exits = [];
    await world.begin();
  });
  afterEach(() => world.end());
  afterAll(() => world.close());

  /** Appends an event as a newer build does, behind `last`. */
  async function assigned(
    leadId: string,
    last = { version: 0, seq: 0 },
    { token = 'scored', dataVersion = '1' } = {},
  ): Promise<number> {
    const head = headers();
    const attributes = {
      [CE.type]: `lead.${token}`,
      [CE.id]: crypto.randomUUID(),
      [CE.dataVersion]: dataVersion,
      [LEAD_VERSION]: String(last.version + 1),
      [LEAD_PREV_SEQ]: String(last.seq),
    };
    for (const [name, value] of Object.entries(attributes)) head.set(name, value);
    return (await world.broker.js().publish(`leads.${leadId}.${token}`, '{"by":"an operator"}', { headers: head })).seq;
  }

  const filter = async () => (await world.consumer()).config.filter_subjects?.toSorted();
  const widen = (...subjects: string[]) => world.jsm.consumers.update('LEADS', 'sender', { filter_subjects: subjects });

  it('keeps its subject in the filter when an older build connects again', async () => {
    world.consume({ 'lead.step-due': () => undefined });
    await eventually(filter);
    await world.end();
    // The newer build also handles an event type that the older build knows without a handler.
    await widen(STEP_DUE, SCORED, 'leads.*.paused');
    world.consume({ 'lead.step-due': () => undefined, 'lead.resumed': () => undefined });
    await eventually(async () => (await filter())?.includes('leads.*.resumed'));
    expect(await filter()).toEqual(['leads.*.paused', 'leads.*.resumed', SCORED, STEP_DUE]);
  });

  it.each([
    ['of an unknown type', { token: 'scored' }],
    ['in a higher data version', { token: 'step-due', dataVersion: '2' }],
  ])('%s goes back, is not quarantined, and holds up no other lead', async (_, written) => {
    const handled: string[] = [];
    world.consume({ 'lead.step-due': ({ leadId }) => handled.push(leadId) }, watch);
    await eventually(filter);
    await widen(STEP_DUE, SCORED);
    await assigned(aLead(), undefined, written);
    await eventually(() => exits.includes('newer'));
    const { leadId } = await world.due();
    await eventually(() => handled.includes(leadId));
    expect(handled).toEqual([leadId]);
    expect(await world.quarantined()).toBe(0);
    expect(world.log.lines.filter(({ message }) => message === 'messages wait for a newer build')).toMatchObject([
      { level: 'warn', fields: { consumer: 'sender', deliveries: { [`lead.${written.token}`]: 1 }, waiting: 1 } },
    ]);
    expect(world.log.lines.filter(({ level }) => level === 'error')).toEqual([]);
    // Its delays add up to a minute and more before the tenth delivery; without a delay there are thousands.
    for (let count = 0; count < 50; count++) await world.due();
    await eventually(() => handled.length > 50);
    expect(exits.filter((exit) => exit === 'newer').length).toBeLessThan(10);
  });

  it('in a lead’s chain makes decisions on the lead wait', async () => {
    world.consume(
      {
        'lead.step-due': async ({ leadId }) => {
          await world.events.load(leadId);
        },
      },
      watch,
    );
    await eventually(filter);
    const due = await world.due();
    await eventually(() => exits.includes('ack'));
    await assigned(due.leadId, due);
    await assigned(due.leadId, { version: due.version + 1, seq: due.seq + 1 }, { token: 'paused' });
    await world.jsm.consumers.delete('LEADS', 'sender');
    await eventually(() => exits.includes('newer'));
    expect(exits).not.toContain('failed');
    expect(await world.quarantined()).toBe(0);
  });

  it('is delivered to the newer build once it runs', async () => {
    const old = world.consume({ 'lead.step-due': () => undefined }, watch);
    await eventually(filter);
    // The messages that the older build held when it stopped are redelivered after this time, instead of 30 s.
    const subjects = [STEP_DUE, 'leads.*.paused'];
    await world.jsm.consumers.update('LEADS', 'sender', { filter_subjects: subjects, ack_wait: nanos(2_000) });
    await assigned(aLead(), undefined, { token: 'paused' });
    await eventually(() => exits.includes('newer'));
    await old.close();
    const handled: string[] = [];
    world.consume({ 'lead.step-due': () => undefined, 'lead.paused': ({ type }) => handled.push(type) });
    await eventually(() => handled.length > 0);
    expect(await world.quarantined()).toBe(0);
  });

  it('is quarantined at the end of its wait, and can be redriven', async () => {
    world.consume({ 'lead.step-due': () => undefined }, { ...watch, newerMsMax: 0 });
    await eventually(filter);
    const seq = await assigned(aLead(), undefined, { token: 'step-due', dataVersion: '2' });
    await eventually(() => exits.length > 0);
    expect(exits).toEqual(['poison']);
    expect(await world.entry()).toMatchObject({
      reason: expect.stringContaining('of a newer build'),
      origin: { stream: 'LEADS', seq },
    });
  });
});
