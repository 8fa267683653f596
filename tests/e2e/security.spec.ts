import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { canonicalAddress } from '@leadstream/lead/address';
import { readToken, signToken } from '@leadstream/lead/signed-token';
import { anyText } from '@leadstream/testing/any-text';
import { eventually } from '@leadstream/testing/eventually';
import fc from 'fast-check';
import { eventPost, signingKey } from '@leadstream/sandbox-esp/webhook';
import { freshEmail, lead, mailsTo, startStack, type Stack } from './stack.ts';

const FORM = 'multipart/form-data; boundary=xYzZY';
const NEW_SECRET = 'the secret since yesterday';
const key = signingKey();

const part = (name: string, value: string): string =>
  `--xYzZY\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
const mail = (to: string, from: string, text: string): string =>
  `${part('headers', `From: ${from}\nTo: ${to}`)}${part('text', text)}` +
  `${part('SPF', 'pass')}${part('envelope', JSON.stringify({ to: [to], from }))}` +
  `--xYzZY--\r\n`;
const quiet = (stack: Stack) => eventually(async () => (await stack.unhandled('FEEDBACK', 'inbound')) === 0);
const lastOf = async (stack: Stack, stream: string): Promise<number> =>
  (await stack.jsm.streams.info(stream)).state.last_seq;

describe('the endpoints for mail', () => {
  let stack: Stack;
  // Two days are 86 s: nothing but an answer comes after the first mail.
  beforeAll(async () => {
    stack = await startStack({
      env: {
        DELAY_SCALE: '0.0005',
        TOKEN_SECRET: `${NEW_SECRET},another secret of the tests`,
        SENDGRID_EVENT_PUBLIC_KEYS: key.publicKey,
      },
    });
  });
  afterAll(() => stack.stop());

  const ask = (method: string, path: string, body?: string | Buffer, headers: Record<string, string> = {}) =>
    fetch(`${stack.url('inbound')}${path}`, {
      method,
      redirect: 'manual',
      headers,
      ...(body === undefined ? {} : { body: body as string }),
    });
  const written = async () => {
    const email = freshEmail();
    await stack.post(lead(email, 'whitepaper'));
    await stack.lead(email, ({ step, phase }) => step === 1 && phase === 'planned');
    return { email, id: stack.idOf(email) };
  };

  it.each<[string, (id: string) => string]>([
    ['a token for replies', (id) => signToken('reply', id, [NEW_SECRET])],
    ['a token signed with another secret', (id) => signToken('unsubscribe', id, ['a guess at the secret'])],
    ['a token cut short', (id) => signToken('unsubscribe', id, [NEW_SECRET]).slice(0, -1)],
    ['the lead’s id', (id) => id],
    ['a text of another shape', () => '%00%0d%0aSet-Cookie:%20a=b'],
  ])('do not unsubscribe a lead by %s, and their response does not reveal that', async (_, forge) => {
    const { email, id } = await written();
    const before = await lastOf(stack, 'FEEDBACK');
    const answers = await Promise.all(
      [forge(id), signToken('unsubscribe', stack.idOf('nobody@example.com'), [NEW_SECRET])].map((token) =>
        ask('POST', `/u/${token}`),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(await answers[0]?.text()).toBe(await answers[1]?.text());
    // One of the two: the genuine token of a lead that there is not.
    expect(await lastOf(stack, 'FEEDBACK')).toBe(before + 1);
    expect(await stack.lead(email)).toMatchObject({ status: 'active' });
  });

  it('accept a token that was signed before the secret was changed', async () => {
    const { email, id } = await written();
    await ask('POST', `/u/${signToken('unsubscribe', id, ['another secret of the tests'])}`);
    await stack.lead(email, ({ status }) => status === 'unsubscribed');
  });

  it.each([
    '<script>evil()</script>',
    'Content-Nurture',
    'a b',
    '-',
    'a'.repeat(61),
    '',
    '../evil',
    '__proto__',
    'content-nurture\0',
    'content-nurture&sequence=sales-demo',
  ])('ignore an invalid series in the link, and do not show it: %j', async (series) => {
    const { email, id } = await written();
    const token = signToken('unsubscribe', id, [NEW_SECRET]);
    const query = series.includes('&') ? series : encodeURIComponent(series);
    const path = `/u/${token}?sequence=${query}`;
    const [plain, asked] = await Promise.all(
      [`/u/${token}`, path].map(async (each) => (await ask('GET', each)).text()),
    );
    const answer = await (
      await ask('POST', path, 'only=this-series', { 'content-type': 'application/x-www-form-urlencoded' })
    ).text();
    expect([
      asked === plain,
      answer.includes('We will not write to you again.'),
      /evil|proto/i.test(asked + answer),
    ]).toEqual([true, true, false]);
    expect(await stack.lead(email, ({ status }) => status === 'unsubscribed')).toMatchObject({ declined: [] });
  });

  it('unsubscribe only the token’s lead from another sequence in its link', async () => {
    const [mine, other] = await Promise.all([written(), written()]);
    await ask(
      'POST',
      `/u/${signToken('unsubscribe', mine.id, [NEW_SECRET])}?sequence=reply-notice`,
      'only=this-series',
      { 'content-type': 'application/x-www-form-urlencoded' },
    );
    expect(
      await stack.lead(mine.email, ({ declined }) => Array.isArray(declined) && declined.length === 1),
    ).toMatchObject({ status: 'active', phase: 'planned', declined: ['reply-notice'] });
    expect(await stack.lead(other.email)).toMatchObject({ status: 'active', declined: [] });
  });

  it('do not take an unsubscribe token for a reply address', async () => {
    const { email, id } = await written();
    await ask(
      'POST',
      `/v1/sendgrid/inbound/${stack.settings['INBOUND_SECRET']}`,
      mail(`r+${signToken('unsubscribe', id, [NEW_SECRET])}@reply.acme.example`, 'stranger@example.com', 'hello'),
      { 'content-type': FORM },
    );
    await quiet(stack);
    expect(await stack.lead(email)).toMatchObject({ status: 'active' });
  });

  it('change nothing for a webhook that is posted again days later', async () => {
    const { email, id } = await written();
    const told = eventPost([{ event: 'open', email, lead_id: id, timestamp: 1_700_000_000, sg_event_id: 'once' }], key);
    for (let times = 0; times < 3; times++)
      expect((await ask('POST', '/v1/sendgrid/events', told.body, told.headers)).status).toBe(200);
    await quiet(stack);
    expect((await stack.types(email)).filter((type) => type === 'opened')).toHaveLength(1);
  });

  it('respond without a redirect, with a page that loads, runs and frames nothing', async () => {
    const token = signToken('unsubscribe', stack.idOf('nobody@example.com'), [NEW_SECRET]);
    for (const path of [
      `/u/${token}?next=https://evil.example&url=//evil.example`,
      `//evil.example/u/${token}`,
      '/u/https:%2f%2fevil.example',
      '//evil.example/%2e%2e',
      '/\\evil.example',
    ]) {
      const answer = await ask('GET', path);
      expect([answer.status < 300 || answer.status >= 400, answer.headers.get('location')]).toEqual([true, null]);
      expect(await answer.text()).not.toMatch(/evil|<script/);
      expect(answer.headers.get('content-security-policy')).toMatch(/^default-src 'none'/);
    }
  });

  it('store every mail and show a page: no response makes SendGrid drop one', async () => {
    const words = fc.oneof(
      anyText(),
      fc.constantFrom(
        '--xYzZY--',
        '--xYzZY\r\n',
        part('envelope', '{"to":["a@b.example"]}'),
        part('__proto__', 'x'),
        part('charsets', '{"text":"utf-7"}'),
        '\0',
        '\r\n\r\n',
      ),
    );
    const body = fc.oneof(
      fc.array(words, { maxLength: 8 }).map((parts) => Buffer.from(parts.join(''))),
      fc.uint8Array({ maxLength: 500 }).map((bytes) => Buffer.from(bytes)),
    );
    const type = fc.constantFrom(
      FORM,
      'multipart/form-data',
      'multipart/form-data; boundary=',
      'application/x-www-form-urlencoded',
      'text/plain',
      ';',
      'a/b',
    );
    const token = fc.oneof(
      anyText({ minLength: 1, maxLength: 60 }).map((given) => encodeURIComponent(given.toWellFormed())),
      fc.constantFrom('a'.repeat(1_000), '__proto__', '%2e%2e%2f'),
    );
    await fc.assert(
      fc.asyncProperty(body, type, token, async (given, contentType, made) => {
        const headers = { 'content-type': contentType };
        const timestamp = '1700000000';
        const signed = {
          ...headers,
          'x-twilio-email-event-webhook-timestamp': timestamp,
          'x-twilio-email-event-webhook-signature': key.sign(Buffer.concat([Buffer.from(timestamp), given])),
        };
        const answers = await Promise.all([
          ask('POST', `/v1/sendgrid/inbound/${stack.settings['INBOUND_SECRET']}`, given, headers),
          ask('POST', '/v1/sendgrid/events', given, signed),
          ask('POST', `/u/${made}`, given, headers),
          ask('POST', '/v1/sendgrid/events', given, headers),
          ask('POST', '/v1/sendgrid/inbound/guess', given, headers),
        ]);
        expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 401, 404]);
        for (const answer of answers) await answer.body?.cancel();
      }),
      { numRuns: 60 },
    );
    const { email } = await written();
    await ask(
      'POST',
      `/v1/sendgrid/inbound/${stack.settings['INBOUND_SECRET']}`,
      mail('sales@acme.example', email, 'Call me.'),
      { 'content-type': FORM },
    );
    await stack.lead(email, ({ status }) => status === 'responded');
  });
});

describe('a stranger at the form', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack({ env: { DELAY_SCALE: '0.0005' } });
  });
  afterAll(() => stack.stop());

  it('causes one mail to an address by repeated submissions in any spelling', async () => {
    const email = freshEmail();
    const spellings = [email, email.toUpperCase(), ` ${email}`, `${email}\u200b`];
    for (const spelling of [...spellings, ...spellings])
      expect((await stack.post(lead(spelling, 'whitepaper'))).status).toBe(202);
    await stack.lead(email, ({ step, phase, version }) => step === 1 && phase === 'planned' && version > 12);
    expect(stack.sandbox.messages().filter(({ to }) => canonicalAddress(to) === email)).toHaveLength(1);
  });

  it.each([
    ['a link', 'Win at https://evil.example'],
    ['a link without http', 'evil.example/win'],
    ['markup', '<a href="//evil.example">x</a>'],
    ['Markdown', '[evil](https://evil.example)'],
    ['Liquid', '{{ booking_url }}{% if evil %}'],
    ['lines of a header', 'Jane\r\nBcc: evil@evil.example\r\n\r\nevil'],
  ])('puts %s of a form’s fields into no mail', async (_, evil) => {
    const email = freshEmail();
    await stack.post({
      email,
      firstName: evil,
      lastName: evil,
      leadData: {
        source: 'whitepaper',
        campaign: evil,
        medium: evil,
        pageURL: evil,
        utm: { utm_source: evil },
        fields: { company: evil, message: evil },
      },
    });
    const mail = await eventually(() => mailsTo(stack.sandbox, email)[0]);
    const { subject, text: words, html, headers, to_name: name, reply_to: replyTo } = mail;
    // With its colon: a token of the reply address has "bcc" in it now and then.
    expect(JSON.stringify({ subject, words, html, headers, name, replyTo })).not.toMatch(/evil|Bcc:|\{\{|\{%/i);
  });
});

describe('personal or secret data', () => {
  /** Strings that do not occur by chance. A name is short enough to occur in a base64 text, so these are longer. */
  const PERSON = {
    email: 'zebulon.quagmire@example.com',
    firstName: 'Zebulonius',
    lastName: 'Quagmirensis',
    phone: '+4930987650123',
    ip: '203.0.113.77',
    leadData: {
      source: 'demo_request',
      campaign: 'Xylophonetta',
      fields: { company: 'Wolpertinger-Werke', message: 'Flabbergastingly' },
    },
  };
  const WORDS = /zebulon|quagmire|0987650123|203\.0\.113\.77|xylophonetta|wolpertinger|flabbergast|thingamajig/i;
  let stack: Stack;
  let provider: Server;
  const lines: string[] = [];

  beforeAll(async () => {
    // A provider that quotes whom it refuses, as SendGrid does.
    provider = createServer((request, response) => {
      void (async () => {
        const body = await text(request);
        response
          .writeHead(body.includes(PERSON.email) ? 400 : 500, { 'content-type': 'application/json' })
          .end(
            JSON.stringify({ errors: [{ message: `Does not contain a valid address: ${body}`, field: PERSON.email }] }),
          );
      })();
    });
    provider.listen(0, '127.0.0.1');
    await once(provider, 'listening');
    const { port } = provider.address() as AddressInfo;
    stack = await startStack({
      env: {
        LOG_LEVEL: 'trace',
        SENDGRID_BASE_URL: `http://127.0.0.1:${port}`,
        SENDGRID_EVENT_PUBLIC_KEYS: key.publicKey,
      },
      logTo: {
        write: (line) => {
          lines.push(line);
        },
      },
    });
  });
  afterAll(async () => {
    await stack.stop();
    provider.closeAllConnections();
    provider.close();
  });

  it('is in no log line, metric, subject, header or refusal', async () => {
    const inbound = stack.url('inbound');
    const secret = stack.settings['INBOUND_SECRET'] ?? '';
    const unsubscribe = signToken('unsubscribe', stack.idOf(PERSON.email), [stack.settings['TOKEN_SECRET'] ?? '']);
    const refused = await Promise.all([
      stack.post({ ...PERSON, leadData: { source: '' } }),
      stack.post({ ...PERSON, email: { [PERSON.email]: 1 } }),
      fetch(`${stack.url('ingest')}/v1/leads`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: `{"email":"${PERSON.email}"`,
      }),
      fetch(`${stack.url('ingest')}/v1/${encodeURIComponent(PERSON.email)}%E0%A4%A`),
      fetch(`${inbound}/v1/sendgrid/inbound/${secret}x`, { method: 'POST', body: PERSON.email }),
    ]);
    expect(refused.map(({ status }) => status)).toEqual([400, 400, 400, 400, 404]);
    const answers = await Promise.all(refused.map((answer) => answer.text()));
    expect((await stack.post(PERSON)).status).toBe(202);
    await stack.lead(PERSON.email, ({ history }) => history.some(({ type }) => type === 'lead.send-failed'));
    const post = (path: string, body: string | Buffer, headers: Record<string, string>) =>
      fetch(`${inbound}${path}`, { method: 'POST', headers, body: body as string });
    const { body, headers } = eventPost(
      [
        {
          event: 'bounce',
          type: 'blocked',
          email: PERSON.email,
          timestamp: 1_700_000_000,
          reason: `550 <${PERSON.email}> Thingamajig`,
          sg_event_id: 'b',
        },
        {
          event: 'bounce',
          type: 'bounce',
          email: 'thingamajig@example.com',
          timestamp: 1_700_000_000,
          sg_event_id: 'c',
        },
      ],
      key,
    );
    await post('/v1/sendgrid/events', body, headers);
    await post('/v1/sendgrid/events', `[{"email":"${PERSON.email}"}]`, {
      'x-twilio-email-event-webhook-timestamp': '1',
      'x-twilio-email-event-webhook-signature': key.sign(Buffer.from(`1[{"email":"${PERSON.email}"}]`)),
    });
    await post(
      `/v1/sendgrid/inbound/${secret}`,
      mail('sales@acme.example', `Zebulonius <${PERSON.email}>`, 'Thingamajig'),
      { 'content-type': FORM },
    );
    await post(`/v1/sendgrid/inbound/${secret}`, `${part('text', PERSON.email)}--xYz`, { 'content-type': FORM });
    await post(`/u/${unsubscribe}`, '', {});
    await stack.lead(PERSON.email, ({ status }) => status === 'unsubscribed');
    await quiet(stack);
    const told = await Promise.all(
      (['ingest', 'triage', 'scheduler', 'sender', 'inbound', 'projector'] as const).map(async (name) =>
        (await fetch(`${stack.url(name)}/metrics`)).text(),
      ),
    );
    const heads: string[] = [];
    for (const stream of ['INTAKE', 'FEEDBACK', ...stack.logNames(), 'QUARANTINE']) {
      for (let seq = 1; seq <= (await lastOf(stack, stream)); seq++) {
        const message = await stack.jsm.streams.getMessage(stream, { seq });
        heads.push(`${message?.subject} ${[...(message?.header ?? [])].join()}`);
      }
    }
    const all = { lines, answers, told, heads };
    for (const texts of Object.values(all)) expect(texts.filter((each) => WORDS.test(each))).toEqual([]);
    expect(heads.length).toBeGreaterThan(8);
    expect(
      lines.filter((line) => line.includes(' was not handled"') || line.includes('esp call')).length,
    ).toBeGreaterThan(0);
    const SECRETS = [
      secret,
      unsubscribe,
      ...['TOKEN_SECRET', 'LEAD_ID_SECRET', 'SENDGRID_API_KEY'].map((name) => stack.settings[name] ?? ''),
    ];
    for (const texts of Object.values(all))
      expect(texts.filter((each) => SECRETS.some((one) => each.includes(one)))).toEqual([]);
    expect(readToken('unsubscribe', unsubscribe, [stack.settings['TOKEN_SECRET'] ?? ''])).toBe(
      stack.idOf(PERSON.email),
    );
    expect(mailsTo(stack.sandbox, PERSON.email)).toEqual([]);
  });
});
