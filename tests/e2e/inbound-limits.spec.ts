import { request } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { inbound } from '@leadstream/inbound/inbound.module';
import { start, type Running } from '@leadstream/service/start';
import { eventually } from '@leadstream/testing/eventually';
import { isLong } from '@leadstream/testing/long';
import { eventPost, signingKey, type Event } from '@leadstream/sandbox-esp/webhook';
import { FROM, freshEmail, lead, mailsTo, startStack, type Stack } from './stack.ts';

const MIB = 1024 * 1024;
const FORM = 'multipart/form-data; boundary=xYzZY';
const key = signingKey();
let stack: Stack;
let rotating: Running;
let url: string;
beforeAll(async () => {
  // Two days are 86 s: nothing but an answer comes after the first mail.
  stack = await startStack({ env: { DELAY_SCALE: '0.0005' } });
  // FEEDBACK holds the tests' own posts alone, so that a test can count them.
  stack.sandbox.setTargets({});
  const keys = [signingKey().publicKey, key.publicKey, stack.settings['SENDGRID_EVENT_PUBLIC_KEYS']].join(',');
  // Beside the stack's own: the key that signs is the second of three.
  rotating = await start(inbound, { ...stack.settings, SENDGRID_EVENT_PUBLIC_KEYS: keys });
  await rotating.ready;
  url = rotating.url;
});
afterAll(async () => {
  await rotating.stop();
  await stack.stop();
});

/**
 * A lead that has its first mail, and waits for the second. The mail's own events are stored: `outcome` counts others.
 */
const written = async (email = freshEmail()) => {
  await stack.post(lead(email, 'whitepaper'));
  await stack.lead(email, ({ step, phase }) => step === 1 && phase === 'planned');
  await eventually(async () => (await stack.types(email)).includes('delivered'));
  const mail = await eventually(() => mailsTo(stack.sandbox, email)[0]);
  return { email, replyTo: mail.reply_to ?? '', sendId: mail.custom_args['send_id'], leadId: stack.idOf(email) };
};
const stops = (email: string, status = 'responded') => stack.lead(email, (shown) => shown['status'] === status);
const replies = async (email: string) =>
  (await stack.history(email)).flatMap(({ type, data }) => (type === 'lead.replied' ? [data] : []));

const part = (name: string, value: string | Buffer, file?: string): Buffer =>
  Buffer.concat([
    Buffer.from(
      `--xYzZY\r\nContent-Disposition: form-data; name="${name}"${file ? `; filename="${file}"` : ''}\r\n\r\n`,
    ),
    Buffer.from(value as string, 'latin1'),
    Buffer.from('\r\n'),
  ]);
const END = Buffer.from('--xYzZY--\r\n');
const form = (fields: Record<string, string | Buffer>): Buffer =>
  Buffer.concat([...Object.entries(fields).map(([name, value]) => part(name, value)), END]);
const SIGNED = { headers: 'DKIM-Signature: v=1; d=example.com', dkim: '{@example.com : pass}' };
const envelope = (to: string, from: string): string => JSON.stringify({ to: [to], from });

/** Posts to inbound as it comes, chunk by chunk; the status, and where FEEDBACK has it. */
const send = async (
  path: string,
  body: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  headers: Record<string, string>,
) => {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const posted = request(`${url}${path}`, { method: 'POST', headers }, (response) => {
    response.resume();
    resolve(response.statusCode ?? 0);
  }).on('error', reject);
  // Not awaited: a refusal may come while the rest is still being sent, and the server need not read that.
  pipeline(Readable.from(body), posted).catch(reject);
  return promise;
};
const mailPath = () => `/v1/sendgrid/inbound/${stack.settings['INBOUND_SECRET']}`;
const postMail = (body: Uint8Array, contentType: string | undefined = FORM) =>
  send(mailPath(), [body], contentType === undefined ? {} : { 'content-type': contentType });
const postEvents = (body: Buffer, headers: Record<string, string>) => send('/v1/sendgrid/events', [body], headers);
const signed = (body: string | Buffer) => {
  const timestamp = '1700000000';
  return {
    'content-type': 'application/json',
    'x-twilio-email-event-webhook-timestamp': timestamp,
    'x-twilio-email-event-webhook-signature': key.sign(Buffer.concat([Buffer.from(timestamp), Buffer.from(body)])),
  };
};

const state = async (stream: string) => (await stack.jsm.streams.info(stream)).state;
/** Everything stored has been handled. */
const quiet = () => eventually(async () => (await stack.unhandled('FEEDBACK', 'inbound')) === 0);
interface Entry {
  reason: string;
  origin: { seq: number; index?: number };
}
const quarantined = async (after: number): Promise<Entry[]> => {
  const { last_seq } = await state('QUARANTINE');
  const stored = await Promise.all(
    Array.from({ length: last_seq }, (_, i) => stack.jsm.streams.getMessage('QUARANTINE', { seq: i + 1 })),
  );
  return stored
    .filter((message) => message !== null)
    .map((message) => message.json<Entry>())
    .filter(({ origin }) => origin.seq > after);
};
/** The messages in FEEDBACK and QUARANTINE after the request is handled. */
const outcome = async (post: () => Promise<number>) => {
  const { last_seq: before } = await state('FEEDBACK');
  const status = await post();
  const { last_seq } = await state('FEEDBACK');
  await quiet();
  return { status, stored: last_seq - before, reasons: (await quarantined(before)).map(({ reason }) => reason) };
};

describe('a mail in raw form', () => {
  const rawMail = (email: string, to: string, mime: string) =>
    form({
      to,
      from: email,
      subject: 'as decoded',
      envelope: envelope(to, email),
      email: mime,
      SPF: 'pass',
      charsets: '{"email":"utf-16le"}',
    });

  it('stops the lead like a parsed one', async () => {
    const { email, replyTo } = await written();
    const mime =
      `From: Jane <${email}>\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nContent-Type: text/plain; ` +
      `charset=windows-1252\r\nContent-Transfer-Encoding: base64\r\n\r\n` +
      `${Buffer.from('Call me.').toString('base64')}`;
    expect(await outcome(() => postMail(rawMail(email, replyTo, mime)))).toEqual({
      status: 200,
      stored: 1,
      reasons: [],
    });
    await stops(email);
  });

  it('stops the lead by words that only its decoded body has', async () => {
    const { email, replyTo } = await written();
    const mime =
      `From: ${email}\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n` +
      `Content-Transfer-Encoding: quoted-printable\r\n\r\nUnsub=\r\nscribe\r\n--b--`;
    await postMail(rawMail(email, replyTo, mime));
    await stops(email, 'unsubscribed');
  });

  it('holds the mails until the absence ends, and does not stop the lead', async () => {
    const { email, replyTo } = await written();
    const back = Temporal.Now.plainDateISO('UTC').add({ days: 5 });
    const mime =
      `From: ${email}\r\nAuto-Submitted: auto-replied\r\nContent-Transfer-Encoding: ` +
      `base64\r\n\r\n${Buffer.from(`I am away until ${back.toString()}.`).toString('base64')}`;
    await postMail(rawMail(email, replyTo, mime));
    const [reply] = await eventually(async () => {
      const found = await replies(email);
      return found.length > 0 && found;
    });
    expect(reply).toMatchObject({ class: 'out-of-office', until: `${back.add({ days: 1 }).toString()}T00:00:00Z` });
  });

  it('is quarantined when it is built to exhaust the parser, and stops the lead all the same', async () => {
    const { email, replyTo } = await written();
    const bomb =
      `From: ${email}\r\n` +
      Array.from({ length: 9_000 }, (_, i) => `Content-Type: multipart/mixed; boundary=b${i}\r\n\r\n--b${i}\r\n`).join(
        '',
      );
    expect(await outcome(() => postMail(rawMail(email, replyTo, bomb)))).toEqual({
      status: 200,
      stored: 1,
      reasons: [expect.stringMatching(/^inbound mail: MIME: /)],
    });
    await stops(email);
  });

  it('of 30 MB is read from its stored prefix', async () => {
    const { email, replyTo } = await written();
    const body = function* () {
      yield part('envelope', envelope(replyTo, email));
      yield Buffer.from(
        `--xYzZY\r\nContent-Disposition: form-data; name="email"\r\n\r\nFrom: ` +
          `${email}\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n` +
          `stop\r\n--b\r\nContent-Disposition: attachment; filename=a\r\n\r\n`,
      );
      for (let i = 0; i < 29; i++) yield Buffer.alloc(MIB, `${'abcd'.repeat(19)}\r\n`);
      yield Buffer.concat([Buffer.from('\r\n--b--\r\n'), part('subject', 'hi'), END]);
    };
    expect(await outcome(() => send(mailPath(), body(), { 'content-type': FORM }))).toEqual({
      status: 200,
      stored: 1,
      reasons: [],
    });
    await stops(email, 'unsubscribed');
  });
});

describe('the lead of a reply', () => {
  const posted = (to: string, from: string, headers: Record<string, string> = {}) =>
    outcome(() =>
      postMail(
        form({
          headers: Object.entries({ From: from, To: to, ...headers })
            .map((header) => header.join(': '))
            .join('\n'),
          from,
          to,
          text: 'Call me.',
          SPF: 'pass',
          envelope: envelope(to, from),
        }),
      ),
    );

  it('is known without the tag of the address that it replies from', async () => {
    const name = freshEmail().replace('@example.com', '');
    const { email } = await written(`${name}@example.com`);
    await posted(FROM, `${name}+acme@example.com`);
    await stops(email);
    expect(await replies(email)).toMatchObject([{ matchedBy: 'alias' }]);
  });

  it('is found for a colleague’s reply to a forwarded mail', async () => {
    const { email, replyTo } = await written();
    await posted(replyTo, 'boss@example.com', { 'X-Forwarded-For': email });
    await stops(email);
    expect(await replies(email)).toMatchObject([{ matchedBy: 'token', class: 'human' }]);
  });

  it('is each lead that one mail replies to', async () => {
    const [one, two] = [await written(), await written()];
    await outcome(() =>
      postMail(
        form({
          from: 'boss@example.com',
          text: 'Call us.',
          envelope: JSON.stringify({ to: [one.replyTo, two.replyTo], from: 'boss@example.com' }),
        }),
      ),
    );
    await Promise.all([stops(one.email), stops(two.email)]);
  });

  it('is never found for our own mail, whatever token it has', async () => {
    const { email, replyTo } = await written();
    await posted(replyTo, `Sam of Acme <${FROM.toUpperCase()}>`);
    expect(await replies(email)).toEqual([]);
  });

  it('gets no more mail after an automatic reply that the person has left the company', async () => {
    const { email, replyTo } = await written();
    await outcome(() =>
      postMail(
        form({
          headers: `From: ${email}\nAuto-Submitted: auto-replied`,
          text: 'Jane no longer works at Example Ltd.',
          envelope: envelope(replyTo, ''),
        }),
      ),
    );
    await stops(email);
    expect(await replies(email)).toMatchObject([{ class: 'left', evidence: 'says: no longer works at' }]);
  });
});

describe('a mail at the limits', () => {
  /** Of 30 MB each. */
  const AT_ONCE = isLong ? 10 : 4;
  it('of 30 MB takes little memory, several at a time', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const alive = () => {
      collect();
      const { heapUsed, external } = process.memoryUsage();
      return heapUsed + external;
    };
    const leads = await Promise.all(Array.from({ length: AT_ONCE }, () => written()));
    const chunk = Buffer.alloc(64 * 1024, 'attached ');
    const before = alive();
    let most = 0;
    const body = function* ({ email, replyTo }: { email: string; replyTo: string }) {
      yield part('envelope', envelope(replyTo, email));
      yield part('text', 'See the attached.');
      for (const name of ['a.pdf', 'b.zip', 'c.mov']) {
        yield Buffer.from(
          `--xYzZY\r\nContent-Disposition: form-data; name="attachment"; ` +
            `filename="${name}"\r\nContent-Type: application/octet-stream\r\n\r\n`,
        );
        for (let i = 1; i <= 160; i++) {
          if (i === 80) most = Math.max(most, alive());
          yield chunk;
        }
        yield Buffer.from('\r\n');
      }
      yield END;
    };
    // Repeated like SendGrid's posts: a busy log may have stored it without answering in time.
    let sent = 0;
    const { status, stored, reasons } = await outcome(async () =>
      Math.max(
        ...(await Promise.all(
          leads.map(async (one) => {
            let status = 503;
            for (; status === 503; sent++) status = await send(mailPath(), body(one), { 'content-type': FORM });
            return status;
          }),
        )),
      ),
    );
    expect([status, stored >= AT_ONCE && stored <= sent, reasons]).toEqual([200, true, []]);
    expect(most - before).toBeLessThan(40 * MIB);
    await Promise.all(leads.map(({ email }) => stops(email)));
  });

  it('may take ten minutes on a slow connection: SendGrid would drop it at a 408', () => {
    expect(rotating.app.getHttpServer()).toMatchObject({ requestTimeout: 600_000 });
  });

  it('above the limit is read to its end, quarantined, and stops the lead by its first part', async () => {
    const { email, replyTo } = await written();
    const body = function* () {
      yield part('envelope', envelope(replyTo, email));
      yield Buffer.from('--xYzZY\r\nContent-Disposition: form-data; name="attachment"; filename="a"\r\n\r\n');
      for (let i = 0; i < 40; i++) yield Buffer.alloc(MIB);
      yield Buffer.concat([Buffer.from('\r\n'), part('text', 'too late'), END]);
    };
    expect(await outcome(() => send(mailPath(), body(), { 'content-type': FORM }))).toEqual({
      status: 200,
      stored: 1,
      reasons: [expect.stringContaining('inbound mail: over')],
    });
    await stops(email);
  });

  it.each<[string, (lead: { email: string; replyTo: string }) => [Buffer, string?], boolean]>([
    [
      'an envelope that is no JSON',
      ({ email, replyTo }) => [form({ envelope: '{"to":[', headers: `From: ${email}\nTo: ${replyTo}` }), FORM],
      true,
    ],
    [
      'an envelope of another shape',
      ({ email }) => [form({ envelope: '{"to":"x","from":[1]}', from: `Jane <${email}>`, ...SIGNED }), FORM],
      true,
    ],
    ['no envelope', ({ email }) => [form({ text: 'hi', from: email, ...SIGNED }), FORM], true],
    [
      'a charset that its fields are not in',
      ({ email, replyTo }) => [
        form({
          charsets: '{"envelope":"utf-16le","text":"shift_jis","from":"no-such"}',
          envelope: envelope(replyTo, email),
          text: 'Gr\xfc\xdfe',
          from: email,
        }),
        FORM,
      ],
      true,
    ],
    [
      'fields twice',
      ({ email, replyTo }) => [
        Buffer.concat([
          part('envelope', envelope(replyTo, email)),
          part('envelope', '{}'),
          part('from', email),
          part('from', 'x@y.zz'),
          END,
        ]),
        FORM,
      ],
      true,
    ],
    [
      'an attachment before everything else',
      ({ email, replyTo }) => [
        Buffer.concat([
          part('attachment1', 'x', 'a'),
          part('charsets', '{}'),
          part('envelope', envelope(replyTo, email)),
          END,
        ]),
        FORM,
      ],
      true,
    ],
    [
      'another media type, although it is a form',
      ({ email, replyTo }) => [form({ envelope: envelope(replyTo, email) }), 'application/json'],
      false,
    ],
    [
      'a media type that is none',
      ({ email, replyTo }) => [form({ envelope: envelope(replyTo, email) }), 'multipart; boundary'],
      false,
    ],
    ['no media type', ({ email, replyTo }) => [form({ envelope: envelope(replyTo, email) })], false],
    [
      'no boundary',
      ({ email, replyTo }) => [form({ envelope: envelope(replyTo, email) }), 'multipart/form-data'],
      false,
    ],
    [
      'another boundary',
      ({ email, replyTo }) => [form({ envelope: envelope(replyTo, email) }), 'multipart/form-data; boundary=other'],
      false,
    ],
    ['nothing in it', () => [Buffer.alloc(0), FORM], false],
    ['nothing that says whose it is', () => [form({ text: 'hello' }), FORM], false],
  ])(
    'is stored and never refused; with %s it is matched by its readable parts, or quarantined with a reason',
    async (_, build, matched) => {
      const one = await written();
      const [body, type] = build(one);
      // Not by the default: no media type at all is one of the cases.
      const { status, stored, reasons } = await outcome(() =>
        send(mailPath(), [body], type === undefined ? {} : { 'content-type': type }),
      );
      expect([status, stored]).toEqual([200, 1]);
      if (matched) await stops(one.email);
      expect(reasons).toEqual(matched ? [] : [expect.stringMatching(/^inbound mail: /)]);
    },
  );
});

describe('a batch of events', () => {
  const complaint = (one: { leadId: string; email: string }): Event => ({
    event: 'spamreport',
    email: one.email,
    lead_id: one.leadId,
    timestamp: 1_700_000_000,
    sg_event_id: 'x',
  });
  const filler = (i: number): Event => ({
    event: 'open',
    email: `nobody.${i}@example.com`,
    timestamp: 1_700_000_000 + i,
    sg_event_id: `f${i}`,
    useragent: 'Mozilla/5.0 "quoted" '.repeat(90),
  });

  it('of 768 KB is one message up to its last event, signed by any key of the list', async () => {
    const one = await written();
    const { body, headers } = eventPost([...Array.from({ length: 400 }, (_, i) => filler(i)), complaint(one)], key);
    expect(body.length).toBeGreaterThan(768 * 1024);
    expect(await outcome(() => postEvents(body, headers))).toEqual({ status: 200, stored: 1, reasons: [] });
    await stops(one.email, 'complained');
  });

  it('of control characters, which its JSON multiplies beyond a message, is refused and not stored', async () => {
    const body = '\u0001'.repeat(2 * MIB);
    expect(await outcome(() => postEvents(Buffer.from(body), signed(body)))).toEqual({
      status: 413,
      stored: 0,
      reasons: [],
    });
  });

  it('of 2 MiB is accepted to its last event, and one byte more is refused', async () => {
    const [first, last] = [await written(), await written()];
    const sized = (bytes: number) => {
      const body = (note: string) =>
        JSON.stringify([
          complaint(first),
          { event: 'account_note', timestamp: 1_700_000_000, sg_event_id: 'q', note },
          complaint(last),
        ]);
      return body('"'.repeat((bytes - body('').length) / 2)).padEnd(bytes);
    };
    expect(await postEvents(Buffer.from(sized(2 * MIB + 1)), signed(sized(2 * MIB + 1)))).toBe(413);
    const { status, stored, reasons } = await outcome(() =>
      postEvents(Buffer.from(sized(2 * MIB)), signed(sized(2 * MIB))),
    );
    expect([status, stored, reasons]).toEqual([200, 1, []]);
    await Promise.all([first, last].map(({ email }) => stops(email, 'complained')));
  });

  it('is verified over its bytes as received, and read under any media type', async () => {
    const one = await written();
    const body = Buffer.from(
      `\ufeff [\r\n\t${JSON.stringify({ ...complaint(one), reason: 'Grüße 😀 \u2028' })}\r\n ,\r\n null ]\r\n\r\n`,
    );
    const { status, stored, reasons } = await outcome(() =>
      postEvents(body, { ...signed(body), 'content-type': 'application/json; charset=utf-8' }),
    );
    expect([status, stored, reasons]).toEqual([200, 1, [expect.stringContaining('body')]]);
    await stops(one.email, 'complained');
  });

  it('that was changed in transit, signed by a stranger, or far too large is refused', async () => {
    const body = Buffer.from('[{"event":"open"}]');
    const stranger = eventPost([], signingKey());
    const before = await state('FEEDBACK');
    expect([
      await postEvents(Buffer.from('[{"event":"open" }]'), signed(body)),
      await postEvents(body, { 'content-type': 'application/json' }),
      await postEvents(stranger.body, stranger.headers),
      await postEvents(Buffer.alloc(17 * MIB, ' '), signed(body)),
    ]).toEqual([401, 401, 401, 413]);
    expect((await state('FEEDBACK')).last_seq).toBe(before.last_seq);
  });

  it('of late bounces without our ids stops the lead of their address', async () => {
    const one = await written();
    const { body, headers } = eventPost(
      [
        {
          event: 'bounce',
          type: 'bounce',
          email: one.email.toUpperCase(),
          timestamp: 1_700_000_000,
          reason: '550 no such user',
          sg_event_id: 'b',
        },
      ],
      key,
    );
    await postEvents(body, headers);
    await stops(one.email, 'bounced');
  });

  it.each<[string, { event: string; [field: string]: unknown }, string]>([
    ['dropped for a bounce', { event: 'dropped', reason: 'Bounced Address' }, 'bounced'],
    ['dropped for an unsubscribe', { event: 'dropped', reason: 'Unsubscribed Address' }, 'unsubscribed'],
    ['dropped for a complaint', { event: 'dropped', reason: 'Spam Reporting Address' }, 'complained'],
    ['dropped as invalid', { event: 'dropped', reason: 'Invalid' }, 'bounced'],
    ['group_unsubscribe', { event: 'group_unsubscribe', asm_group_id: 3 }, 'unsubscribed'],
  ])('with %s stops the lead', async (_, event, status) => {
    const one = await written();
    const { body, headers } = eventPost(
      [
        {
          ...event,
          email: one.email,
          send_id: one.sendId,
          lead_id: one.leadId,
          timestamp: 1_700_000_000,
          sg_event_id: 'd',
        },
      ],
      key,
    );
    await postEvents(body, headers);
    await stops(one.email, status);
  });

  it('of events that say nothing against an address stops no lead, and repeated events are recorded once', async () => {
    const one = await written();
    const about = { email: one.email, send_id: one.sendId, lead_id: one.leadId, timestamp: 1_700_000_000 };
    const harmless = [
      { event: 'dropped', reason: 'Spam Content' },
      { event: 'dropped', reason: 'Recipient List over Package Quota' },
      { event: 'bounce', type: 'blocked', status: '5.2.2' },
      { event: 'bounce', type: 'expired' },
      { event: 'deferred', attempt: '2' },
      { event: 'group_resubscribe', asm_group_id: 3 },
      { event: 'of_tomorrow' },
      { event: 'open', sg_machine_open: true },
    ];
    const activity = (await stack.lead(one.email))['lastActivityAt'];
    for (const telling of ['first', 'second']) {
      const { body, headers } = eventPost(
        harmless.map((event, i): Event => ({ ...about, ...event, sg_event_id: `${telling}${i}` })),
        key,
      );
      expect(await outcome(() => postEvents(body, headers))).toEqual({ status: 200, stored: 1, reasons: [] });
    }
    expect(
      (await stack.types(one.email))
        .filter((type) => ['opened', 'bounced', 'unsubscribed', 'undelivered'].includes(type))
        .sort(),
    ).toEqual(['opened', 'undelivered', 'undelivered']);
    expect(
      await stack.lead(one.email, ({ history }) => history.some(({ type }) => type === 'lead.opened')),
    ).toMatchObject({ status: 'active', lastActivityAt: activity });
  });

  it('with invalid parts is redriven from quarantine: the valid ones count once, the invalid ones stay', async () => {
    const one = await written();
    const { last_seq: before } = await state('FEEDBACK');
    const body = JSON.stringify([null, complaint(one), { event: 'open' }]);
    await postEvents(Buffer.from(body), signed(body));
    await stops(one.email, 'complained');
    const parts = async () => (await quarantined(before)).map(({ origin: { seq, index } }) => [seq, index]);
    expect(await parts()).toEqual([
      [before + 1, 0],
      [before + 1, 2],
    ]);
    const reply = await stack.nc.request('redrive.inbound', JSON.stringify({ stream: 'FEEDBACK', seq: before + 1 }), {
      timeout: 10_000,
    });
    expect(reply.json()).toEqual({ error: expect.stringMatching(/^part 0: .*; part 2: /) });
    expect(await parts()).toHaveLength(2);
    expect((await stack.types(one.email)).filter((type) => type === 'complained')).toHaveLength(1);
  });
});
