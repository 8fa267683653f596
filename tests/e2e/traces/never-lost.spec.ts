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

let services: ByHand;
let documents: Collection<LeadDocument>;
beforeAll(async () => {
  services = await ByHand.start();
  documents = services.stack.db.collection('leads_1');
});
beforeEach(() => services.stack.client.clearFaults());
afterEach(() => services.line.free());
afterAll(() => services.stop());

const paused: Draft = { type: 'lead.paused', data: { by: 'olga' } };
const tagged = (tag: string): Draft => ({ type: 'lead.tagged', data: { by: 'olga', add: [tag], remove: [] } });
/** The lead's document, once all of the log is in it. */
const projected = async (email: string): Promise<LeadDocument> => {
  const { lastSeq } = await services.load(email);
  return eventually(() => documents.findOne({ _id: services.stack.idOf(email), lastSeq }));
};

/**
 * The traces of the model check (docs/adr/0003), by their numbers, that ended with something lost, stuck, doubled or
 * forgotten.
 */
describe('trace', () => {
  it('4: a claim whose acknowledgement was lost is found by its owner, and given back after a pause', async () => {
    const email = await services.planned();
    const step = await services.due(email);
    services.whenSenderDecides(() => services.lossy.swallow());
    const handled = services.hand(step);
    const claim = await services.last(email, 'lead.send-started');
    await services.write(email, paused);
    services.lossy.heal();
    await handled;
    expect((await services.last(email, 'lead.send-skipped')).data).toMatchObject({
      guard: 'paused',
      sendId: claim.data.sendId,
    });
    expect(services.mails(email)).toEqual([]);
    await services.command(email, { kind: 'resume', by: 'olga' });
    await services.hand(await services.last(email, 'lead.resumed'));
    await services.mailed(email);
    expect(services.mails(email)).toHaveLength(1);
  });

  it('5: a crashed owner’s claim becomes unknown after its deadline; its step-due changes nothing', async () => {
    const email = await services.planned();
    const step = await services.due(email);
    expect(await services.claim(await services.load(email))).toMatchObject({ held: true });
    await services.hand(step);
    expect(await services.since(step)).toEqual(['send-started']);
    services.later({ minutes: 2 });
    expect((await services.last(email, 'lead.send-unknown')).data).toMatchObject({ class: 'swept' });
    await services.hand(step);
    expect(await projected(email)).toMatchObject({ status: 'parked', phase: 'parked' });
    expect(await services.since(step)).toEqual(['send-started', 'send-unknown']);
    expect(services.mails(email)).toEqual([]);
  });

  it('7: a reader decides nothing across a hole of the log, where a stop was', async () => {
    const email = await services.planned();
    await services.hand(await services.mailed(email));
    const step = await services.due(email);
    const beforeTheStop = await projected(email);
    const mail = await services.mail(email);
    await services.handTo('inbound', 'FEEDBACK', await services.reply(mail));
    const { seq } = await services.last(email, 'lead.replied');
    await services.handTo('inbound', 'FEEDBACK', await services.webhook(mail, 'delivered'));
    await projected(email);
    await documents.replaceOne({ _id: step.leadId }, beforeTheStop);
    const { stream, filter } = services.stack.logOf(email);
    await services.stack.jsm.streams.deleteMessage(stream, seq);
    await expect(services.hand(step)).rejects.toThrow(`${stream} ${seq} is missing`);
    const tip = await services.stack.jsm.streams.getMessage(stream, { last_by_subj: filter });
    expect(tip?.subject).toMatch(/\.delivered$/);
    expect(services.mails(email)).toHaveLength(1);
  });

  it('8: a mail that the provider accepted stays accepted after contrary events', async () => {
    const email = await services.planned();
    await services.stack.client.faults({ status: 503, accept: true });
    const { step, claim, answered } = await services.calling(email);
    await services.handTo('inbound', 'FEEDBACK', await services.webhook(await services.mail(email), 'delivered'));
    expect((await services.load(email)).state.phase.kind).toBe('settled');
    await answered();
    expect(await services.since(step)).toEqual(['send-started', 'delivered']);
    const { action: _, deadline: __, ...send } = claim.data;
    for (const type of ['lead.send-unknown', 'lead.send-failed'] as const)
      await services.write(email, { type, data: { ...send, class: 'swept' } });
    const { state } = await services.load(email);
    expect([state.phase.kind, state.sends[send.sendId]?.outcome]).toEqual(['settled', 'accepted']);
    expect(services.mails(email)).toHaveLength(1);
  });

  it('9: an unknown send that the provider reports delivered is followed by the next step', async () => {
    const email = await services.planned();
    await services.stack.client.faults({ drop: 'after' });
    const step = await services.due(email);
    await services.hand(step);
    expect(statusOf((await services.load(email)).state)).toBe('parked');
    await services.handTo('inbound', 'FEEDBACK', await services.webhook(await services.mail(email), 'delivered'));
    await services.hand(await services.last(email, 'lead.delivered'));
    expect((await services.last(email, 'lead.step-planned')).data).toMatchObject({
      why: 'next',
      planned: { index: 1 },
    });
    expect(await services.since(step)).toEqual(['send-started', 'send-unknown', 'delivered', 'step-planned']);
  });

  it('10: a step-due that no sender handles is appended again by the hunter', async () => {
    const email = await services.planned();
    const lost = await services.due(email);
    services.later({ minutes: 15 });
    const again = await eventually(async () => {
      const event = await services.last(email, 'lead.step-due');
      return event.seq > lost.seq && event;
    });
    await services.hand(again);
    await services.hand(lost);
    expect(await services.since(lost)).toEqual(['step-due', 'send-started', 'sent']);
    expect(services.mails(email)).toHaveLength(1);
  });

  it('11: a fact is in the log once, also when it is delivered or reported again', async () => {
    const email = await services.planned();
    const sent = await services.mailed(email);
    const mail = await services.mail(email);
    const timestamp = Math.floor(services.clock.now.epochMilliseconds / 1_000);
    const told = [
      await services.webhook(mail, 'delivered', { timestamp }),
      await services.webhook(mail, 'delivered', { timestamp }),
      await services.reply(mail),
    ];
    for (const seq of [...told, ...told]) await services.handTo('inbound', 'FEEDBACK', seq);
    expect(await services.since(sent)).toEqual(['delivered', 'replied']);
  });

  it('12: a reply that loses every race is appended all the same: its redelivery has no limit', async () => {
    const email = await services.planned();
    const sent = await services.mailed(email);
    const rivals: Promise<object>[] = [];
    await services.log.decide(sent.leadId, randomUUID(), (state, at) => {
      // Begun before the reply and on one connection, so it arrives first.
      if (rivals.length < 20) {
        const tag = tagged(`rival-${rivals.length}`);
        rivals.push(services.log.decide(sent.leadId, randomUUID(), () => tag, at));
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
    expect((await services.load(email)).state.stop).toMatchObject({ why: 'responded' });
    const { stream: log } = services.stack.logOf(email);
    for (const [stream, durable] of [
      ['INTAKE', 'triage'],
      ['FEEDBACK', 'inbound'],
      [log, 'scheduler'],
      [log, 'sender'],
      [log, PROJECTOR],
    ] as const) {
      expect((await services.stack.jsm.consumers.info(stream, durable)).config.max_deliver).toBe(-1);
    }
  });

  it('12: an outcome that finds later events is appended after them', async () => {
    const email = await services.planned();
    const { step, answered } = await services.calling(email);
    for (const tag of ['called', 'vip']) await services.write(email, tagged(tag));
    await answered();
    expect(await services.since(step)).toEqual(['send-started', 'tagged', 'tagged', 'sent']);
  });

  it('14: a pause holds through all later plans, until an operator resumes', async () => {
    const email = await services.planned();
    const sent = await services.mailed(email);
    await services.command(email, { kind: 'pause', by: 'olga' });
    await services.hand(sent);
    const { state } = await services.load(email);
    expect([state.phase.kind, statusOf(state), nextActionAt(state)]).toEqual(['planned', 'paused', null]);
    expect(await projected(email)).toMatchObject({ status: 'paused', nextActionAt: null });
    services.later({ seconds: 10 });
    await services.command(email, { kind: 'resume', by: 'olga' });
    await services.hand(await services.last(email, 'lead.resumed'));
    await services.hand(await services.due(email));
    expect(await services.since(sent)).toEqual([
      'paused',
      'step-planned',
      'resumed',
      'step-planned',
      'step-due',
      'send-started',
      'sent',
    ]);
  });

  it('17: a redelivered submission is no second one, and a redelivered `triaged` starts no second run', async () => {
    const email = `again.${randomUUID()}@example.com`;
    const seq = await services.submit(email, 'whitepaper');
    for (let delivery = 0; delivery < 2; delivery++) await services.handTo('triage', 'INTAKE', seq);
    const triaged = await services.last(email, 'lead.triaged');
    for (let delivery = 0; delivery < 2; delivery++) await services.hand(triaged);
    for (let step = 0; step < 2; step++) await services.hand(await services.mailed(email));
    const completed = await services.last(email, 'lead.sequence-completed');
    await services.hand(triaged);
    await services.handTo('triage', 'INTAKE', seq);
    expect(await services.since(completed)).toEqual([]);
    expect((await services.stack.types(email)).filter((type) => type === 'triaged' || type === 'enrolled')).toEqual([
      'triaged',
      'enrolled',
    ]);
  });

  describe('18: a projector', () => {
    const tail = async (leadId: string, afterSeq: number): Promise<Recorded[]> =>
      (await services.log.history(leadId)).filter(({ seq }) => seq > afterSeq);

    it('repeats a write that met another’s before the ack: the document has the last event', async () => {
      const email = await services.planned();
      await services.due(email);
      const whole = await projected(email);
      const [first, second, third] = await services.stack.history(email);
      if (!first || !second || !third) throw new Error('the lead has too few events');
      await documents.deleteOne({ _id: whole._id });
      const [slow, quick] = [
        new Projection(services.stack.db, leadFold, view),
        new Projection(services.stack.db, leadFold, view),
      ];
      const applied = await slow.apply([second, third], async (leadId, afterSeq) => {
        await quick.apply([first, second], tail);
        return tail(leadId, afterSeq);
      });
      expect([...applied.failed]).toEqual([]);
      expect(await documents.findOne({ _id: whole._id })).toEqual(whole);
    });

    it('leaves out a lead with a hole in its chain instead of showing it without the event', async () => {
      const email = await services.planned();
      await services.due(email);
      const { _id } = await projected(email);
      const [, enrolled] = await services.stack.history(email);
      const known = await services.load(email);
      await services.stack.jsm.streams.deleteMessage(services.stack.logOf(email).stream, enrolled?.seq ?? 0);
      const outcome = await services.log.append(known, tagged('after the hole'), randomUUID());
      if ('conflict' in outcome) throw new Error('another process wrote to the lead');
      const afresh = new Projection(services.stack.db, leadFold, view, { collection: 'leads_afresh' });
      const { failed } = await afresh.apply([outcome.event], tail);
      expect([...failed.keys()]).toEqual([_id]);
      expect(await services.stack.db.collection('leads_afresh').countDocuments()).toBe(0);
    });
  });
});
