import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Draft, Recorded } from '@leadstream/contracts/events';
import { leadFold } from '@leadstream/lead/evolve';
import { decideFeedback } from '@leadstream/lead/feedback';
import { nextActionAt, statusOf, view } from '@leadstream/lead/state';
import { PROJECTOR, type LeadDocument } from '@leadstream/projection/collections';
import { Projection } from '@leadstream/projection/projection';
import { eventually } from '@leadstream/testing/eventually';
import type { Collection } from 'mongodb';
import { ByHand } from './by-hand.ts';

let house: ByHand;
let documents: Collection<LeadDocument>;
beforeAll(async () => {
  house = await ByHand.start();
  documents = house.stack.db.collection('leads_1');
});
beforeEach(() => house.stack.client.clearFaults());
afterEach(() => house.line.free());
afterAll(() => house.stop());

const paused: Draft = { type: 'lead.paused', data: { by: 'olga' } };
const tagged = (tag: string): Draft => ({ type: 'lead.tagged', data: { by: 'olga', add: [tag], remove: [] } });
/** The lead's document, once all of the log is in it. */
const projected = async (email: string): Promise<LeadDocument> => {
  const { lastSeq } = await house.load(email);
  return eventually(() => documents.findOne({ _id: house.stack.idOf(email), lastSeq }));
};

/**
 * The traces of the model check (docs/adr/0003), by their numbers, that ended with something lost, stuck, doubled or
 * forgotten.
 */
describe('nothing is lost', () => {
  it('4: a claim whose answer was lost is its owner’s all the same, who finds the pause behind it and gives it back', async () => {
    const email = await house.planned();
    const step = await house.due(email);
    house.whenSenderDecides(() => house.lossy.swallow());
    const handled = house.hand(step);
    const claim = await house.last(email, 'lead.send-started');
    await house.write(email, paused);
    house.lossy.heal();
    await handled;
    expect((await house.last(email, 'lead.send-skipped')).data).toMatchObject({
      guard: 'paused',
      sendId: claim.data.sendId,
    });
    expect(house.mails(email)).toEqual([]);
    await house.command(email, { kind: 'resume', by: 'olga' });
    await house.hand(await house.last(email, 'lead.resumed'));
    await house.mailed(email);
    expect(house.mails(email)).toHaveLength(1);
  });

  it('5: a claim whose owner died is shown as unknown after its deadline, and its step-due does nothing for it', async () => {
    const email = await house.planned();
    const step = await house.due(email);
    expect(await house.claim(await house.load(email))).toMatchObject({ held: true });
    await house.hand(step);
    expect(await house.since(step)).toEqual(['send-started']);
    house.later({ minutes: 2 });
    expect((await house.last(email, 'lead.send-unknown')).data).toMatchObject({ class: 'swept' });
    await house.hand(step);
    expect(await projected(email)).toMatchObject({ status: 'parked', phase: 'parked' });
    expect(await house.since(step)).toEqual(['send-started', 'send-unknown']);
    expect(house.mails(email)).toEqual([]);
  });

  it('7: a stop in a hole of the log: a reader across it decides nothing', async () => {
    const email = await house.planned();
    await house.hand(await house.mailed(email));
    const step = await house.due(email);
    const beforeTheStop = await projected(email);
    const mail = await house.mail(email);
    await house.handTo('inbound', 'FEEDBACK', await house.reply(mail));
    const { seq } = await house.last(email, 'lead.replied');
    await house.handTo('inbound', 'FEEDBACK', await house.webhook(mail, 'delivered'));
    await projected(email);
    await documents.replaceOne({ _id: step.leadId }, beforeTheStop);
    await house.stack.jsm.streams.deleteMessage('LEADS', seq);
    await expect(house.hand(step)).rejects.toThrow(`LEADS ${seq} is missing`);
    const tip = await house.stack.jsm.streams.getMessage('LEADS', { last_by_subj: `leads.${step.leadId}.>` });
    expect(tip?.subject).toMatch(/\.delivered$/);
    expect(house.mails(email)).toHaveLength(1);
  });

  it('8: what the provider accepted stays accepted, whatever is said of it later', async () => {
    const email = await house.planned();
    await house.stack.client.faults({ status: 503, accept: true });
    const { step, claim, answered } = await house.calling(email);
    await house.handTo('inbound', 'FEEDBACK', await house.webhook(await house.mail(email), 'delivered'));
    expect((await house.load(email)).state.phase.kind).toBe('settled');
    await answered();
    expect(await house.since(step)).toEqual(['send-started', 'delivered']);
    const { action: _, deadline: __, ...send } = claim.data;
    for (const type of ['lead.send-unknown', 'lead.send-failed'] as const)
      await house.write(email, { type, data: { ...send, class: 'swept' } });
    const { state } = await house.load(email);
    expect([state.phase.kind, state.sends[send.sendId]?.outcome]).toEqual(['settled', 'accepted']);
    expect(house.mails(email)).toHaveLength(1);
  });

  it('9: an unknown send that the provider reports delivered is followed by the next step', async () => {
    const email = await house.planned();
    await house.stack.client.faults({ drop: 'after' });
    const step = await house.due(email);
    await house.hand(step);
    expect(statusOf((await house.load(email)).state)).toBe('parked');
    await house.handTo('inbound', 'FEEDBACK', await house.webhook(await house.mail(email), 'delivered'));
    await house.hand(await house.last(email, 'lead.delivered'));
    expect((await house.last(email, 'lead.step-planned')).data).toMatchObject({ why: 'next', planned: { index: 1 } });
    expect(await house.since(step)).toEqual(['send-started', 'send-unknown', 'delivered', 'step-planned']);
  });

  it('10: a step-due that no sender handles is appended again', async () => {
    const email = await house.planned();
    const lost = await house.due(email);
    house.later({ minutes: 15 });
    const again = await eventually(async () => {
      const event = await house.last(email, 'lead.step-due');
      return event.seq > lost.seq && event;
    });
    await house.hand(again);
    await house.hand(lost);
    expect(await house.since(lost)).toEqual(['step-due', 'send-started', 'sent']);
    expect(house.mails(email)).toHaveLength(1);
  });

  it('11: a fact is in the log once, however often it is handed over or reported', async () => {
    const email = await house.planned();
    const sent = await house.mailed(email);
    const mail = await house.mail(email);
    const timestamp = Math.floor(house.clock.now.epochMilliseconds / 1_000);
    const told = [
      await house.webhook(mail, 'delivered', { timestamp }),
      await house.webhook(mail, 'delivered', { timestamp }),
      await house.reply(mail),
    ];
    for (const seq of [...told, ...told]) await house.handTo('inbound', 'FEEDBACK', seq);
    expect(await house.since(sent)).toEqual(['delivered', 'replied']);
  });

  it('12: a reply loses every race and is in the log all the same; no delivery of it is the last', async () => {
    const email = await house.planned();
    const sent = await house.mailed(email);
    const rivals: Promise<object>[] = [];
    await house.log.decide(sent.leadId, randomUUID(), (state, at) => {
      // Begun before the reply and on one connection, so it arrives first.
      if (rivals.length < 20) {
        const tag = tagged(`rival-${rivals.length}`);
        rivals.push(house.log.decide(sent.leadId, randomUUID(), () => tag, at));
      }
      return decideFeedback(state, {
        kind: 'replied',
        class: 'human',
        key: randomUUID(),
        provider: 'sendgrid',
        at: sent.at,
        matchedBy: 'token',
      });
    });
    const won = expect.objectContaining({ event: expect.anything() });
    expect(await Promise.all(rivals)).toEqual(Array.from({ length: 20 }, () => won));
    expect((await house.load(email)).state.stop).toMatchObject({ why: 'responded' });
    for (const [stream, durable] of [
      ['INTAKE', 'triage'],
      ['FEEDBACK', 'inbound'],
      ['LEADS', 'scheduler'],
      ['LEADS', 'sender'],
      ['LEADS', PROJECTOR],
    ] as const) {
      expect((await house.stack.jsm.consumers.info(stream, durable)).config.max_deliver).toBe(-1);
    }
  });

  it('12: and an outcome that finds others before it is said after them', async () => {
    const email = await house.planned();
    const { step, answered } = await house.calling(email);
    for (const tag of ['called', 'vip']) await house.write(email, tagged(tag));
    await answered();
    expect(await house.since(step)).toEqual(['send-started', 'tagged', 'tagged', 'sent']);
  });

  it('14: a pause outlives all later plans, until an operator resumes', async () => {
    const email = await house.planned();
    const sent = await house.mailed(email);
    await house.command(email, { kind: 'pause', by: 'olga' });
    await house.hand(sent);
    const { state } = await house.load(email);
    expect([state.phase.kind, statusOf(state), nextActionAt(state)]).toEqual(['planned', 'paused', null]);
    expect(await projected(email)).toMatchObject({ status: 'paused', nextActionAt: null });
    house.later({ seconds: 10 });
    await house.command(email, { kind: 'resume', by: 'olga' });
    await house.hand(await house.due(email));
    expect(await house.since(sent)).toEqual(['paused', 'step-planned', 'resumed', 'step-due', 'send-started', 'sent']);
  });

  it('17: a submission handed over again is no second one, and a triaged no second run', async () => {
    const email = `again.${randomUUID()}@example.com`;
    const seq = await house.submit(email, 'whitepaper');
    for (let delivery = 0; delivery < 2; delivery++) await house.handTo('triage', 'INTAKE', seq);
    const triaged = await house.last(email, 'lead.triaged');
    for (let delivery = 0; delivery < 2; delivery++) await house.hand(triaged);
    for (let step = 0; step < 2; step++) await house.hand(await house.mailed(email));
    const completed = await house.last(email, 'lead.sequence-completed');
    await house.hand(triaged);
    await house.handTo('triage', 'INTAKE', seq);
    expect(await house.since(completed)).toEqual([]);
    expect((await house.stack.types(email)).filter((type) => type === 'triaged' || type === 'enrolled')).toEqual([
      'triaged',
      'enrolled',
    ]);
  });

  describe('18: a projector', () => {
    const tail = async (leadId: string, afterSeq: number): Promise<Recorded[]> =>
      (await house.log.history(leadId)).filter(({ seq }) => seq > afterSeq);

    it('whose write met another’s does it again before the ack: the last event is in the document', async () => {
      const email = await house.planned();
      await house.due(email);
      const whole = await projected(email);
      const [first, second, third] = await house.stack.history(email);
      if (!first || !second || !third) throw new Error('the lead has too few events');
      await documents.deleteOne({ _id: whole._id });
      const [slow, quick] = [
        new Projection(house.stack.db, leadFold, view),
        new Projection(house.stack.db, leadFold, view),
      ];
      const applied = await slow.apply([second, third], async (leadId, afterSeq) => {
        await quick.apply([first, second], tail);
        return tail(leadId, afterSeq);
      });
      expect([...applied.failed]).toEqual([]);
      expect(await documents.findOne({ _id: whole._id })).toEqual(whole);
    });

    it('leaves a lead with a hole in its chain out, rather than show it without the event', async () => {
      const email = await house.planned();
      await house.due(email);
      const { _id } = await projected(email);
      const [, enrolled] = await house.stack.history(email);
      const known = await house.load(email);
      await house.stack.jsm.streams.deleteMessage('LEADS', enrolled?.seq ?? 0);
      const outcome = await house.log.append(known, tagged('after the hole'), randomUUID());
      if ('conflict' in outcome) throw new Error('somebody else wrote to the lead');
      const afresh = new Projection(house.stack.db, leadFold, view, { collection: 'leads_afresh' });
      const { failed } = await afresh.apply([outcome.event], tail);
      expect([...failed.keys()]).toEqual([_id]);
      expect(await house.stack.db.collection('leads_afresh').countDocuments()).toBe(0);
    });
  });
});
