import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { nurture } from '@leadstream/testing/builders';
import { ByHand } from './by-hand.ts';

let house: ByHand;
beforeAll(async () => {
  house = await ByHand.start();
});
beforeEach(() => house.stack.client.clearFaults());
afterEach(() => house.line.free());
afterAll(() => house.stop());

const move = { kind: 'move', route: nurture, step: 0, by: 'olga' } as const;

/** Leads who have two mails of one step of one run, by what the provider took and who claimed it. */
async function writtenToTwice(): Promise<string[]> {
  const twice: string[] = [];
  for (const email of house.emails) {
    const claims = (await house.stack.history(email)).filter((event) => event.type === 'lead.send-started');
    const claimOf = (sendId?: string) => claims.find(({ data }) => data.sendId === sendId)?.data;
    const steps = house
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
describe('a mail too many', () => {
  it('1: two senders hold one step-due; one claims, one mail leaves', async () => {
    const email = await house.planned();
    await house.due(email);
    const asTheOtherKnowsIt = await house.load(email);
    const { step, answered } = await house.calling(email);
    expect(await house.claim(asTheOtherKnowsIt)).toMatchObject({
      held: false,
      nothing: 'wrong-phase',
      detail: 'claimed',
    });
    await answered();
    expect(await house.since(step)).toEqual(['send-started', 'sent']);
    expect(house.mails(email)).toHaveLength(1);
  });

  it('2: a sender that finds a claim open leaves the step alone, though its owner is silent since the provider accepted the mail', async () => {
    const email = await house.planned();
    const { step, answered } = await house.calling(email);
    await house.mail(email);
    await house.hand(step);
    expect(await house.claim(await house.load(email))).toMatchObject({
      held: false,
      nothing: 'wrong-phase',
      detail: 'claimed',
    });
    expect(await house.since(step)).toEqual(['send-started']);
    await answered();
    expect(await house.since(step)).toEqual(['send-started', 'sent']);
    expect(house.mails(email)).toHaveLength(1);
  });

  it('3: a deferred step goes out at its retryAt, and not when its old step-due comes again', async () => {
    const email = await house.planned();
    const step = await house.due(email);
    await house.stack.client.faults({ status: 503, retryAfter: 60 });
    await house.hand(step);
    const deferred = await house.last(email, 'lead.send-deferred');
    await house.hand(step);
    await house.hand(deferred);
    await house.hand(step);
    expect((await house.last(email, 'lead.step-planned')).data).toMatchObject({
      why: 'retry',
      planned: { index: 0, at: deferred.data.retryAt },
    });
    expect(house.mails(email)).toEqual([]);
    await house.hand(await house.due(email, house.clock.now.until(deferred.data.retryAt)));
    expect(await house.since(step)).toEqual([
      'send-started',
      'send-deferred',
      'step-planned',
      'step-due',
      'send-started',
      'sent',
    ]);
    expect(house.mails(email)).toHaveLength(1);
  });

  it('6: a reply between a refusal and its retry leaves the retry unclaimed', async () => {
    const email = await house.planned();
    const first = await house.mailed(email);
    await house.hand(first);
    await house.stack.client.faults({ status: 503 });
    const { step, claim, answered } = await house.calling(email);
    await house.handTo('inbound', 'FEEDBACK', await house.reply(await house.mail(email)));
    await answered();
    expect(await house.since(step)).toEqual(['send-started', 'replied', 'send-skipped']);
    expect((await house.last(email, 'lead.send-skipped')).data).toMatchObject({
      guard: 'stopped',
      sendId: claim.data.sendId,
    });
    expect(house.mails(email)).toHaveLength(1);
  });

  it('13: a move and a better route wait for the call under way: after a stop no second one is', async () => {
    const email = await house.planned();
    const { step, answered } = await house.calling(email);
    expect(await house.command(email, move)).toMatchObject({ nothing: 'claim-open' });
    const better = await house.submit(email, 'demo_request');
    await expect(house.handTo('triage', 'INTAKE', better)).rejects.toThrow('a claim is open');
    await house.handTo('inbound', 'FEEDBACK', await house.reply(await house.mail(email)));
    await answered();
    expect(await house.command(email, move)).toMatchObject({ nothing: 'stopped', detail: 'responded' });
    await house.hand(await house.last(email, 'lead.sent'));
    expect(await house.since(step)).toEqual(['send-started', 'replied', 'sent', 'sequence-completed']);
    expect(house.mails(email)).toHaveLength(1);
  });

  it('15: a send-deferred that comes again plans nothing that was sent meanwhile', async () => {
    const email = await house.planned();
    await house.stack.client.faults({ status: 503, retryAfter: 60 });
    await house.hand(await house.due(email));
    const deferred = await house.last(email, 'lead.send-deferred');
    await house.hand(deferred);
    house.later(house.clock.now.until(deferred.data.retryAt));
    const sent = await house.mailed(email);
    for (const event of [deferred, sent, deferred]) await house.hand(event);
    expect((await house.last(email, 'lead.step-planned')).data).toMatchObject({ why: 'next', planned: { index: 1 } });
    expect(await house.since(sent)).toEqual(['step-planned']);
    const second = await house.mailed(email);
    for (const event of [deferred, second, deferred]) await house.hand(event);
    expect(await house.since(second)).toEqual(['sequence-completed']);
    expect(house.mails(email)).toHaveLength(2);
  });

  it('16: a move to the very step that is going out waits for it, and then is a run of its own', async () => {
    const email = await house.planned();
    const { step, claim, answered } = await house.calling(email);
    expect(await house.command(email, move)).toMatchObject({ nothing: 'claim-open' });
    await house.hand(step);
    await answered();
    expect(await house.since(step)).toEqual(['send-started', 'sent']);
    await house.command(email, move);
    const moved = await house.last(email, 'lead.moved');
    await house.hand(step);
    await house.hand(moved);
    expect((await house.last(email, 'lead.enrolled')).data).toMatchObject({ runId: moved.id, planned: { index: 0 } });
    await house.hand(step);
    expect((await house.mailed(email)).data).toMatchObject({ runId: moved.id, step: claim.data.step });
    expect(house.mails(email)).toHaveLength(2);
  });

  it('19: only a provider that takes a mail and says that it did not makes it two; the log names both', async () => {
    const email = await house.planned();
    const step = await house.due(email);
    await house.stack.client.faults({ status: 500, accept: true });
    await house.hand(step);
    expect(await house.since(step)).toEqual(['send-started', 'send-started', 'sent']);
    expect(house.mails(email)).toHaveLength(2);
    for (const mail of house.mails(email))
      await house.handTo('inbound', 'FEEDBACK', await house.webhook(mail, 'processed'));
    const sends = Object.values((await house.load(email)).state.sends);
    expect(sends).toMatchObject([
      { step: 0, attempt: 1, outcome: 'accepted' },
      { step: 0, attempt: 2, outcome: 'accepted' },
    ]);
    for (const fault of [{ status: 502, accept: true }, { status: 400, accept: true }, { drop: 'after' }] as const) {
      await house.stack.client.faults(fault);
      const silent = await house.due(await house.planned());
      for (let delivery = 0; delivery < 2; delivery++) await house.hand(silent);
    }
    expect(await writtenToTwice()).toEqual([email]);
  });
});
