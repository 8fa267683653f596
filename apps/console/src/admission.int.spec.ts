import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { SequenceStore } from '@leadstream/service/sequence-store';
import { eventually } from '@leadstream/testing/eventually';
import { startNats, type Server } from '@leadstream/testing/servers';
import { mongoDatabase } from '@leadstream/testing/servers-database';
import { roles, type Role } from './roles.ts';
import { ROUTES, type RouteName } from './routes.ts';
import { opened, tokenOf, type Opened } from './testing/opened.ts';

/** The callers that may use each route; `everyone`: nobody has to be signed in. */
const ALLOWED = {
  'GET /v1/me': ['command', 'view', 'operate', 'admin'],
  'POST /v1/session': 'everyone',
  'GET /v1/session': 'everyone',
  'GET /v1/oidc/start': 'everyone',
  'GET /v1/oidc/callback': 'everyone',
  'POST /v1/session/end': 'everyone',
  'GET /v1/leads/:id': ['view', 'operate', 'admin'],
  'GET /v1/leads/:id/explain': ['view', 'operate', 'admin'],
  'GET /v1/leads/:id/mails/:sendId': ['view', 'operate', 'admin'],
  'GET /v1/leads/:id/mails/:sendId/html': ['view', 'operate', 'admin'],
  'POST /v1/leads/commands': ['command', 'operate', 'admin'],
  'POST /v1/leads/:id/commands': ['command', 'operate', 'admin'],
  'POST /v1/leads/:id/pause': ['command', 'operate', 'admin'],
  'POST /v1/leads/:id/resume': ['command', 'operate', 'admin'],
  'POST /v1/leads/:id/restart': ['command', 'operate', 'admin'],
  'POST /v1/leads/:id/move': ['command', 'operate', 'admin'],
  'GET /v1/leads': ['view', 'operate', 'admin'],
  'GET /v1/leads/count': ['view', 'operate', 'admin'],
  'GET /v1/needs-you': ['view', 'operate', 'admin'],
  'GET /v1/sequences': ['view', 'operate', 'admin'],
  'GET /v1/sequences/:id/:version': ['view', 'operate', 'admin'],
  'GET /v1/sequences/:id/:version/mails/:template': ['view', 'operate', 'admin'],
  'POST /v1/sequences/:id/activate': ['admin'],
  'POST /v1/sequences/:id/retire': ['admin'],
  'GET /v1/health': ['view', 'operate', 'admin'],
  'GET /v1/events': ['view', 'operate', 'admin'],
  'GET /v1/events/latest': ['view', 'operate', 'admin'],
  'GET /v1/settings': ['view', 'operate', 'admin'],
  'POST /v1/intake/:name/try': ['view', 'operate', 'admin'],
  'GET /v1/monitoring': ['view', 'operate', 'admin'],
  'GET /v1/reports': ['view', 'operate', 'admin'],
  'GET /v1/reports/csv': ['view', 'operate', 'admin'],
  'GET /v1/quarantine/:seq': ['view', 'operate', 'admin'],
  'POST /v1/quarantine/:seq/redrive': ['command', 'operate', 'admin'],
  'POST /v1/account/pause': ['admin'],
  'POST /v1/account/resume': ['admin'],
  'POST /v1/leads/import/preview': ['admin'],
  'POST /v1/leads/import/refused': ['admin'],
  'POST /v1/leads/import': ['admin'],
} as const satisfies Record<RouteName, readonly Role[] | 'everyone'>;
const closed = (Object.keys(ROUTES) as RouteName[]).filter((name) => ALLOWED[name] !== 'everyone');

let nats: Server;
const running: Opened[] = [];
beforeAll(async () => {
  nats = await startNats();
});
afterEach(async () => {
  await Promise.all(running.splice(0).map(({ service }) => service.stop()));
});
afterAll(() => nats.stop());

const open = async (env: Record<string, string> = {}): Promise<Opened> => {
  const it = await opened({ NATS_URL: nats.url, MONGODB_URI: mongoDatabase('admission').uri, ...env });
  running.push(it);
  // A stop while the client begins a watch leaves its timer behind.
  await eventually(() => it.service.app.get(SequenceStore, { strict: false }).loaded);
  return it;
};
const me = async (it: Opened, headers: Record<string, string> = {}) => {
  const answer = await it.ask('GET', '/v1/me', { headers });
  return { status: answer.statusCode, ...answer.json<{ by?: string; role?: string; via?: string; code?: string }>() };
};

describe('the console’s routes', () => {
  it.each(closed)('%s is for the roles that may use it, and nobody else', async (name) => {
    const it = await open();
    const [method, path = ''] = name.split(' ') as ['GET' | 'POST', string];
    // An admitted reader of events gets no end.
    const query = path === '/v1/events' ? '?leadId=none' : '';
    const url = path.replaceAll(/:\w+/g, crypto.randomUUID()) + query;
    const admitted = async (role?: Role) => {
      const { statusCode } = await it.ask(method, url, {
        ...(role ? { role } : {}),
        ...(method === 'POST' ? { body: {} } : {}),
      });
      return statusCode;
    };
    const allowed: readonly string[] = [ALLOWED[name]].flat();
    for (const role of roles)
      if (allowed.includes(role)) expect([401, 403]).not.toContain(await admitted(role));
      else expect([role, await admitted(role)]).toEqual([role, 403]);
    expect(await admitted()).toBe(401);
  });

  it('have problems with a code, counted and logged by their reason', async () => {
    const it = await open();
    const answer = await it.ask('GET', '/v1/me');
    expect([answer.statusCode, answer.headers['content-type'], answer.headers['www-authenticate']]).toEqual([
      401,
      expect.stringContaining('application/problem+json'),
      'Bearer',
    ]);
    expect(answer.json()).toMatchObject({ status: 401, code: 'KEY', detail: expect.stringContaining('Sign in') });
    expect((await it.ask('GET', '/metrics')).body).toContain(
      'leadstream_http_refusals_total{route="/v1/me",status="401",reason="key",app="console"} 1',
    );
    expect(it.lines.join()).toContain('"route":"/v1/me","reason":"key","status":401');
  });

  it('are described without a token', async () => {
    const it = await open();
    const answer = await it.ask('GET', '/openapi.json');
    expect([answer.statusCode, answer.json<{ openapi: string }>().openapi]).toEqual([200, '3.1.1']);
  });

  it('refuse pages of other sites, whoever is signed in', async () => {
    const it = await open();
    for (const [site, status] of [
      ['cross-site', 403],
      ['same-site', 403],
      ['same-origin', 200],
      ['none', 200],
    ] as const) {
      const headers = { 'sec-fetch-site': site };
      expect((await it.ask('GET', '/v1/me', { role: 'view', headers })).statusCode).toBe(status);
    }
  });

  it('limit the attempts of an address without a token, and no known token', async () => {
    const it = await open();
    const statuses = [];
    for (let count = 0; count < 62; count++) statuses.push((await me(it)).status);
    expect(new Set(statuses.slice(0, 60))).toEqual(new Set([401]));
    expect(statuses.slice(60)).toEqual([429, 429]);
    expect((await it.ask('GET', '/v1/me', { role: 'view' })).statusCode).toBe(200);
  });
});

describe('a token', () => {
  it('names the author, and is never logged', async () => {
    const it = await open();
    const answer = await it.ask('GET', '/v1/me', { role: 'operate' });
    expect(answer.json()).toEqual({
      by: 'operate-token',
      role: 'operate',
      may: ['read', 'command'],
      via: 'token',
      label: null,
      badge: null,
      now: expect.stringMatching(/Z$/),
      delayScale: 1,
    });
    expect(it.lines.join()).not.toContain('the token of');
  });
});

describe('a browser that signs in with a token', () => {
  const HOUSE = 'https://console.example';
  const signedIn = async (it: Opened, headers: Record<string, string> = {}) => {
    const body = { token: tokenOf('operate') };
    const answer = await it.ask('POST', '/v1/session', {
      body,
      headers: { origin: HOUSE, host: 'console.example', ...headers },
    });
    return { status: answer.statusCode, cookie: String(answer.headers['set-cookie'] ?? '') };
  };
  const cookieOf = (set: string): string => set.split(';', 1)[0] ?? '';

  it('has a session in a cookie that no script and no other site can use', async () => {
    const it = await open({ TRUST_PROXY: 'true' });
    const plain = await signedIn(it);
    expect(plain.cookie).toMatch(
      /^leadstream=operate-token~\d+~[\da-f]{64}; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/,
    );
    expect(await me(it, { cookie: cookieOf(plain.cookie) })).toMatchObject({
      by: 'operate-token',
      role: 'operate',
      via: 'session',
    });
    const { cookie } = await signedIn(it, { 'x-forwarded-proto': 'https' });
    expect(cookie).toMatch(/^__Host-leadstream=.*; Secure$/);
    expect(it.lines.join()).not.toContain('the token of');
  });

  it('is refused with a wrong token, and is let try ten times a minute', async () => {
    const it = await open();
    const tried = () => it.ask('POST', '/v1/session', { body: { token: 'guess' } });
    const statuses = [];
    for (let count = 0; count < 11; count++) statuses.push((await tried()).statusCode);
    expect([new Set(statuses.slice(0, 10)), statuses.at(-1)]).toEqual([new Set([401]), 429]);
  });

  it('gives no command for a page of another site, whose browser sends no Fetch Metadata', async () => {
    const it = await open();
    const cookie = cookieOf((await signedIn(it)).cookie);
    const posted = async (origin: string) =>
      (await it.ask('POST', '/v1/quarantine/1/redrive', { headers: { cookie, origin, host: 'console.example' } }))
        .statusCode;
    expect([await posted('https://evil.example'), await posted('null'), await posted(HOUSE)]).toEqual([403, 403, 404]);
  });

  it('has its session on every process with the same secret, until its token is replaced', async () => {
    const CONSOLE_SESSION_SECRET = 'a secret of all consoles';
    const [one, two] = [await open({ CONSOLE_SESSION_SECRET }), await open({ CONSOLE_SESSION_SECRET })];
    const cookie = cookieOf((await signedIn(one)).cookie);
    expect(await me(two, { cookie })).toMatchObject({ role: 'operate' });
    const CONSOLE_TOKENS = `operate-token:admin:sha256:${'a'.repeat(64)}`;
    expect(await me(await open({ CONSOLE_SESSION_SECRET, CONSOLE_TOKENS }), { cookie })).toMatchObject({ status: 401 });
  });
});

describe('a proxy’s user', () => {
  const PROXY = {
    CONSOLE_TOKENS: '',
    CONSOLE_USER_HEADER: 'X-Forwarded-Email',
    CONSOLE_GROUPS_HEADER: 'X-Forwarded-Groups',
    CONSOLE_VIEW_GROUPS: 'sales',
    CONSOLE_OPERATE_GROUPS: 'ops, sre',
    CONSOLE_ADMIN_GROUPS: 'dpo',
    CONSOLE_TRUSTED_PROXIES: '127.0.0.0/8',
  };
  const user = (groups: string) => ({ 'x-forwarded-email': 'ana@example.com', 'x-forwarded-groups': groups });

  it.each([
    ['sales', 'view'],
    ['sales, sre', 'operate'],
    ['ops,dpo', 'admin'],
  ])('in the groups %s has the role %s', async (groups, role) => {
    expect(await me(await open(PROXY), user(groups))).toMatchObject({ by: 'ana@example.com', role });
  });

  it('in no group of the lists is nobody', async () => {
    expect(await me(await open(PROXY), user('marketing'))).toMatchObject({ status: 401 });
  });

  it('is believed from a trusted address only, whatever the request says of its own', async () => {
    const it = await open({ ...PROXY, CONSOLE_TRUSTED_PROXIES: '10.0.0.1', TRUST_PROXY: 'true' });
    expect(await me(it, { ...user('dpo'), 'x-forwarded-for': '10.0.0.1' })).toMatchObject({ status: 401 });
  });

  it.each([
    ['two names', 'eve@example.com, ana@example.com'],
    ['a name that shows as another', 'ana@example.com\u202egnp'],
    ['an endless name', 'a'.repeat(300)],
    ['no name', ' '],
  ])('with %s is nobody', async (_, name) => {
    const bytes = Buffer.from(name).toString('latin1');
    expect(await me(await open(PROXY), { ...user('dpo'), 'x-forwarded-email': bytes })).toMatchObject({ status: 401 });
  });

  it('without a header of groups is in the lists by name', async () => {
    const { CONSOLE_GROUPS_HEADER: _, CONSOLE_VIEW_GROUPS: __, ...env } = PROXY;
    const it = await open({ ...env, CONSOLE_OPERATE_GROUPS: 'ana@example.com' });
    expect(await me(it, user('dpo'))).toMatchObject({ role: 'operate' });
    expect(await me(it, { 'x-forwarded-email': 'Zoë@example.com' })).toMatchObject({ role: 'view' });
  });
});

describe('without tokens and a proxy', () => {
  it('everyone on this machine is the local operator, with a badge', async () => {
    const it = await open({ CONSOLE_TOKENS: '' });
    expect(await me(it)).toMatchObject({ by: 'local operator', role: 'admin', badge: expect.any(String) });
  });

  it.each([
    ['through a proxy', { 'x-forwarded-for': '203.0.113.9' }],
    ['by a name that a page of another site has resolve to this machine', { host: 'rebound.example' }],
  ])('who comes %s is nobody', async (_, headers) => {
    expect(await me(await open({ CONSOLE_TOKENS: '' }), headers)).toMatchObject({ status: 401 });
  });
});
