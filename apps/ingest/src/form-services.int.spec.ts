import { createHmac } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { command } from '@leadstream/leadctl/testing/command';
import { start, type Running } from '@leadstream/service/start';
import { startNats, type Server } from '@leadstream/testing/servers';
import { ingest } from './ingest.module.ts';

const SECRET = 'a secret of the tests';
const KEY = 'the key of the form services';
const SAMPLES = new URL('samples/', import.meta.url);
const NAMES = readdirSync('intake').map((file) => file.replace('.yaml', ''));

let nats: Server;
let nc: NatsConnection;
let jsm: JetStreamManager;
let service: Running;

beforeAll(async () => {
  nats = await startNats();
  nc = await connect({ servers: nats.url });
  service = await start(ingest, {
    HOST: '127.0.0.1',
    PORT: '0',
    LOG_LEVEL: 'silent',
    NATS_URL: nats.url,
    INGEST_API_KEYS: KEY,
    INTAKE_SECRETS: ['typeform', 'webflow', 'hubspot', 'google-ads', 'meta', 'calendly', 'tally']
      .map((name) => `${name}:${SECRET}`)
      .join(),
    INTAKE_VERIFY_TOKENS: 'meta:the verify token',
  });
  await service.ready;
  jsm = await jetstreamManager(nc);
});
afterAll(async () => {
  await service.stop();
  await nc.close();
  await nats.stop();
});

const hmac = (text: string, encoding: 'hex' | 'base64'): string =>
  createHmac('sha256', SECRET).update(text).digest(encoding);
const STAMP = '1793613600';
/** The signature of each service that signs, as its own documentation has it. */
const SIGNED: Record<string, (body: string) => Record<string, string>> = {
  typeform: (body) => ({ 'typeform-signature': `sha256=${hmac(body, 'base64')}` }),
  webflow: (body) => ({ 'x-webflow-timestamp': STAMP, 'x-webflow-signature': hmac(`${STAMP}:${body}`, 'hex') }),
  hubspot: (body) => ({
    'x-hubspot-request-timestamp': STAMP,
    'x-hubspot-signature-v3': hmac(`POSThttp://localhost/v1/leads/from/hubspot${body}${STAMP}`, 'base64'),
  }),
  meta: (body) => ({ 'x-hub-signature-256': `sha256=${hmac(body, 'hex')}` }),
  calendly: (body) => ({ 'calendly-webhook-signature': `t=${STAMP},v1=${hmac(`${STAMP}.${body}`, 'hex')}` }),
  tally: (body) => ({ 'tally-signature': hmac(body, 'base64') }),
};
const SIGNING = Object.keys(SIGNED);
/** Parts of a sample that its service's documentation has elsewhere than in the answers. */
const ALSO: Record<string, string[]> = {
  typeform: ['"Company":"Lee Ltd"', '"score":4', '"plan":"team"'],
  'google-ads': ['"submissionTimestamp":"2026-11-02T10:00:00Z"', '"assetGroupId":6450000000', '"leadStage"'],
};

let count = 0;
const freshEmail = (): string => `ann.${process.pid}.${count++}@example.com`;
const sampleOf = (name: string, email: string): string =>
  readFileSync(new URL(`${name}.json`, SAMPLES), 'utf8').replaceAll('{{email}}', email);
/** As the service posts it: Jotform as a form, the others as JSON. */
const bodyOf = (name: string, sample: string): { payload: string; type: string } =>
  name === 'jotform'
    ? {
        payload: `${Object.entries(JSON.parse(sample) as Record<string, string>)
          .map(([key, value]) => `--x1\r\nContent-Disposition: form-data; name="${key}"\r\n\r\n${value}\r\n`)
          .join('')}--x1--\r\n`,
        type: 'multipart/form-data; boundary=x1',
      }
    : { payload: sample, type: 'application/json' };

const post = (path: string, payload: string, headers: Record<string, string> = {}) =>
  service.app.inject({
    method: 'POST',
    url: `/v1/leads/from/${path}`,
    headers: { host: 'localhost', 'content-type': 'application/json', ...headers },
    payload,
  });
const postSample = (name: string, email: string, query = '') => {
  const { payload, type } = bodyOf(name, sampleOf(name, email));
  const signed = SIGNED[name]?.(payload) ?? (name === 'google-ads' ? {} : { 'x-api-key': KEY });
  return post(`${name}${query}`, payload, { 'content-type': type, ...signed });
};
const last = async () => {
  const { last_seq: seq } = (await jsm.streams.info('INTAKE')).state;
  const stored = await jsm.streams.getMessage('INTAKE', { seq });
  return { lead: stored?.json<{ leadData: Record<string, unknown> }>(), source: stored?.header.get('ce-source') };
};
const messages = async (stream: string) => (await jsm.streams.info(stream)).state.messages;

describe.each(NAMES)('a sample of %s', (name) => {
  it('is a lead with name, phone, source, UTM and fields in place, once however often it is posted', async () => {
    const email = freshEmail();
    const before = await messages('INTAKE');
    for (const answer of [await postSample(name, email), await postSample(name, email)])
      expect(answer.statusCode).toBe(name === 'meta' ? 200 : 202);
    const { lead, source } = await last();
    expect(lead).toMatchObject({
      email,
      firstName: 'Ann',
      lastName: 'Lee',
      phone: expect.stringMatching(/^\+?49 ?151 ?12345678$/),
      leadData: { source: expect.any(String) },
    });
    const text = JSON.stringify(lead);
    expect(text).toContain('50 to 100');
    if (name !== 'google-ads') expect(text).toMatch(/utm_source(?:":"|=)google/);
    for (const one of ALSO[name] ?? []) expect(text).toContain(one);
    expect(text).not.toContain(SECRET);
    expect(source).toBe(SIGNED[name] || name === 'google-ads' ? `ingest/from/${name}` : 'ingest/key-1');
    expect((await messages('INTAKE')) - before).toBe(1);
  });

  it('has the source that its address names', async () => {
    if (name === 'hubspot') return;
    await postSample(name, freshEmail(), '?source=contact_form&utm_medium=cpc');
    expect((await last()).lead).toMatchObject({ leadData: { source: 'contact_form', utm: { utm_medium: 'cpc' } } });
  });

  it('is what leadctl intake test shows', async () => {
    const said = await command(['intake', 'test', name], {}, sampleOf(name, 'ann@example.com'));
    expect([said.code, said.out]).toEqual([0, expect.stringContaining('"firstName": "Ann"')]);
  });
});

describe('a consent to texts', () => {
  /** Added to the services' own files: which question asks for it is a form's. */
  const CONSENTS = {
    typeform: {
      box: '{ in: answers, by: field.ref, is: sms_consent, take: boolean }',
      text: '{ in: definition.fields, by: ref, is: sms_consent, take: title }',
      at: 'submitted_at',
    },
    tally: {
      box: '{ in: fields, by: key, is: question_6, take: value }\n    is: [9d4b0e1a]',
      text: '{ in: fields, by: key, is: question_6, take: label }',
      at: 'createdAt',
    },
  };
  const dir = mkdtempSync(join(tmpdir(), 'leadstream-intake-'));
  afterAll(() => rmSync(dir, { recursive: true }));
  for (const [name, { box, text, at }] of Object.entries(CONSENTS))
    writeFileSync(
      join(dir, `${name}.yaml`),
      `${readFileSync(`intake/${name}.yaml`, 'utf8')}\nconsent:\n  sms:\n    box: ${box}\n    text: ${text}\n    ` +
        `at: ${at}\n`,
    );
  const shown = async (name: string, sample: string) => {
    const said = await command(['intake', 'test', name], { INTAKE_DIR: dir }, sample);
    return JSON.parse(said.out) as { smsConsent: unknown };
  };

  it.each([
    ['typeform', '"boolean": true', '"boolean": false'],
    ['tally', '"value": ["9d4b0e1a"]', '"value": []'],
  ])('is shown with its evidence where the form of %s has a ticked box for it', async (name, ticked, not) => {
    const sample = sampleOf(name, 'ann@example.com');
    expect((await command(['intake', 'lint', dir], {})).code).toBe(0);
    expect((await shown(name, sample)).smsConsent).toEqual({
      text: 'I agree to texts from Acme about my request.',
      at: '2026-11-02T10:00:00Z',
    });
    expect(sample).toContain(ticked);
    expect((await shown(name, sample.replace(ticked, not))).smsConsent).toBeNull();
  });
});

describe('a signature', () => {
  it.each(SIGNING)('of another secret, body or none is refused: %s', async (name) => {
    const body = sampleOf(name, freshEmail());
    const headers = SIGNED[name]?.(body) ?? {};
    const before = await messages('INTAKE');
    for (const [sent, given] of [
      [body, {}],
      [`${body} `, headers],
      [body, Object.fromEntries(Object.entries(headers).map(([key, value]) => [key, `${value.slice(0, -4)}AAAA`]))],
      [body, { 'x-api-key': KEY }],
    ] as const)
      expect((await post(name, sent, given)).statusCode).toBe(401);
    expect((await messages('INTAKE')) - before).toBe(0);
    expect((await post(name, body, headers)).statusCode).toBe(name === 'meta' ? 200 : 202);
  });

  it('of HubSpot is over the address with its signs readable', async () => {
    const body = sampleOf('hubspot', freshEmail());
    const [path, readable] = ['hubspot?utm_campaign=a%2Fb%20c%40d', 'hubspot?utm_campaign=a/b%20c@d'];
    const headers = {
      'x-hubspot-request-timestamp': STAMP,
      'x-hubspot-signature-v3': hmac(`POSThttp://localhost/v1/leads/from/${readable}${body}${STAMP}`, 'base64'),
    };
    expect((await post(path, body, headers)).statusCode).toBe(202);
    expect((await post('hubspot?utm_campaign=a%2Fb', body, headers)).statusCode).toBe(401);
  });

  it('of Google Ads is the key in the body', async () => {
    const body = sampleOf('google-ads', freshEmail());
    expect((await post('google-ads', body.replace(SECRET, 'another secret'))).statusCode).toBe(401);
    expect((await post('google-ads', body)).statusCode).toBe(202);
  });
});

describe('a form service', () => {
  it('without a signature shows a key, in a header or in its address', async () => {
    const body = sampleOf('gravity-forms', freshEmail());
    expect((await post('gravity-forms', body)).statusCode).toBe(401);
    expect((await post('gravity-forms?key=another', body)).statusCode).toBe(401);
    expect((await post(`gravity-forms?key=${encodeURIComponent(KEY)}`, body)).statusCode).toBe(202);
    expect(JSON.stringify((await last()).lead)).not.toContain(KEY);
  });

  it('that names its event in each post hands in as many leads as persons', async () => {
    const before = await messages('INTAKE');
    const ids = new Set<string>();
    for (const email of [freshEmail(), freshEmail()])
      for (const text of ['a demo, please', 'the guide, please']) {
        const body = JSON.stringify({ event_id: 'webinar-42', id: 7, email, text });
        ids.add((await post('generic', body, { 'x-api-key': KEY })).json<{ id: string }>().id);
      }
    expect([ids.size, (await messages('INTAKE')) - before]).toEqual([4, 4]);
  });

  it('that is not described is unknown', async () => {
    expect((await post('nobody', '{}', { 'x-api-key': KEY })).statusCode).toBe(404);
  });

  it('that posts another event gets a 202, and nothing is stored', async () => {
    const body = sampleOf('calendly', freshEmail()).replace('invitee.created', 'invitee.canceled');
    const before = await messages('INTAKE');
    const answer = await post('calendly', body, SIGNED['calendly']?.(body));
    expect([answer.statusCode, answer.json()]).toEqual([202, { ids: [] }]);
    expect((await messages('INTAKE')) - before).toBe(0);
  });

  it('may post several leads at once; the valid ones are stored, and the post is kept', async () => {
    const [one, two] = [freshEmail(), freshEmail()];
    const parts = [one, two].map((email) => JSON.parse(sampleOf('meta', email)) as { entry: object[] });
    const body = JSON.stringify({ object: 'page', entry: parts.flatMap(({ entry }) => entry) });
    expect((await post('meta', body, SIGNED['meta']?.(body))).json<{ ids: string[] }>().ids).toEqual([
      `${one}-id`,
      `${two}-id`,
    ]);
    const broken = JSON.stringify({
      object: 'page',
      entry: [...parts.flatMap(({ entry }) => entry), { changes: [{ value: { leadgen_id: '1' } }] }],
    });
    const before = await messages('QUARANTINE');
    expect((await post('meta', broken, SIGNED['meta']?.(broken))).statusCode).toBe(400);
    expect((await messages('QUARANTINE')) - before).toBe(1);
  });
});

describe('the handshake of Meta', () => {
  const ask = (token: string, challenge = '1158201444') =>
    service.app.inject({
      method: 'GET',
      url: '/v1/leads/from/meta',
      query: { 'hub.mode': 'subscribe', 'hub.challenge': challenge, 'hub.verify_token': token },
    });

  it('returns the challenge for the right token only, and no markup', async () => {
    const answer = await ask('the verify token');
    expect([answer.statusCode, answer.body, answer.headers['content-type']]).toEqual([
      200,
      '1158201444',
      expect.stringContaining('text/plain'),
    ]);
    expect((await ask('another token')).statusCode).toBe(401);
    expect((await ask('the verify token', '<script>')).statusCode).toBe(401);
  });
});

describe('the settings of form services', () => {
  const faults = (env: Record<string, string>): Promise<string> =>
    start(ingest, { HOST: '127.0.0.1', PORT: '0', LOG_LEVEL: 'silent', NATS_URL: nats.url, ...env }).then(
      async (running) => {
        await running.stop();
        return 'started';
      },
      (error: unknown) => String(error),
    );

  it('are checked at start: a secret of an unknown service, a short one, a missing or broken folder', async () => {
    expect(await faults({ INTAKE_SECRETS: 'typefrom:a long secret' })).toContain('typefrom is no form service');
    expect(await faults({ INTAKE_SECRETS: 'typeform:short' })).toContain('INTAKE_SECRETS: entry 1');
    expect(await faults({ INTAKE_DIR: 'no such folder' })).toContain('INTAKE_DIR: there is no folder');
    expect(await faults({ INTAKE_DIR: 'apps/ingest/src/samples/broken' })).toContain('broken.yaml: read');
    expect(await faults({ INTAKE_VERIFY_TOKENS: 'tally:a long token' })).toContain('tally is no form service');
  });
});
