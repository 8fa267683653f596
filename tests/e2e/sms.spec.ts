import { createHmac, hash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Recorded } from '@leadstream/contracts/events';
import { logEnd } from '@leadstream/eventlog/log-stream';
import { readFolder } from '@leadstream/service/sequence-store';
import { eventually } from '@leadstream/testing/eventually';
import { isLong } from '@leadstream/testing/long';
import { startSandbox, type Sandbox } from '@leadstream/sandbox-esp/sandbox';
import { sandboxClient } from '@leadstream/sandbox-esp/client';
import { chance, type Chance } from '../chaos/chance.ts';
import { stopped } from './first-mail.ts';
import { freshEmail, lead, mailsTo, REP, startStack, trustedCaller, TRUSTED, type Stack } from './stack.ts';
import { CONSENT, freshNumber, withTexts } from './texted.ts';

/** The people of the mixed proof. */
const GROUP = 25;
const PEOPLE = isLong ? 2_000 : GROUP;
/** No judgement of speed: what stands still is found by its waits. */
const TOO_LONG_MS = 4 * 3_600_000;

/** A trusted form service whose file says where the consent is. */
const FORMS_SECRET = 'the secret of a form for our own people';
function intakeWithConsent(): string {
  const at = mkdtempSync(join(tmpdir(), 'leadstream-intake-'));
  writeFileSync(
    join(at, 'tally.yaml'),
    `${readFileSync('intake/tally.yaml', 'utf8')}
consent:
  sms:
    box: { in: fields, by: key, is: question_6, take: value }
    is: [9d4b0e1a]
    text: { in: fields, by: key, is: question_6, take: label }
    at: createdAt
`,
  );
  return at;
}

async function sequencesWithTexts(): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), 'leadstream-sms-'));
  for (const [name, text] of Object.entries(withTexts(await readFolder('sequences')))) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), text);
  }
  return dir;
}

const FORM_KEY = 'the key of a form that anybody fills in';
const FORM = { 'x-api-key': FORM_KEY };

const dir = await sequencesWithTexts();
const intake = intakeWithConsent();
let stack: Stack;
/** Slack and Teams. */
let chats: Sandbox;
beforeAll(async () => {
  chats = await startSandbox();
  stack = await startStack({
    delivery: 'twice at once',
    env: {
      ...trustedCaller,
      INGEST_API_KEYS: `${trustedCaller['INGEST_API_KEYS']},form:sha256:${hash('sha256', FORM_KEY)}`,
      INGEST_RATE_PER_MINUTE: '0',
      INTAKE_DIR: intake,
      INTAKE_SECRETS: `tally:${FORMS_SECRET}`,
      TRUSTED_SOURCES: `${trustedCaller['TRUSTED_SOURCES']},ingest/from/tally`,
      SEQUENCES_DIR: dir,
      DELAY_SCALE: '0.00002',
      REP_CHATS: `*=slack:${chats.url}/slack/sales`,
      WEBHOOKS_NETWORKS: '127.0.0.0/8',
      TWILIO_ACCOUNT_SID: `AC${'0'.repeat(31)}1`,
      TWILIO_API_SECRET: 'auth-token-of-the-tests',
      TWILIO_FROM: '+15005550006',
      TWILIO_RATE_PER_SECOND: '1000',
    },
  });
});
afterAll(async () => {
  await stack.stop();
  await chats.close();
  for (const each of [dir, intake]) rmSync(each, { recursive: true });
});

interface Person {
  email: string;
  phone: string;
}
const submitted = async (over: object = {}, headers: Record<string, string> = TRUSTED): Promise<Person> => {
  const person = { email: freshEmail('texted'), phone: freshNumber() };
  const { status } = await stack.post(
    lead(person.email, 'texted', { phone: person.phone, consent: CONSENT, ...over }),
    headers,
  );
  expect(status).toBe(202);
  return person;
};
const textsTo = (phone: string) => mailsTo(stack.sandbox, phone);
const text = (phone: string) => eventually(() => textsTo(phone)[0]);
const guards = (events: readonly Recorded[]): string[] =>
  events.flatMap((event) => (event.type === 'lead.send-skipped' ? [event.data.guard] : []));
const until = (email: string, isThere: (events: Recorded[]) => boolean): Promise<Recorded[]> =>
  eventually(async () => {
    const events = await stack.history(email);
    if (!isThere(events)) throw new Error(events.map(({ type }) => type).join(', '));
    return events;
  });
const has = (type: Recorded['type']) => (events: readonly Recorded[]) => events.some((event) => event.type === type);

const noticesOf = (email: string) => chats.messages().filter(({ text }) => text?.includes(email));
const mailsToRep = (email: string) =>
  mailsTo(stack.sandbox, REP).filter(({ custom_args: ids }) => ids['lead_id'] === stack.idOf(email));

describe('a sequence with texts', () => {
  it('texts a number in E.164 with its consent as evidence, and goes on by mail', async () => {
    const { email, phone } = await submitted();
    const sent = await text(phone);
    expect(sent).toMatchObject({ wire: 'twilio', text: expect.stringMatching(/^Hi Jane, .*\n\nReply STOP to end$/s) });
    await stack.lead(email, ({ status }) => status === 'completed');
    const events = await stack.history(email);
    expect(mailsTo(stack.sandbox, email)).toHaveLength(1);
    expect(textsTo(phone)).toHaveLength(2);
    expect(events[0]).toMatchObject({ data: { smsConsent: { ...CONSENT.sms, at: expect.any(String) } } });
    const claims = events.flatMap((event) => (event.type === 'lead.send-started' ? [event.data] : []));
    expect(claims.map(({ channel, provider }) => [channel, provider])).toEqual([
      ['sms', 'twilio'],
      ['email', stack.settings['ESP']],
      ['sms', 'twilio'],
    ]);
    await until(email, (all) => all.some(({ type, data }) => type === 'lead.delivered' && 'channel' in data));
    expect(JSON.stringify(events.filter(({ type }) => type !== 'lead.triaged'))).not.toContain(phone);
  });

  it('are counted by the sender of texts, and not by that of mails', async () => {
    const shown = await (await fetch(`${stack.url('sender')}/metrics`)).text();
    const value = (series: string): number =>
      Number(new RegExp(`^leadstream_${series} (\\S+)$`, 'm').exec(shown)?.[1] ?? Number.NaN);
    expect(value('esp_requests_total{provider="twilio",class="accepted",app="sms"}')).toBeGreaterThan(0);
    expect(value('esp_requests_total{provider="twilio",class="accepted",app="sender"}')).toBe(0);
    expect(value('esp_breaker_state{provider="twilio",app="sms"}')).toBe(0);
    expect(value('send_wait_seconds_count{app="sms"}')).toBeGreaterThan(0);
    expect(value('events_total{event="sent",app="sms"}')).toBeGreaterThan(0);
    expect(value('channel_waits_total{channel="sms",app="sms"}')).toBe(0);
  });

  it.each<[string, object, Record<string, string>, string]>([
    ['without a consent', { consent: undefined }, TRUSTED, 'no-consent'],
    ['with a stranger’s consent', {}, FORM, 'no-consent'],
    ['with a ticked box in place of a consent', { consent: 'on' }, TRUSTED, 'no-consent'],
    ['without a number', { phone: undefined }, TRUSTED, 'no-phone'],
    ['with a number that is none', { phone: '12' }, TRUSTED, 'no-phone'],
  ])('leaves the text out %s, and mails', async (_, over, headers, guard) => {
    const { email, phone } = await submitted(over, headers);
    const events = await until(email, has('lead.sequence-completed'));
    expect(guards(events)).toEqual([guard, guard]);
    expect(mailsTo(stack.sandbox, email)).toHaveLength(1);
    expect(textsTo(phone)).toEqual([]);
  });

  it.each([
    ['ticked', ['9d4b0e1a'], []],
    ['not ticked', [], ['no-consent', 'no-consent']],
  ])('reads the box of a form service that its file names: %s', async (_, value, left) => {
    const [email, phone] = [freshEmail('form'), freshNumber()];
    const sample = readFileSync('apps/ingest/src/samples/tally.json', 'utf8');
    const body = sample
      .replaceAll('{{email}}', email)
      .replace('+4915112345678', phone)
      .replace('["9d4b0e1a"]', JSON.stringify(value));
    const signature = createHmac('sha256', FORMS_SECRET).update(body).digest('base64');
    const { status } = await fetch(`${stack.url('ingest')}/v1/leads/from/tally?source=texted`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'tally-signature': signature },
      body,
    });
    expect(status).toBe(202);
    const events = await until(email, has('lead.sequence-completed'));
    expect(guards(events)).toEqual(left);
    expect(textsTo(phone)).toHaveLength(left.length === 0 ? 2 : 0);
    const smsConsent = { text: 'I agree to texts from Acme about my request.', at: '2026-11-02T10:00:00Z' };
    const [first] = events;
    expect(first && 'smsConsent' in first.data ? first.data.smsConsent : undefined).toEqual(
      left.length === 0 ? smsConsent : undefined,
    );
  });

  it.each(['STOP', ' stop. ', 'Unsubscribe'])('stops every channel at %j', async (word) => {
    const { email, phone } = await submitted();
    await stack.client.reply({ messageId: (await text(phone)).id, text: word });
    await stopped(stack, email, 'unsubscribed');
    const events = await stack.history(email);
    const stop = events.findIndex(({ type }) => type === 'lead.unsubscribed');
    // The gateway knows of the word at once, and its refusal of the next text may be recorded first.
    const via = expect.stringMatching(/^(?:reply|provider)$/);
    expect(events[stop]).toMatchObject({ data: { via, channel: 'sms', provider: 'twilio' } });
    expect(events.slice(stop).some(({ type }) => type === 'lead.send-started')).toBe(false);
  });

  it('stops at a person’s answer, and tells the rep its words', async () => {
    const { email, phone } = await submitted();
    await stack.client.reply({ messageId: (await text(phone)).id, text: 'Yes, call me on Monday' });
    await stopped(stack, email, 'responded');
    const told = await eventually(() => noticesOf(email)[0]);
    expect(told.text).toContain('Yes, call me on Monday');
  });

  it.each([
    ['in the answer', true],
    ['in a later report', false],
  ])('a dead number closes the number and not the mails: %s', async (_, isAtOnce) => {
    const person = { email: freshEmail('dead'), phone: freshNumber() };
    const { email, phone } = person;
    if (isAtOnce)
      await stack.client.faults({
        to: phone,
        status: 400,
        body: { code: 21614, message: 'not a mobile', status: 400 },
      });
    await stack.post(lead(email, 'texted', { phone, consent: CONSENT }), TRUSTED);
    if (!isAtOnce) await stack.client.event({ messageId: (await text(phone)).id, event: 'bounce' });
    const events = await until(email, has('lead.sequence-completed'));
    expect(guards(events)).toEqual(['no-phone']);
    expect(mailsTo(stack.sandbox, email)).toHaveLength(1);
    await stack.lead(email, ({ status }) => status === 'completed');
  });

  it('takes an opt-out that only the gateway knows as a stop of every channel', async () => {
    const person = { email: freshEmail('opted-out'), phone: freshNumber() };
    await stack.client.faults({
      to: person.phone,
      status: 400,
      body: { code: 21610, message: 'unsubscribed', status: 400 },
    });
    await stack.post(lead(person.email, 'texted', { phone: person.phone, consent: CONSENT }), TRUSTED);
    await stopped(stack, person.email, 'unsubscribed');
    expect(mailsTo(stack.sandbox, person.email)).toEqual([]);
  });

  it('parks a text of unknown outcome, and a report settles it', async () => {
    const silent = { email: freshEmail('unknown'), phone: freshNumber() };
    const reported = { email: freshEmail('unknown'), phone: freshNumber() };
    await stack.client.faults({ to: silent.phone, drop: 'after', silent: true });
    await stack.client.faults({ to: reported.phone, status: 500, accept: true });
    for (const { email, phone } of [silent, reported])
      await stack.post(lead(email, 'texted', { phone, consent: CONSENT }), TRUSTED);
    await stack.lead(silent.email, ({ status }) => status === 'parked');
    const events = await until(reported.email, has('lead.sequence-completed'));
    expect(events.filter(({ type }) => type === 'lead.send-unknown')).toHaveLength(1);
    expect(textsTo(silent.phone)).toHaveLength(1);
  });

  it('refuses a post that Twilio has not signed', async () => {
    const post = (path: string, headers: Record<string, string>) =>
      fetch(`${stack.url('inbound')}/v1/twilio/${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
        body: 'MessageSid=SM1&From=%2B491511&Body=STOP',
      });
    expect((await post('inbound', {})).status).toBe(401);
    expect((await post('events?send_id=x', { 'x-twilio-signature': `${'A'.repeat(27)}=` })).status).toBe(401);
  });
});

describe('texts and mails mixed', () => {
  /** The log's end: on a busy machine a group takes minutes, and ends as long as events are appended. */
  const patience = {
    timeoutMs: 60_000,
    progress: async () => (await logEnd(stack.broker)).end.join(),
  };

  /** Submits people, stops each at a random instant after the first text, and returns who had a claim after that. */
  const claimedAfterStop = async (people: readonly Person[], between: Chance['between']): Promise<string[]> => {
    await Promise.all(
      people.map(async ({ phone }) => {
        const { id } = await eventually(() => textsTo(phone)[0], patience);
        await delay(between(0, 2_500));
        // The sandbox gives a post up where a starved inbound does not answer; people text again, too.
        await eventually(() => stack.client.reply({ messageId: id, text: 'STOP' }), patience);
      }),
    );
    const after: string[] = [];
    for (const { email } of people) {
      const events = await eventually(async () => {
        const lead = await stack.queries.lead(stack.idOf(email));
        return lead?.status === 'unsubscribed' && stack.history(email);
      }, patience);
      const stop = events.findIndex(({ type }) => type === 'lead.unsubscribed');
      if (events.slice(stop).some(({ type }) => type === 'lead.send-started')) after.push(email);
    }
    return after;
  };

  it(
    'nothing goes out on any channel after a STOP at a random instant',
    async () => {
      const { between } = chance(jest.getSeed(), 'stops');
      const after: string[] = [];
      // In groups: of all people at once the answers would come behind the last steps.
      for (let left = PEOPLE; left > 0; left -= GROUP) {
        await stack.client.clear();
        const people = await Promise.all(
          Array.from({ length: Math.min(GROUP, left) }, () => eventually(() => submitted(), patience)),
        );
        after.push(...(await claimedAfterStop(people, between)));
        if (isLong) process.stderr.write(`${PEOPLE - left + people.length} people stopped\n`);
      }
      expect(after).toEqual([]);
      const report = await stack.leadctl('verify', '--json');
      if (isLong) process.stderr.write(`${report}\n`);
    },
    TOO_LONG_MS,
  );
});

describe('a rep with a chat', () => {
  const asked = async (source = 'demo_request'): Promise<string> => {
    const email = freshEmail('chat');
    await stack.post(lead(email, source, { firstName: '<!channel>' }), TRUSTED);
    return email;
  };
  const claimsOf = async (email: string) => {
    const events = await until(email, (all) => all.some(({ type }) => type === 'lead.sequence-completed'));
    expect(JSON.stringify(events)).not.toContain(chats.url);
    return events.flatMap(({ type, data }) =>
      type === 'lead.send-started' && data.audience === 'staff' ? [[data.channel, data.provider, data.attempt]] : [],
    );
  };
  const mail = () => ['email', stack.settings['ESP'], 1];

  it('is told there once, with what a stranger typed made harmless, and gets no mail', async () => {
    const email = await asked();
    expect(await claimsOf(email)).toEqual([['chat', 'slack', 1]]);
    expect(noticesOf(email)).toHaveLength(1);
    expect(noticesOf(email)[0]?.text).not.toContain('<!');
    expect(mailsToRep(email)).toEqual([]);
  });

  it.each<[string, Parameters<ReturnType<typeof sandboxClient>['faults']>[0], unknown[][], number, number]>([
    [
      'waits for a short hint',
      { status: 429, retryAfter: 1 },
      [
        ['chat', 'slack', 1],
        ['chat', 'slack', 2],
      ],
      1,
      0,
    ],
    ['is told by mail where the chat refuses the text', { status: 400 }, [['chat', 'slack', 1], []], 0, 1],
    ['is told by mail, too, where nothing is known of the post', { drop: 'after' }, [['chat', 'slack', 1], []], 1, 1],
    ['is told by mail where the webhook is revoked', { status: 404 }, [['chat', 'slack', 1], []], 0, 1],
  ])('%s', async (_, fault, claims, posts, mails) => {
    await sandboxClient(chats.url).faults({ to: 'sales@slack', ...fault });
    const email = await asked();
    expect(await claimsOf(email)).toEqual(claims.map((claim) => (claim.length > 0 ? claim : mail())));
    expect([noticesOf(email).length, mailsToRep(email).length]).toEqual([posts, mails]);
  });
});
