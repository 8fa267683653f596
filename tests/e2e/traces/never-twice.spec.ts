import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { nurture } from '@leadstream/testing/builders';
import { ByHand } from './by-hand.ts';

let services: ByHand;
beforeAll(async () => {
  services = await ByHand.start();
});
beforeEach(() => services.stack.client.clearFaults());
afterEach(() => services.line.free());
afterAll(() => services.stop());

const move = { kind: 'move', route: nurture, step: 0, by: 'olga' } as const;

/** Leads who have two mails of one step of one run, by what the provider took and who claimed it. */
async function writtenToTwice(): Promise<string[]> {
  const twice: string[] = [];
  for (const email of services.emails) {
    const claims = (await services.stack.history(email)).filter((event) => event.type === 'lead.send-started');
    const claimOf = (sendId?: string) => claims.find(({ data }) => data.sendId === sendId)?.data;
    const steps = services
      .mails(email)
      .map(({ custom_args: args }) => claimOf(args['send_id']))
      .map((claim) => `${claim?.runId}/${claim?.step}`);
    if (new Set(steps).size < steps.length) twice.push(email);
  }
  return twice;
}

/**
 * The traces of the model check (docs/adr/0003), by their numbers, that ended with a mail too many, too early, or after
 * a stop.
 */
describe('trace', () => {
  it('1: of two senders with one step-due only one claims, and one mail leaves', async () => {
    const email = await services.planned();
    await services.due(email);
    const asTheOtherKnowsIt = await services.load(email);
    const { step, answered } = await services.calling(email);
    expect(await services.claim(asTheOtherKnowsIt)).toMatchObject({
      held: false,
      nothing: 'wrong-phase',
      detail: 'claimed',
    });
    await answered();
    expect(await services.since(step)).toEqual(['send-started', 'sent']);
    expect(services.mails(email)).toHaveLength(1);
  });

  it('2: a sender does not touch a step with an open claim, although the owner does not respond', async () => {
    const email = await services.planned();
    const { step, answered } = await services.calling(email);
    await services.mail(email);
    await services.hand(step);
    expect(await services.claim(await services.load(email))).toMatchObject({
      held: false,
      nothing: 'wrong-phase',
      detail: 'claimed',
    });
    expect(await services.since(step)).toEqual(['send-started']);
    await answered();
    expect(await services.since(step)).toEqual(['send-started', 'sent']);
    expect(services.mails(email)).toHaveLength(1);
  });

  it('3: a deferred step goes out at its retryAt, and not at a redelivery of its old step-due', async () => {
    const email = await services.planned();
    const step = await services.due(email);
    await services.stack.client.faults({ status: 503, retryAfter: 60 });
    await services.hand(step);
    const deferred = await services.last(email, 'lead.send-deferred');
    await services.hand(step);
    await services.hand(deferred);
    await services.hand(step);
    expect((await services.last(email, 'lead.step-planned')).data).toMatchObject({
      why: 'retry',
      planned: { index: 0, at: deferred.data.retryAt },
    });
    expect(services.mails(email)).toEqual([]);
    await services.hand(await services.due(email, services.clock.now.until(deferred.data.retryAt)));
    expect(await services.since(step)).toEqual([
      'send-started',
      'send-deferred',
      'step-planned',
      'step-due',
      'send-started',
      'sent',
    ]);
    expect(services.mails(email)).toHaveLength(1);
  });

  it('6: a reply between a refusal and its retry leaves the retry unclaimed', async () => {
    const email = await services.planned();
    const first = await services.mailed(email);
    await services.hand(first);
    await services.stack.client.faults({ status: 503 });
    const { step, claim, answered } = await services.calling(email);
    await services.handTo('inbound', 'FEEDBACK', await services.reply(await services.mail(email)));
    await answered();
    expect(await services.since(step)).toEqual(['send-started', 'replied', 'send-skipped']);
    expect((await services.last(email, 'lead.send-skipped')).data).toMatchObject({
      guard: 'stopped',
      sendId: claim.data.sendId,
    });
    expect(services.mails(email)).toHaveLength(1);
  });

  it('13: a move and a better route wait for the call in progress: a stop prevents a second one', async () => {
    const email = await services.planned();
    const { step, answered } = await services.calling(email);
    expect(await services.command(email, move)).toMatchObject({ nothing: 'claim-open' });
    const better = await services.submit(email, 'demo_request');
    await expect(services.handTo('triage', 'INTAKE', better)).rejects.toThrow('a claim is open');
    await services.handTo('inbound', 'FEEDBACK', await services.reply(await services.mail(email)));
    await answered();
    expect(await services.command(email, move)).toMatchObject({ nothing: 'stopped', detail: 'responded' });
    await services.hand(await services.last(email, 'lead.sent'));
    const noticeToRep = ['enrolled', 'step-due'];
    const events = ['send-started', 'replied', 'sent', 'sequence-completed', ...noticeToRep];
    expect(await services.since(step)).toEqual(events);
    expect(services.mails(email)).toHaveLength(1);
  });

  it('15: a redelivered send-deferred plans no step that was sent meanwhile', async () => {
    const email = await services.planned();
    await services.stack.client.faults({ status: 503, retryAfter: 60 });
    await services.hand(await services.due(email));
    const deferred = await services.last(email, 'lead.send-deferred');
    await services.hand(deferred);
    services.later(services.clock.now.until(deferred.data.retryAt));
    const sent = await services.mailed(email);
    for (const event of [deferred, sent, deferred]) await services.hand(event);
    expect((await services.last(email, 'lead.step-planned')).data).toMatchObject({
      why: 'next',
      planned: { index: 1 },
    });
    expect(await services.since(sent)).toEqual(['step-planned']);
    const second = await services.mailed(email);
    for (const event of [deferred, second, deferred]) await services.hand(event);
    expect(await services.since(second)).toEqual(['sequence-completed']);
    expect(services.mails(email)).toHaveLength(2);
  });

  it('16: a move to the step whose call is in progress waits for it, and then is a run of its own', async () => {
    const email = await services.planned();
    const { step, claim, answered } = await services.calling(email);
    expect(await services.command(email, move)).toMatchObject({ nothing: 'claim-open' });
    await services.hand(step);
    await answered();
    expect(await services.since(step)).toEqual(['send-started', 'sent']);
    await services.command(email, move);
    const moved = await services.last(email, 'lead.moved');
    await services.hand(step);
    await services.hand(moved);
    expect((await services.last(email, 'lead.enrolled')).data).toMatchObject({
      runId: moved.id,
      planned: { index: 0 },
    });
    await services.hand(step);
    expect((await services.mailed(email)).data).toMatchObject({ runId: moved.id, step: claim.data.step });
    expect(services.mails(email)).toHaveLength(2);
  });

  it('19: only a provider that refuses an accepted mail causes a second one; both are in the log', async () => {
    const email = await services.planned();
    const step = await services.due(email);
    await services.stack.client.faults({ status: 500, accept: true });
    await services.hand(step);
    expect(await services.since(step)).toEqual(['send-started', 'send-started', 'sent']);
    expect(services.mails(email)).toHaveLength(2);
    for (const mail of services.mails(email))
      await services.handTo('inbound', 'FEEDBACK', await services.webhook(mail, 'processed'));
    const sends = Object.values((await services.load(email)).state.sends);
    expect(sends).toMatchObject([
      { step: 0, attempt: 1, outcome: 'accepted' },
      { step: 0, attempt: 2, outcome: 'accepted' },
    ]);
    for (const fault of [{ status: 502, accept: true }, { status: 400, accept: true }, { drop: 'after' }] as const) {
      await services.stack.client.faults(fault);
      const silent = await services.due(await services.planned());
      for (let delivery = 0; delivery < 2; delivery++) await services.hand(silent);
    }
    expect(await writtenToTwice()).toEqual([email]);
  });
});
