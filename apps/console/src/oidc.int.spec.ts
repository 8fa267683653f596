import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@leadstream/testing/eventually';
import { startNats, type Server } from '@leadstream/testing/servers';
import { mongoDatabase } from '@leadstream/testing/servers-database';
import { SequenceStore } from '@leadstream/service/sequence-store';
import { CLIENT_ID, CLIENT_SECRET, Issuer } from './testing/issuer.ts';
import { CONSOLE_TOKENS as tokens, opened, type Opened } from './testing/opened.ts';

const CONSOLE_URL = 'https://console.example';
const PERSON = { sub: 'user-1', email: 'ana@example.com', email_verified: true, groups: ['sales', 'sre'] };

describe('a person whom an issuer signs in', () => {
  let nats: Server;
  let issuer: Issuer;
  let console: Opened;

  const env = (over: Record<string, string> = {}) => ({
    NATS_URL: nats.url,
    MONGODB_URI: mongoDatabase('oidc').uri,
    CONSOLE_TOKENS: '',
    TRUST_PROXY: 'true',
    CONSOLE_URL,
    CONSOLE_SESSION_SECRET: 'a secret of all consoles',
    OIDC_ISSUER: issuer.url,
    OIDC_CLIENT_ID: CLIENT_ID,
    OIDC_CLIENT_SECRET: CLIENT_SECRET,
    OIDC_ROLES: 'groups:sales=view,groups:sre=operate,realm.roles:dpo=admin',
    ...over,
  });
  beforeAll(async () => {
    [nats, issuer] = await Promise.all([startNats(), Issuer.open()]);
    console = await opened(env());
    await eventually(() => console.service.app.get(SequenceStore, { strict: false }).loaded);
  });
  afterAll(async () => {
    await console?.service.stop();
    await issuer?.close();
    await nats?.stop();
  });
  beforeEach(() => {
    issuer.claims = PERSON;
  });
  afterEach(() => {
    issuer.wrong = {};
    issuer.userinfo = {};
  });

  let addresses = 0;
  /** Each request comes from another network. */
  const from = () => ({ 'x-forwarded-for': `10.${(addresses += 1) >> 8}.${addresses & 255}.1` });
  const cookieOf = (set: unknown, name: string): string =>
    [set]
      .flat()
      .map(String)
      .find((one) => one.startsWith(`${name}=`)) ?? '';
  const valueOf = (set: string): string => set.split(';', 1)[0] ?? '';

  /** A browser at the issuer's page: the cookie that it has, and where the issuer leads it back. */
  const begun = async (returnTo = '/leads?q=ana', it = console) => {
    const answer = await it.ask('GET', `/v1/oidc/start?${new URLSearchParams({ returnTo }).toString()}`, {
      headers: from(),
    });
    expect([answer.statusCode, answer.headers.location]).toEqual([303, expect.stringContaining(issuer.url)]);
    const at = await fetch(String(answer.headers.location), { redirect: 'manual' });
    const back = new URL(at.headers.get('location') ?? '');
    expect(`${back.origin}${back.pathname}`).toBe(`${CONSOLE_URL}/v1/oidc/callback`);
    return { attempt: cookieOf(answer.headers['set-cookie'], '__Host-leadstream-oidc'), back };
  };
  const finished = async ({ back, attempt }: { back: URL; attempt: string }, it = console) => {
    const headers = { ...from(), cookie: valueOf(attempt), 'sec-fetch-site': 'cross-site' };
    const answer = await it.ask('GET', `${back.pathname}${back.search}`, { headers });
    const session = cookieOf(answer.headers['set-cookie'], '__Host-leadstream');
    return { status: answer.statusCode, location: answer.headers.location, session };
  };
  const me = async (cookie: string, it = console) => {
    const answer = await it.ask('GET', '/v1/me', { headers: { cookie: valueOf(cookie) } });
    return { status: answer.statusCode, ...answer.json<object>() };
  };
  const signedIn = async () => finished(await begun());
  const REFUSED = { status: 303, session: '', location: '/leads?q=ana&signIn=failed' };

  it('is back on the page that they came from, with a session of their name and highest role', async () => {
    const start = await begun();
    expect(start.attempt).toMatch(/; Path=\/; Max-Age=600; HttpOnly; SameSite=Lax; Secure$/);
    const { session, ...answer } = await finished(start);
    expect(answer).toEqual({ status: 303, location: '/leads?q=ana' });
    expect(session).toMatch(/; Path=\/; Max-Age=28800; HttpOnly; SameSite=Strict; Secure$/);
    expect(await me(session)).toMatchObject({ by: 'ana@example.com', role: 'operate', via: 'oidc' });
    expect(console.lines.join()).not.toMatch(/code_verifier|id_token|eyJ/);
  });

  it.each<[string, object, object, object]>([
    ['a role by a path', { sub: 'x', realm: { roles: ['dpo'] } }, {}, { by: 'x', role: 'admin' }],
    ['what only the userinfo says', { sub: 'x' }, { groups: ['sales'] }, { by: 'x', role: 'view' }],
    [
      'the rest of what only the userinfo says',
      { sub: 'x', groups: ['sales'] },
      { email: 'ana@example.com', email_verified: true, realm: { roles: ['dpo'] } },
      { by: 'ana@example.com', role: 'admin' },
    ],
    ['an address that nobody verified', { ...PERSON, email_verified: false }, {}, { by: 'user-1' }],
  ])('has %s', async (_, claims, userinfo, expected) => {
    issuer.claims = { ...claims };
    issuer.userinfo = { ...userinfo };
    expect(await me((await signedIn()).session)).toMatchObject({ status: 200, ...expected });
  });

  it.each<[string, object]>([
    ['no group', { sub: 'x' }],
    ['a group of no role', { sub: 'x', groups: ['marketing'] }],
    ['a group that has the name of a role’s in it', { sub: 'x', groups: 'sales,sre' }],
    ['a claim of the prototype', { sub: 'x', groups: { sre: true } }],
    ['a name that would show as another', { ...PERSON, email: 'ana\u202e@example.com' }],
  ])('with %s is nobody here', async (_, claims) => {
    issuer.claims = { ...claims };
    expect(await signedIn()).toEqual({ ...REFUSED, location: '/leads?q=ana&signIn=role' });
  });

  it.each<[string, Issuer['wrong']]>([
    ['another nonce', { nonce: 'of another sign-in' }],
    ['another audience', { audience: 'another program' }],
    ['another issuer', { issuer: 'https://evil.example' }],
    ['a key that the issuer does not publish', { key: 'unpublished' }],
  ])('is refused by an id token of %s', async (_, wrong) => {
    issuer.wrong = wrong;
    expect(await signedIn()).toEqual(REFUSED);
  });

  it('is refused with a forged state, or with the answer to the sign-in of another browser', async () => {
    const mine = await begun();
    const theirs = await begun();
    expect(await finished({ ...mine, back: theirs.back })).toEqual(REFUSED);
    mine.back.searchParams.set('state', 'forged');
    expect(await finished(mine)).toEqual(REFUSED);
    const none = { status: 303, session: '', location: '/?signIn=failed' };
    expect(await finished({ back: theirs.back, attempt: '' })).toEqual(none);
    const forged = theirs.attempt.replace(/~[\da-f]{64}/, `~${'0'.repeat(64)}`);
    expect(await finished({ back: theirs.back, attempt: forged })).toEqual(none);
  });

  it('is signed in once by a code', async () => {
    const start = await begun();
    expect((await finished(start)).session).not.toBe('');
    expect(await finished(start)).toEqual(REFUSED);
  });

  it('may try so many times a minute', async () => {
    const headers = from();
    const tried = async () => (await console.ask('GET', '/v1/oidc/callback?code=x', { headers })).headers.location;
    const said = [];
    for (let count = 0; count < 61; count += 1) said.push(await tried());
    expect([new Set(said.slice(0, 60)), said.at(-1)]).toEqual([new Set(['/?signIn=failed']), '/?signIn=rate']);
  });

  it('is signed in right after the issuer has changed its keys', async () => {
    await signedIn();
    await issuer.rotate();
    expect((await signedIn()).location).toBe('/leads?q=ana');
  });

  it.each([
    '//evil.example',
    '/\\evil.example',
    'https://evil.example/leads',
    '/leads/../..//evil.example',
    '/v1/oidc/start',
    '/%0d%0aset-cookie: a=b',
    'javascript:alert(1)',
    `/leads?q=${'名'.repeat(80)}`,
  ])('never comes back to %s', async (returnTo) => {
    expect((await finished(await begun(returnTo))).location).toBe('/');
  });

  it('is signed out, also behind a proxy that does not say that it ended TLS', async () => {
    const { session } = await signedIn();
    const answer = await console.ask('POST', '/v1/session/end', { headers: { cookie: valueOf(session) } });
    expect(cookieOf(answer.headers['set-cookie'], '__Host-leadstream')).toMatch(/=; Path=\/; Max-Age=0;.*; Secure$/);
  });

  it('keeps the session on every process with the same settings, and loses it with other rules of roles', async () => {
    const { session } = await signedIn();
    const other = await opened(env());
    const stricter = await opened(env({ OIDC_ROLES: 'groups:sales=view' }));
    try {
      expect(await me(session, other)).toMatchObject({ role: 'operate' });
      expect(await me(session, stricter)).toMatchObject({ status: 401 });
      const forged = session.replace(/=@[\w-]+/, `=@${Buffer.from('["eve","admin"]').toString('base64url')}`);
      expect(await me(forged, other)).toMatchObject({ status: 401 });
    } finally {
      await Promise.all([other.service.stop(), stricter.service.stop()]);
    }
  });

  it('waits for an issuer that is away at the start, while tokens are served', async () => {
    const away = await Issuer.open();
    const { url } = away;
    await away.close();
    const it = await opened(env({ OIDC_ISSUER: url, CONSOLE_TOKENS: tokens }));
    try {
      expect((await it.ask('GET', '/v1/session')).json()).toEqual({ token: true, oidc: new URL(url).host });
      expect((await it.ask('GET', '/v1/me', { role: 'view' })).statusCode).toBe(200);
      const start = () => it.ask('GET', '/v1/oidc/start?returnTo=/live');
      expect((await start()).headers.location).toBe('/live?signIn=unavailable');
      const back = await Issuer.open(Number(new URL(url).port));
      try {
        expect((await start()).headers.location).toContain(`${url}/authorize`);
      } finally {
        await back.close();
      }
      expect((await it.ask('GET', '/metrics')).body).toMatch(
        /http_refusals_total\{route="\/v1\/oidc\/start",status="503",reason="unavailable",app="console"\} 1/,
      );
    } finally {
      await it.service.stop();
    }
  });
});
