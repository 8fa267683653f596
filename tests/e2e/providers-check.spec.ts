import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { textChecks } from '@leadstream/leadctl/providers/twilio';
import { startSandbox, type Sandbox } from '@leadstream/sandbox-esp/sandbox';

describe('leadctl providers check of texts', () => {
  const ACCOUNT = `AC${'0'.repeat(31)}1`;
  const NUMBER = '+15005550006';
  const SERVICE = `MG${'0'.repeat(31)}1`;
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await startSandbox({ apiKey: 'the-secret' });
  });
  afterAll(() => sandbox.close());

  const inbound = 'https://leads.acme.dev/v1/twilio/inbound';
  const env = (over: Record<string, string> = {}) => ({
    TWILIO_ACCOUNT_SID: ACCOUNT,
    TWILIO_API_SECRET: 'the-secret',
    TWILIO_FROM: NUMBER,
    TWILIO_BASE_URL: sandbox.url,
    ...over,
  });
  const set = async (path: string, fields: Record<string, string>): Promise<void> => {
    const response = await fetch(`${sandbox.url}${path}`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`${ACCOUNT}:the-secret`).toString('base64')}` },
      body: new URLSearchParams(fields),
    });
    expect(response.status).toBe(200);
  };
  const setNumber = (fields: Record<string, string>) =>
    set(`/2010-04-01/Accounts/${ACCOUNT}/IncomingPhoneNumbers/PN${'0'.repeat(31)}1.json`, fields);
  const setService = (fields: Record<string, string>) => set(`/v1/Services/${SERVICE}`, fields);
  const publicUrl = { PUBLIC_URL: 'https://leads.acme.dev' };
  /** Without the reports, whose address is reached from here. */
  const ofTwilio = async (over: Record<string, string> = {}) =>
    (await textChecks(env(over)))
      .filter(({ group }) => group === 'provider')
      .map(({ result, what }) => `${result}: ${what}`);
  const ofNumber = () => ofTwilio(publicUrl).then((found) => found.at(-1));

  it('says nothing where no text can be sent, and names what is missing where one half is set', async () => {
    expect(await textChecks({ TWILIO_BASE_URL: sandbox.url })).toEqual([]);
    expect(await ofTwilio({ TWILIO_FROM: '' })).toEqual(['failed: texts: TWILIO_FROM is not set here']);
  });

  it('names a key that is refused, and a number or service that is not the account’s', async () => {
    expect(await ofTwilio({ TWILIO_API_SECRET: 'another' })).toEqual(['failed: Twilio refuses the key (401)']);
    expect(await ofTwilio({ TWILIO_FROM: '+1500555000' })).toEqual([
      'failed: +1500555000 (TWILIO_FROM) is no number of the account',
    ]);
    expect(await ofTwilio({ TWILIO_FROM: `MG${'0'.repeat(31)}2` })).toEqual([
      expect.stringMatching(/^failed: MG0+2 \(TWILIO_FROM\) is no messaging service of the account$/),
    ]);
    expect(await ofTwilio({ TWILIO_BASE_URL: 'http://127.0.0.1:1' })).toEqual([
      'failed: http://127.0.0.1:1 gives no answer',
    ]);
  });

  it('passes where texts to the number come to inbound and are posted again, and names each other way', async () => {
    expect(await ofNumber()).toBe(`failed: texts to ${NUMBER} go nowhere: a STOP is lost`);
    await setNumber({ SmsUrl: 'https://demo.twilio.com/welcome/sms/reply' });
    expect(await ofNumber()).toBe(`failed: texts to ${NUMBER} do not come to ${inbound}`);
    await setNumber({ SmsUrl: inbound });
    expect(await ofNumber()).toBe(`failed: a text to ${NUMBER} that inbound cannot take is not posted again`);
    await setNumber({ SmsUrl: `${inbound}#rc=5&rp=all`, SmsMethod: 'GET' });
    expect(await ofNumber()).toBe(`failed: texts to ${NUMBER} come by GET`);
    await setNumber({ SmsMethod: 'POST' });
    expect(await ofTwilio(publicUrl)).toEqual([
      `passed: ${NUMBER} is the account’s, and can send texts`,
      `passed: texts to ${NUMBER} come to inbound`,
    ]);
  });

  it('looks at the webhook of a messaging service, or at its numbers’ where it leaves them to those', async () => {
    const found = () => ofTwilio({ ...publicUrl, TWILIO_FROM: SERVICE });
    await setNumber({ SmsUrl: '' });
    expect((await found()).at(-1)).toBe(`failed: texts to ${SERVICE} go nowhere: a STOP is lost`);
    await setService({ InboundRequestUrl: `${inbound}#rc=5&rp=all` });
    expect(await found()).toEqual([
      `passed: ${SERVICE} sends by 1 number`,
      `passed: texts to ${SERVICE} come to inbound`,
    ]);
    await setService({ UseInboundWebhookOnNumber: 'true' });
    expect((await found()).at(-1)).toBe(`failed: texts to ${NUMBER} go nowhere: a STOP is lost`);
  });

  it('reads the further pages of numbers, of which the filter matches longer ones too', async () => {
    const asked: string[] = [];
    const real = globalThis.fetch;
    const page = (number: string, next?: number) => ({
      incoming_phone_numbers: [{ phone_number: number, capabilities: { sms: true }, sms_url: null }],
      next_page_uri:
        next === undefined ? null : `/2010-04-01/Accounts/${ACCOUNT}/IncomingPhoneNumbers.json?Page=${next}`,
    });
    let pages = [page(`${NUMBER}1`, 1), page(`${NUMBER}2`, 2), page(NUMBER)];
    globalThis.fetch = async (input) => {
      const url = new URL(input instanceof Request ? input.url : input);
      asked.push(url.origin);
      return Response.json(pages[Number(url.searchParams.get('Page') ?? 0)] ?? page(`${NUMBER}3`, 3));
    };
    try {
      expect(await ofTwilio()).toContain(`passed: ${NUMBER} is the account’s, and can send texts`);
      expect(new Set(asked)).toEqual(new Set([sandbox.url]));
      // A list without an end.
      pages = [page(`${NUMBER}1`, 3)];
      expect(await ofTwilio()).toEqual([`failed: ${NUMBER} (TWILIO_FROM) is no number of the account`]);
      expect(asked).toHaveLength(3 + 40);
    } finally {
      globalThis.fetch = real;
    }
  });

  it('asks Twilio’s host of messaging services, and tries the address of the reports', async () => {
    const asked: string[] = [];
    const real = globalThis.fetch;
    globalThis.fetch = async (input) => {
      asked.push(new URL(input instanceof Request ? input.url : input).href);
      return new Response('{}', { status: 404 });
    };
    try {
      const { TWILIO_BASE_URL: _, ...live } = env({ ...publicUrl, TWILIO_FROM: SERVICE });
      await textChecks(live);
    } finally {
      globalThis.fetch = real;
    }
    expect(asked.toSorted()).toEqual([
      'https://leads.acme.dev/v1/twilio/events',
      `https://messaging.twilio.com/v1/Services/${SERVICE}`,
    ]);
  });
});
