import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect as connectNats } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { reasonsAt } from '@leadstream/service/openapi';
import { start, type Running } from '@leadstream/service/start';
import { anyText } from '@leadstream/testing/any-text';
import { servedBy } from '@leadstream/testing/served-routes';
import { startNats, type Server } from '@leadstream/testing/servers';
import fc from 'fast-check';
import { ingest } from './ingest.module.ts';
import { ROUTES } from './routes.ts';

const KEY = 'the key of the shop';
const HASHED = `shop:sha256:${createHash('sha256').update(KEY).digest('hex')}`;
const OTHER_KEY = 'the key of another';
const FORM = 'application/x-www-form-urlencoded';

let nats: Server;
const lines: string[] = [];
const running: Running[] = [];
beforeAll(async () => {
  nats = await startNats();
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((each) => each.stop()));
});
afterAll(() => nats.stop());

const lead = (over: object = {}): string =>
  JSON.stringify({ email: 'jane@example.com', leadData: { source: 'whitepaper', ...over } });

/** An ingest with this environment, and a function that posts to it without a socket. */
const open = async (env: Record<string, string> = {}) => {
  lines.length = 0;
  const service = await start(
    ingest,
    { HOST: '127.0.0.1', PORT: '0', LOG_LEVEL: 'trace', NATS_URL: nats.url, ...env },
    {
      logTo: {
        write: (line) => {
          lines.push(line);
        },
      },
    },
  );
  running.push(service);
  await service.ready;
  const post = (payload: string | Buffer = lead(), headers: Record<string, string> = {}) =>
    service.app.inject({
      method: 'POST',
      url: '/v1/leads',
      headers: { 'content-type': 'application/json', ...headers },
      payload,
    });
  return {
    service,
    post,
    times: async (count: number, headers: Record<string, string>) =>
      Promise.all(Array.from({ length: count }, async () => (await post(lead(), headers)).statusCode)),
  };
};

const stored = async () => {
  const nc = await connectNats({ servers: nats.url });
  try {
    const jsm = await jetstreamManager(nc);
    const { messages, last_seq: seq } = (await jsm.streams.info('INTAKE')).state;
    return { messages, last: (await jsm.streams.getMessage('INTAKE', { seq }))?.json<Record<string, unknown>>() };
  } finally {
    await nc.close();
  }
};

describe('authentication at ingest', () => {
  it('accepts each configured key, and logs the key’s name but never the key', async () => {
    const { post } = await open({ INGEST_API_KEYS: `${HASHED},${OTHER_KEY}` });
    expect((await post(lead(), { authorization: `Bearer ${KEY}` })).statusCode).toBe(202);
    expect((await post(lead(), { 'x-api-key': OTHER_KEY })).statusCode).toBe(202);
    expect(lines.flatMap((line) => /"caller":"(.*?)"/.exec(line)?.[1] ?? [])).toEqual(['shop', 'key-2']);
    expect(lines.join()).not.toMatch(new RegExp(`${KEY}|${OTHER_KEY}`));
  });

  it.each([
    ['no key', {}],
    ['a wrong one', { authorization: 'Bearer the key of the shoq' }],
  ])('rejects a request with %s by 401, and names the scheme', async (_, headers) => {
    const { post } = await open({ INGEST_API_KEYS: HASHED });
    const answer = await post(lead(), headers);
    expect([answer.statusCode, answer.headers['content-type'], answer.headers['www-authenticate']]).toEqual([
      401,
      expect.stringContaining('application/problem+json'),
      'Bearer',
    ]);
  });

  it('lets a page of an allowed origin read its refusals', async () => {
    const { post } = await open({
      INGEST_API_KEYS: HASHED,
      INGEST_RATE_PER_MINUTE: '1',
      CORS_ORIGINS: 'https://example.com',
    });
    const headers = { origin: 'https://example.com' };
    const answers = [
      await post(lead(), headers),
      await post(lead(), { ...headers, 'x-api-key': KEY }),
      await post(lead(), { ...headers, 'x-api-key': KEY }),
    ];
    expect(
      answers.map(({ statusCode, headers: { 'access-control-allow-origin': allowed } }) => [statusCode, allowed]),
    ).toEqual([401, 202, 429].map((status) => [status, headers.origin]));
  });

  it('refuses a request without a key before a byte of the body is read', async () => {
    const { service } = await open({ INGEST_API_KEYS: HASHED });
    const socket = connect(service.port, '127.0.0.1');
    socket.write(
      'POST /v1/leads HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n',
    );
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 401 /);
    socket.destroy();
  });

  it('keeps the Idempotency-Keys of callers apart: no caller can make another’s lead a repetition', async () => {
    const { post } = await open({ INGEST_API_KEYS: `${HASHED},${OTHER_KEY}` });
    const { messages } = await stored();
    for (const key of [KEY, OTHER_KEY, KEY]) await post(lead(), { 'x-api-key': key, 'idempotency-key': 'order-1' });
    expect((await stored()).messages - messages).toBe(2);
  });
});

describe('a CloudEvent over HTTP', () => {
  const event = (source: string, id: string) => ({
    'ce-specversion': '1.0',
    'ce-type': 'lead.created',
    'ce-source': source,
    'ce-id': id,
  });

  it('is one lead, however often it is posted, and has an id of its source', async () => {
    const { post } = await open();
    await post();
    const { messages } = await stored();
    const ids = [event('/shop', 'order-7'), event('/fair', 'order-7'), event('/shop', 'order-7')].map(
      async (headers) => (await post(lead(), headers)).json<{ id: string }>().id,
    );
    expect(await Promise.all(ids)).toEqual(['/shop/order-7', '/fair/order-7', '/shop/order-7']);
    expect((await stored()).messages - messages).toBe(2);
  });

  it('is no repetition of another source’s, or of another caller’s, whose slashes are elsewhere', async () => {
    const { post } = await open({ INGEST_API_KEYS: HASHED });
    const { messages } = await stored();
    const events = [event('shop', 'eu/1'), event('shop/eu', '1'), event('shop', 'eu%2F1')];
    const ids = events.map(
      async (headers) => (await post(lead(), { ...headers, 'x-api-key': KEY })).json<{ id: string }>().id,
    );
    expect(await Promise.all(ids)).toEqual(['shop/eu%2F1', 'shop/eu/1', 'shop/eu%252F1']);
    const stranger = await open();
    await post(lead(), { 'x-api-key': KEY, 'idempotency-key': 'order-9' });
    await stranger.post(lead(), { 'idempotency-key': 'shop/order-9' });
    expect((await stored()).messages - messages).toBe(5);
  });

  it.each([
    ['ce-specversion', '2.0'],
    ['ce-dataversion', '7'],
    ['ce-dataversion', 'next'],
  ])('whose %s is %s is refused, because its data may mean something else', async (field, value) => {
    const { post } = await open();
    const answer = await post(lead(), { ...event('/shop', 'order-9'), [field]: value });
    expect(answer.json<{ errors: object[] }>().errors).toEqual([
      { field, message: expect.stringContaining('must be 1') },
    ]);
  });

  it('of another type, or with an id that no header can have, is refused', async () => {
    const { post } = await open();
    const refused = async (headers: Record<string, string>) =>
      (await post(lead(), headers)).json<{ code: string }>().code;
    expect(await refused({ ...event('/shop', 'order-8'), 'ce-type': 'order.created' })).toBe('CONTRACT');
    expect(await refused(event('/shop', 'x'.repeat(200)))).toBe('IDEMPOTENCY_KEY');
  });
});

describe('the rate limit of ingest', () => {
  it('counts each key by itself, and responds 429 with Retry-After', async () => {
    const { post, times, service } = await open({
      INGEST_API_KEYS: `${HASHED},${OTHER_KEY}`,
      INGEST_RATE_PER_MINUTE: '3',
    });
    expect(await times(3, { 'x-api-key': KEY })).toEqual([202, 202, 202]);
    const answer = await post(lead(), { 'x-api-key': KEY });
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([
      429,
      expect.stringContaining('application/problem+json'),
    ]);
    const after = Number(answer.headers['retry-after']);
    expect(after > 0 && after <= 60).toBe(true);
    expect(await times(1, { 'x-api-key': OTHER_KEY })).toEqual([202]);
    expect((await service.app.inject({ method: 'GET', url: '/healthz' })).statusCode).toBe(200);
  });

  it('counts by address without keys, and an IPv6 address by its /64 network', async () => {
    const { times } = await open({ INGEST_RATE_PER_MINUTE: '2', TRUST_PROXY: '1' });
    const from = (address: string) => times(1, { 'x-forwarded-for': address });
    expect([
      ...(await from('2001:db8:1:2::1')),
      ...(await from('2001:db8:1:2:ffff::2')),
      ...(await from('2001:db8:1:2::3')),
    ]).toEqual([202, 202, 429]);
    expect([...(await from('2001:db8:1:3::1')), ...(await from('203.0.113.9'))]).toEqual([202, 202]);
  });

  it('ignores X-Forwarded-For without a trusted proxy', async () => {
    const { times } = await open({ INGEST_RATE_PER_MINUTE: '2' });
    const from = (address: string) => times(1, { 'x-forwarded-for': address });
    expect([...(await from('203.0.113.1')), ...(await from('203.0.113.2')), ...(await from('203.0.113.3'))]).toEqual([
      202, 202, 429,
    ]);
  });

  it('counts attempts without a known key by address, and responds 429 with Retry-After', async () => {
    const { post } = await open({ INGEST_API_KEYS: HASHED, INGEST_RATE_PER_MINUTE: '3', TRUST_PROXY: '1' });
    const from = (address: string, key?: string) =>
      post(lead(), { 'x-forwarded-for': address, ...(key === undefined ? {} : { 'x-api-key': key }) });
    const guesses = await Promise.all(
      ['a guess', 'another guess', undefined, 'the last guess'].map((key) => from('203.0.113.9', key)),
    );
    expect(guesses.map(({ statusCode }) => statusCode)).toEqual([401, 401, 401, 429]);
    const refused = guesses[3];
    expect([
      refused?.headers['content-type'],
      refused?.headers['www-authenticate'],
      refused?.json<{ status: number }>().status,
    ]).toEqual([expect.stringContaining('application/problem+json'), undefined, 429]);
    const after = Number(refused?.headers['retry-after']);
    expect(after > 0 && after <= 60).toBe(true);
    expect((await from('203.0.113.10', 'a guess')).statusCode).toBe(401);
    const network = await Promise.all(
      ['2001:db8:1:2::1', '2001:db8:1:2::2', '2001:db8:1:2:3::', '2001:db8:1:2::4'].map((address) =>
        from(address, 'a guess'),
      ),
    );
    expect(network.map(({ statusCode }) => statusCode)).toEqual([401, 401, 401, 429]);
  });

  it.each([
    ['shop', HASHED],
    ['an address as its name', HASHED.replace('shop', '203.0.113.9')],
  ])('counts a key and the guesses behind its address apart: %s', async (_, keys) => {
    const { times } = await open({ INGEST_API_KEYS: keys, INGEST_RATE_PER_MINUTE: '3', TRUST_PROXY: '1' });
    const from = (count: number, key: string) => times(count, { 'x-forwarded-for': '203.0.113.9', 'x-api-key': key });
    expect(await from(2, KEY)).toEqual([202, 202]);
    expect(await from(5, 'a guess')).toEqual([401, 401, 401, 429, 429]);
    expect(await from(2, KEY)).toEqual([202, 429]);
  });

  it('limits attempts without a known key by the socket’s address, and not at all when it is 0', async () => {
    const guess = (address: string) => ({ 'x-forwarded-for': address, 'x-api-key': 'a guess' });
    const limited = await open({ INGEST_API_KEYS: HASHED, INGEST_RATE_PER_MINUTE: '2' });
    expect([
      ...(await limited.times(1, guess('203.0.113.1'))),
      ...(await limited.times(1, guess('203.0.113.2'))),
      ...(await limited.times(1, guess('203.0.113.3'))),
    ]).toEqual([401, 401, 429]);
    const unlimited = await open({ INGEST_API_KEYS: HASHED, INGEST_RATE_PER_MINUTE: '0' });
    expect(new Set(await unlimited.times(50, guess('203.0.113.1')))).toEqual(new Set([401]));
  });

  it('limits no caller when it is 0', async () => {
    const { times } = await open({ INGEST_RATE_PER_MINUTE: '0' });
    expect(new Set(await times(50, {}))).toEqual(new Set([202]));
  });
});

describe('a body', () => {
  it('may have 64 KiB, and no byte more', async () => {
    const { post } = await open();
    const sized = (bytes: number) => lead({ fields: { a: 'x'.repeat(bytes - lead({ fields: { a: '' } }).length) } });
    expect([(await post(sized(65_536))).statusCode, (await post(sized(65_537))).statusCode]).toEqual([202, 413]);
  });

  it('without an end is refused at the limit', async () => {
    const { service } = await open();
    const socket = connect(service.port, '127.0.0.1');
    socket.write(
      'POST /v1/leads HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n',
    );
    for (let sent = 0; sent <= 64; sent++) socket.write(`400\r\n${' '.repeat(1_024)}\r\n`);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 413 /);
    socket.destroy();
  });

  it('may nest 32 levels deep, and no deeper', async () => {
    const { post } = await open();
    const deep = (levels: number) =>
      `{"email":"a@example.com","leadData":{"source":"x","fields":{"a":${'['.repeat(levels)}${']'.repeat(levels)}}}}`;
    expect([(await post(deep(29))).statusCode, (await post(deep(30))).json()]).toEqual([
      202,
      expect.objectContaining({ status: 400, detail: 'The body nests deeper than 32 levels' }),
    ]);
    expect((await post(deep(30_000))).statusCode).toBe(400);
  });

  it.each([
    [
      'a field named like something that every object has',
      'email=a%40example.com&source=x&constructor=1&toString=2&__proto__=3&hasOwnProperty=4&utm___proto__=5',
      FORM,
    ],
    [
      'the same in JSON',
      '{"email":"a@example.com","leadData":{"source":"x","fields":{"constructor":"1","toString":"2"}}}',
      'application/json',
    ],
    [
      'halves of characters, NUL and bytes that are no UTF-8',
      Buffer.concat([
        Buffer.from('{"email":"a@example.com","leadData":{"source":"\\ud800\\u0000'),
        Buffer.from([0xff, 0xc0]),
        Buffer.from('"}}'),
      ]),
      'application/json',
    ],
    [
      'the same key twice, numbers beyond measure',
      '{"email":"b@example.com","email":"a@example.com",' +
        '"leadData":{"source":"x","fields":{"a":1e999,"b":123456789012345678901234567890}}}',
      'application/json',
    ],
  ])('with %s is a lead like any other', async (_, body, type) => {
    const { post } = await open();
    expect((await post(body, { 'content-type': type })).statusCode).toBe(202);
    expect((await stored()).last).toMatchObject({ email: 'a@example.com' });
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it.each([
    '{"__proto__":{"polluted":1}}',
    '{"email":"a@example.com","leadData":{"source":"x","fields":{"constructor":{"prototype":{"polluted":1}}}}}',
  ])('made to change prototypes is refused: %s', async (body) => {
    const { post } = await open();
    expect((await post(body)).statusCode).toBe(400);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it.each([
    ['a label as a field’s name', FORM, 'Email=ann%40x.example&Phone=%2B49+151+12345678&Source=demo_request'],
    [
      'multipart/form-data',
      'multipart/form-data; boundary=x1',
      ['E-Mail\r\n\r\nann@x.example', 'Tel\r\n\r\n+49 151 12345678', 'source\r\n\r\ndemo_request']
        .map((part) => `--x1\r\nContent-Disposition: form-data; name="${part.replace('\r', '"\r')}\r\n`)
        .concat('--x1--\r\n')
        .join(''),
    ],
    [
      'JSON of sendBeacon with a byte order mark',
      'text/plain;charset=UTF-8',
      '\ufeff{"email":"ann@x.example","phone_number":"+49 151 12345678","leadData":{"source":"demo_request","utm":[]}}',
    ],
    [
      'a number for a text',
      'application/json',
      '{"email":"ann@x.example","phone":"+49 151 12345678","leadData":{"source":"demo_request","campaign":7}}',
    ],
  ])('of %s is understood', async (_, type, body) => {
    const { post } = await open();
    expect((await post(body, { 'content-type': type })).statusCode).toBe(202);
    expect((await stored()).last).toMatchObject({
      email: 'ann@x.example',
      phone: '+49 151 12345678',
      leadData: { source: 'demo_request' },
    });
  });

  it('of a type that is not read names the types that are', async () => {
    const { post } = await open();
    const answer = await post('<lead/>', { 'content-type': 'text/xml' });
    expect([answer.statusCode, answer.json<{ detail: string }>().detail]).toEqual([
      415,
      expect.stringContaining('application/json'),
    ]);
  });

  it('of a form with the value of a robot is refused, and the fields for robots are no part of a lead', async () => {
    const { post } = await open();
    const { messages } = await stored();
    const form = async (fields: string) =>
      (await post(`email=jane@example.com&source=whitepaper&size=10${fields}`, { 'content-type': FORM })).json<{
        errors?: { field: string }[];
      }>();
    const refusedFor = async (fields: object) =>
      (await post(lead({ fields }))).json<{ errors?: { field: string }[] }>().errors?.map(({ field }) => field);
    expect((await form('&leave_empty=http://spam')).errors).toMatchObject([{ field: 'leadData.fields.leave_empty' }]);
    expect(await refusedFor({ leave_empty: 'x', seconds_on_page: 1 })).toEqual([
      'leadData.fields.leave_empty',
      'leadData.fields.seconds_on_page',
    ]);
    expect((await stored()).messages).toBe(messages);
    expect(lines.some((line) => line.includes('"reason":"robot"'))).toBe(true);
    for (const fields of ['', '&leave_empty=+', '&leave_empty=&seconds_on_page=2', '&seconds_on_page=soon']) {
      expect((await form(fields)).errors).toBeUndefined();
      expect((await stored()).last).toMatchObject({ leadData: { fields: { size: '10' } } });
      expect(JSON.stringify(await stored())).not.toMatch(/leave_empty|seconds_on_page/);
    }
  });

  it('keeps the caller’s address only when it is an IP address', async () => {
    const { post } = await open({ TRUST_PROXY: 'true' });
    expect((await post(lead(), { 'x-forwarded-for': 'x'.repeat(3_000) })).statusCode).toBe(202);
    expect((await stored()).last).not.toHaveProperty('ip');
  });

  it('of any content is accepted, or refused with a problem that has a reason', async () => {
    const { post } = await open({ INGEST_RATE_PER_MINUTE: '0' });
    const key = fc.oneof(
      fc.constantFrom(
        'email',
        'leadData',
        'source',
        'utm',
        'fields',
        'ip',
        'timeZone',
        '__proto__',
        'constructor',
        'toString',
        'utm_source',
        'tel',
      ),
      anyText({ maxLength: 20 }),
    );
    const value = fc.oneof(
      fc.json(),
      anyText().map((text) => JSON.stringify(text)),
      fc.constantFrom('"a@example.com"', '{}', '[]', 'null', '-0', '1e400', '"\\ud800"'),
    );
    const object = fc
      .array(fc.tuple(key, value), { maxLength: 6 })
      .map((members) => `{${members.map(([name, json]) => `${JSON.stringify(name)}:${json}`).join()}}`);
    const json = fc.oneof(
      object,
      object.map((leadData) => `{"email":"a@example.com","leadData":${leadData}}`),
      object.map((fields) => `{"email":"a@example.com","leadData":{"source":"x","fields":${fields}}}`),
      value,
    );
    const form = fc
      .array(fc.tuple(key, anyText()), { maxLength: 12 })
      .map((pairs) => new URLSearchParams(pairs.map(([name, text]): [string, string] => [name, text])).toString());
    const bodies = fc.oneof(
      fc.tuple(
        json.map((text) => Buffer.from(text)),
        fc.constant('application/json'),
      ),
      fc.tuple(
        form.map((text) => Buffer.from(text)),
        fc.constant(FORM),
      ),
      fc.tuple(
        fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
        fc.constantFrom('application/json', FORM, 'text/plain', 'multipart/form-data', 'a/b; charset="'),
      ),
    );
    await fc.assert(
      fc.asyncProperty(bodies, async ([body, type]) => {
        const answer = await post(body, { 'content-type': type });
        expect([202, 400, 413, 415]).toContain(answer.statusCode);
        if (answer.statusCode === 202) return;
        expect(answer.headers['content-type']).toContain('application/problem+json');
        expect(answer.json<{ detail: string }>().detail).not.toBe('');
      }),
      { numRuns: 300 },
    );
    expect(lines.filter((line) => line.includes('"level":"error"'))).toEqual([]);
  });
});

describe('the description of ingest', () => {
  it('has every route that it serves, and every reason for which one refuses', async () => {
    const { service } = await open({ CORS_ORIGINS: 'https://www.acme.example' });
    const { routes, reasons } = await servedBy(service.url);
    expect(routes).toEqual(Object.keys(ROUTES).sort());
    for (const path of new Set(routes.map((route) => route.split(' ')[1] ?? '')))
      expect([path, reasons.get(path)]).toEqual([path, reasonsAt(ROUTES, path)]);
  });
});
