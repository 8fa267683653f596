import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { triaged } from '@leadstream/testing/builders';
import { given } from '@leadstream/testing/given';
import { loadConfig } from '@leadstream/service/config';
import { config, enricherFaults } from './config.ts';
import { HttpEnricher, type HttpEnricherSettings } from './http-enricher.ts';
import { SENDABLE } from './sendable.ts';

const SECRET = 'the secret of a team’s enricher';
const LONG_MS = 30_000;
const SHORT_MS = 200;
const contact = { email: 'Jane@Acme.com', address: 'jane@acme.com', firstName: 'Jane', phone: '+15551234567' };
const { state } = given(triaged({ contact }));

type Respond = (response: ServerResponse, request: IncomingMessage) => void;

/** A real server in place of a team's; each test says what it responds. */
class StandIn {
  readonly requests: { headers: IncomingMessage['headers']; body: string }[] = [];
  respond: Respond = (response) => void response.end('{"facts":{}}');
  readonly #server: Server = createServer((request, response) => void this.#take(request, response));

  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/enrich`;
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    this.requests.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
    this.respond(response, request);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

const json =
  (value: unknown, status = 200): Respond =>
  (response) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));

describe('the HTTP enricher', () => {
  let standIn: StandIn;
  let url: string;
  const opened: HttpEnricher[] = [];
  const enricher = (over: Partial<HttpEnricherSettings> = {}): HttpEnricher => {
    const one = new HttpEnricher({ url, secret: SECRET, fields: ['companyDomain'], timeoutMs: LONG_MS, ...over });
    opened.push(one);
    return one;
  };
  beforeEach(async () => {
    standIn = new StandIn();
    url = await standIn.start();
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((one) => one.close()));
    await standIn.stop();
  });

  it('signs the time and the raw body, and sends only what is allowed', async () => {
    await enricher().find(state);
    const [{ headers, body } = { headers: {}, body: '' }] = standIn.requests;
    expect(body).toBe('{"lead":{"companyDomain":"acme.com"}}');
    const time = String(headers['leadstream-timestamp']);
    const wanted = createHmac('sha256', SECRET).update(`${time}.${body}`).digest('hex');
    expect(headers['leadstream-signature']).toBe(`v1=${wanted}`);
    expect(time).toMatch(/^\d{10}$/);
  });

  it('sends each field that ENRICH_FIELDS names', async () => {
    await enricher({ fields: ['email', 'firstName', 'lastName', 'phone'] }).find(state);
    expect(JSON.parse(standIn.requests[0]?.body ?? '')).toEqual({
      lead: { email: 'Jane@Acme.com', firstName: 'Jane', phone: '+15551234567' },
    });
  });

  it.each<[string, Respond, object]>([
    [
      'facts',
      json({ facts: { industry: 'software', employees: 50, isCustomer: false } }),
      {
        outcome: 'enriched',
        facts: { industry: 'software', employees: 50, isCustomer: false },
      },
    ],
    ['no facts', json({ facts: {} }), { outcome: 'nothing' }],
    ['204', (response) => void response.writeHead(204).end(), { outcome: 'nothing' }],
    ['404', json({}, 404), { outcome: 'nothing' }],
    ['500', json({ facts: { industry: 'x' } }, 500), { outcome: 'unavailable', why: 'status' }],
    ['no JSON', (response) => void response.end('<html>'), { outcome: 'unavailable', why: 'not-valid' }],
    ['another shape', json({ facts: ['x'] }), { outcome: 'unavailable', why: 'not-valid' }],
    ['a fact of facts', json({ facts: { a: { b: 1 } } }), { outcome: 'unavailable', why: 'not-valid' }],
    ['a name like a path', json({ facts: { '__proto__.x': 1 } }), { outcome: 'unavailable', why: 'not-valid' }],
    ['a long fact', json({ facts: { a: 'x'.repeat(201) } }), { outcome: 'unavailable', why: 'not-valid' }],
    [
      'too many facts',
      json({ facts: Object.fromEntries(Array.from({ length: 31 }, (_, n) => [`a${n}`, n])) }),
      { outcome: 'unavailable', why: 'not-valid' },
    ],
    [
      'a huge body',
      (response) => void response.end('x'.repeat(1_000_000)),
      { outcome: 'unavailable', why: 'too-large' },
    ],
    ['a reset', (_, request) => void request.socket.resetAndDestroy(), { outcome: 'unavailable', why: 'unreachable' }],
    [
      'half an answer',
      (response, request) => {
        response.writeHead(200, { 'content-length': '100' }).write('{"facts"', () => request.socket.destroy());
      },
      { outcome: 'unavailable', why: 'unreachable' },
    ],
  ])('makes of %s what it is', async (_, respond, found) => {
    standIn.respond = respond;
    expect(await enricher().find(state)).toEqual(found);
  });

  it('follows no redirect', async () => {
    standIn.respond = (response) => void response.writeHead(307, { location: url }).end();
    expect(await enricher().find(state)).toEqual({ outcome: 'unavailable', why: 'redirect' });
    expect(standIn.requests).toHaveLength(1);
  });

  it.each<[string, Respond]>([
    ['never answers', () => undefined],
    [
      'answers a byte at a time',
      (response) => {
        response.writeHead(200);
        const drip = setInterval(() => response.write(' '), 10);
        response.on('close', () => clearInterval(drip));
      },
    ],
  ])('gives up one that %s', async (_, respond) => {
    standIn.respond = respond;
    expect(await enricher({ timeoutMs: SHORT_MS }).find(state)).toEqual({ outcome: 'unavailable', why: 'timeout' });
  });

  it('asks no more for a while when half of its calls are not answered', async () => {
    standIn.respond = json({}, 500);
    const one = enricher();
    for (let calls = 0; calls < 10; calls++) await one.find(state);
    expect(await one.find(state)).toEqual({ outcome: 'unavailable', why: 'breaker-open' });
    expect(standIn.requests).toHaveLength(10);
  });

  it('is unavailable where nothing listens', async () => {
    const gone = new StandIn();
    const there = await gone.start();
    await gone.stop();
    expect(await enricher({ url: there }).find(state)).toEqual({ outcome: 'unavailable', why: 'unreachable' });
  });
});

describe('its settings', () => {
  const env = { LEAD_ID_SECRET: 'a secret of these tests' };
  const loaded = (over: object) => loadConfig(config, { ...env, ...over });

  it.each([
    'https://enrich.acme.com/v1',
    'http://enricher:8080',
    'http://enricher.team.svc.cluster.local',
    'http://10.0.0.7/',
  ])('allow %s', (ENRICH_URL) => {
    expect(loaded({ ENRICH_URL }).ENRICH_URL).toBe(ENRICH_URL);
  });

  it.each([
    'http://enrich.acme.com/v1',
    'http://93.184.215.14/',
    'http://169.254.169.254/',
    'ftp://enricher/',
    'enricher',
  ])('refuse %s', (ENRICH_URL) => {
    expect(() => loaded({ ENRICH_URL })).toThrow(/ENRICH_URL: must be /);
  });

  it('need an address and a secret, and know what can be sent', () => {
    expect(enricherFaults(loaded({ ENRICHERS: 'http' }))).toEqual([
      'ENRICH_URL: is required by ENRICHERS=http',
      'ENRICH_SECRET: is required by ENRICHERS=http',
    ]);
    expect(enricherFaults(loaded({ ENRICHERS: 'domain' }))).toEqual([]);
    expect(() => loaded({ ENRICH_FIELDS: 'companyDomain,ip' })).toThrow('ENRICH_FIELDS');
    expect(Object.keys(SENDABLE)).not.toContain('ip');
  });
});
