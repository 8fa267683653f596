import { describe, expect, it } from '@jest/globals';
import { loadConfigs } from '@leadstream/service/config';
import { config, faultsOf } from './config.ts';

const TOKEN = `ana:operate:sha256:${'a'.repeat(64)}`;
const OIDC = {
  OIDC_ISSUER: 'https://id.example',
  OIDC_CLIENT_ID: 'console',
  OIDC_ROLES: 'https://acme.example/roles:dpo=admin, sub:*=view',
  CONSOLE_URL: 'https://console.example',
};
const loaded = (env: Record<string, string>) => {
  try {
    return loadConfigs([{ config, faults: faultsOf }], env)[0];
  } catch (error) {
    return error instanceof Error ? error.message : error;
  }
};

describe('the console', () => {
  it.each<[string, Record<string, string>]>([
    ['a token', { CONSOLE_TOKENS: TOKEN }],
    ['the user’s header of a trusted proxy', { CONSOLE_USER_HEADER: 'X-User', CONSOLE_TRUSTED_PROXIES: '10.0.0.0/8' }],
    ['an issuer', OIDC],
    ['a loopback address', { HOST: '127.0.0.1' }],
    ['a loopback name', { HOST: 'localhost' }],
  ])('starts with %s', (_, env) => {
    expect(loaded(env)).toBeInstanceOf(Object);
  });

  it.each<[string, Record<string, string>, string]>([
    [
      'for everyone on any address',
      {},
      'CONSOLE_TOKENS: is required, or CONSOLE_USER_HEADER, or OIDC_ISSUER, unless HOST is a loop',
    ],
    ['for everyone behind a proxy', { HOST: '127.0.0.1', TRUST_PROXY: '1' }, 'CONSOLE_TOKENS: is required, or'],
    ['with a header that anyone may set', { CONSOLE_USER_HEADER: 'X-User' }, 'CONSOLE_TRUSTED_PROXIES: is required'],
    [
      'with a proxy that is everyone',
      { CONSOLE_USER_HEADER: 'X-User', CONSOLE_TRUSTED_PROXIES: '0.0.0.0/0' },
      'CONSOLE_TRUSTED_PROXIES: entry 1 must be an address',
    ],
    ['with groups of no user', { CONSOLE_TOKENS: TOKEN, CONSOLE_ADMIN_GROUPS: 'ops' }, 'CONSOLE_ADMIN_GROUPS: has no'],
    ['with an issuer and no roles', { ...OIDC, OIDC_ROLES: '' }, 'OIDC_ROLES: is required with OIDC_ISSUER'],
    ['with roles of no issuer', { CONSOLE_TOKENS: TOKEN, OIDC_ROLES: 'a:b=view' }, 'OIDC_ROLES: has no effect'],
    ['with a role that nobody has', { ...OIDC, OIDC_ROLES: 'a:b=command' }, 'OIDC_ROLES: entry 1 must be claim:value='],
    ['with an issuer in clear', { ...OIDC, OIDC_ISSUER: 'http://id.example' }, 'OIDC_ISSUER: must be https'],
    ['with sessions in clear', { ...OIDC, CONSOLE_URL: 'http://console.example' }, 'CONSOLE_URL: must be https'],
    ['without the scope that names anyone', { ...OIDC, OIDC_SCOPES: 'email' }, 'OIDC_SCOPES: openid is missing'],
    ['with two tokens of one name', { CONSOLE_TOKENS: `${TOKEN},${TOKEN}` }, 'two tokens have the name ana'],
    [
      'with a token of no role',
      { CONSOLE_TOKENS: `ana:root:sha256:${'a'.repeat(64)}` },
      'entry 1 must be name:command',
    ],
    ['with a token in clear', { CONSOLE_TOKENS: 'a token in clear text' }, 'CONSOLE_TOKENS: entry 1 must be'],
  ])('does not start %s', (_, env, problem) => {
    expect(loaded(env)).toContain(problem);
    expect(loaded(env)).not.toContain('clear text');
  });

  it('names all problems at once', () => {
    expect(
      loaded({ CONSOLE_TOKENS: 'x', CONSOLE_TRUSTED_PROXIES: 'y', CONSOLE_USER_HEADER: 'a b', PORT: 'z' }),
    ).toMatch(/PORT[^]*CONSOLE_TOKENS[^]*CONSOLE_USER_HEADER[^]*CONSOLE_TRUSTED_PROXIES/);
  });
});
