import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Recorded } from '@leadstream/contracts/events';
import { publishLead } from '@leadstream/contracts/publish';
import { liveLeads } from '@leadstream/projection/collections';
import { AccountStore } from '@leadstream/service/account';
import { eventually } from '@leadstream/testing/eventually';
import { isLong } from '@leadstream/testing/long';
import { jetstream } from '@nats-io/jetstream';
import { freshEmail, lead, startStack, type Stack } from './stack.ts';

const metric = async (stack: Stack, name: string): Promise<number> => {
  const text = await (await fetch(`${stack.url('sender')}/metrics`)).text();
  return Number(new RegExp(`^${name}(?:{.*})? (.+)$`, 'm').exec(text)?.[1]);
};
const PAUSED = 'leadstream_sending_held{provider="sendgrid",why="account",app="sender"}';
const PATIENT = { timeoutMs: 300_000 };

/** Business hours, defined here again: nine fifteen to half past five, Monday to Friday. */
const isBusinessHour = (at: string, zone: string): boolean => {
  const { dayOfWeek, hour, minute } = Temporal.Instant.from(at).toZonedDateTimeISO(zone);
  const minutes = hour * 60 + minute;
  return dayOfWeek <= 5 && minutes >= 9 * 60 + 15 && minutes < 17 * 60 + 30;
};

describe('the provider is down for six hours while mails get due, hundreds an hour', () => {
  /** Of the mails a second, that many get through. The fewer they are, the slower, so that the limit is met. */
  const [SIZE, RATE] = isLong ? [1, 150] : [0.15, 22];
  const IN_FLIGHT_MAX = 2 * 32;
  /** At 9:00 UTC: in the middle of the day, an hour before the mails stop, and before they begin. */
  const PEOPLE = { 'Europe/Berlin': 800 * SIZE, 'Asia/Kolkata': 600 * SIZE, 'America/New_York': 600 * SIZE };
  const people = Object.entries(PEOPLE).flatMap(([zone, count]) =>
    Array.from({ length: count }, () => ({ zone, email: freshEmail('outage') })),
  );

  let stack: Stack;
  let aheadMs = 0;
  const now = () => Temporal.Now.instant().add({ milliseconds: aheadMs });
  /** Time passes, and everything that it makes due is found due. */
  const letItBe = async (instant: string) => {
    aheadMs = Date.parse(instant) - Date.now();
    await eventually(async () => (await stack.queries.overdueCount(now())) === 0, PATIENT);
  };
  /** Waits until no service has work before the next clock step. */
  const atRest = () =>
    eventually(async () => {
      const counts = await Promise.all([stack.queries.overdueCount(now()), stack.unhandled('LEADS')]);
      return counts.every((count) => count === 0);
    }, PATIENT);
  const mails = () => stack.sandbox.messages();
  const all = new Map<string, Recorded[]>();

  beforeAll(async () => {
    aheadMs = Date.parse('2026-11-24T09:00:00Z') - Date.now();
    stack = await startStack({
      clock: now,
      without: ['inbound'],
      env: {
        DELAY_SCALE: '1',
        ESP_RATE_PER_SECOND: String(RATE),
        ESP_BREAKER_RESET_MS: '500',
        RETRY_BASE_MS: '1',
        HUNT_EVERY_MS: '100',
      },
    });
    await stack.add('sender');
    await stack.client.faults({ status: 503, count: 1_000_000 });
    const js = jetstream(stack.nc);
    for (const { email, zone } of people)
      await publishLead(js, lead(email, 'whitepaper', { timeZone: zone }), { source: 'test' });
    const leads = await liveLeads(stack.db)();
    await eventually(async () => (await leads.countDocuments({ phase: 'planned' })) === people.length, PATIENT);
    for (let minutes = 10; minutes <= 370; minutes += 30)
      await letItBe(Temporal.Instant.from('2026-11-24T09:00:00Z').add({ minutes }).toString());
    expect(await metric(stack, 'leadstream_esp_breaker_state')).toBeGreaterThan(0);
    expect(mails()).toEqual([]);
    await stack.client.clearFaults();
    await atRest();
    // The evening, and the next mornings: for those whose window was closed, and those that the breaker had tried with.
    for (const instant of [
      '2026-11-24T22:00:00Z',
      '2026-11-25T03:46:00Z',
      '2026-11-25T08:16:00Z',
      '2026-11-25T14:16:00Z',
      '2026-11-25T15:00:00Z',
    ]) {
      await letItBe(instant);
      await atRest();
    }
    for (const { email } of people) all.set(email, await stack.history(email));
  });
  afterAll(() => stack.stop());

  it('each of them arrives, once', () => {
    const counts = new Map(people.map(({ email }) => [email, 0]));
    for (const { to } of mails()) counts.set(to, (counts.get(to) ?? 0) + 1);
    expect([...counts.values()].filter((count) => count !== 1)).toEqual([]);
  });

  const claims = () =>
    people.flatMap(({ email, zone }) =>
      (all.get(email) ?? []).flatMap((event) =>
        event.type === 'lead.send-started'
          ? [{ email, zone, seq: event.seq, at: event.at, first: event.data.attempt === 1 }]
          : [],
      ),
    );

  it('each in business hours where its reader is', () => {
    expect(claims().filter(({ at, zone }) => !isBusinessHour(at, zone))).toEqual([]);
  });

  it('never faster than the account may be used, by both senders together', () => {
    const at = mails()
      .map((mail) => Date.parse(mail.at))
      .sort((a, b) => a - b);
    const tooMany = at.flatMap((endMs, last) => {
      const first = Math.max(0, last - 400);
      const seconds = (endMs - (at[first] ?? 0)) / 1_000;
      return last - first + 1 > RATE * (seconds + 0.2) + 1 + IN_FLIGHT_MAX
        ? [{ mails: last - first + 1, seconds }]
        : [];
    });
    expect(tooMany).toEqual([]);
  });

  it('in the order in which they were due, but for those in hand', () => {
    // Mails due in the same minute have no order; those that the breaker tried come later.
    const order = people
      .filter(({ zone }) => zone === 'Europe/Berlin')
      .flatMap(({ email }) => {
        const events = all.get(email) ?? [];
        const enrolled = events.find((event) => event.type === 'lead.enrolled');
        const sent = events.find((event) => event.type === 'lead.send-started');
        const deferred = events.some(({ type }) => type === 'lead.send-deferred');
        return enrolled && sent && !deferred ? [{ due: Date.parse(enrolled.data.planned.at), seq: sent.seq }] : [];
      })
      .sort((a, b) => a.due - b.due);
    const sentOrder = order.toSorted((a, b) => a.seq - b.seq);
    const displaced = order.map((one, place) => Math.abs(sentOrder.indexOf(one) - place)).sort((a, b) => b - a);
    expect(order.length).toBeGreaterThan(PEOPLE['Europe/Berlin'] / 2);
    // Messages in a sender's hands are nacked and redelivered later.
    expect(displaced[IN_FLIGHT_MAX]).toBeLessThan(1.5 * IN_FLIGHT_MAX);
  });
});

describe('the account is refused', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack({ env: { DELAY_SCALE: '0.001' } });
  });
  afterAll(() => stack.stop());
  const submit = async () => {
    const email = freshEmail();
    await stack.post(lead(email, 'whitepaper'));
    return email;
  };
  const account = () => new AccountStore(stack.broker, 1, 'sendgrid');

  it.each([
    [
      'its credits are used up',
      1,
      { status: 401, body: { errors: [{ field: null, message: 'Maximum credits exceeded' }] } },
    ],
    ['its key is revoked', 1, { status: 401 }],
    ['it is forbidden to send, again and again', 3, { status: 403 }],
  ])('%s: sending stops and says so, no lead is blamed, and a person lets them go on', async (_, calls, fault) => {
    await stack.client.faults({ ...fault, count: calls });
    const refused = await Promise.all(Array.from({ length: calls }, submit));
    await eventually(async () => (await metric(stack, PAUSED)) === 1);
    expect(await account().paused()).toMatchObject({
      by: 'sender',
      why: expect.stringContaining(String(fault.status)),
    });
    for (const email of refused) await eventually(async () => (await stack.types(email)).includes('send-deferred'));
    const waiting = await submit();
    await stack.lead(waiting, ({ phase }) => phase === 'due');
    expect(await stack.types(waiting)).not.toContain('send-started');
    await account().resume({ by: 'olga' });
    await stack.lead(waiting, ({ step }) => step === 1);
    expect(await metric(stack, PAUSED)).toBe(0);
    expect(stack.sandbox.messages().filter(({ to }) => to === waiting)).toHaveLength(1);
  });

  it('a person pauses the account: nothing is claimed until it is resumed', async () => {
    await account().pause({ why: 'a wrong sequence', by: 'olga' });
    await eventually(async () => (await metric(stack, PAUSED)) === 1);
    const email = await submit();
    await stack.lead(email, ({ phase }) => phase === 'due');
    expect(await stack.types(email)).not.toContain('send-started');
    await account().resume({ by: 'olga' });
    await stack.lead(email, ({ step }) => step === 1);
  });
});
