import { describe, expect, it } from '@jest/globals';
import type { WebhookHeaders } from '../port.ts';
import { hasLogin, isLogin } from './login.ts';

const basic = (login: string): { authorization: string } => ({
  authorization: `Basic ${Buffer.from(login).toString('base64')}`,
});
const LOGINS = ['leadstream:test-webhook-password', 'next:päss:word'];

describe('the login of a webhook of Postmark', () => {
  it.each<[string, WebhookHeaders, boolean]>([
    ['the first one', basic('leadstream:test-webhook-password'), true],
    ['the sample’s header', { authorization: 'Basic bGVhZHN0cmVhbTp0ZXN0LXdlYmhvb2stcGFzc3dvcmQ=' }, true],
    ['the second one, with a colon in its password', basic('next:päss:word'), true],
    ['another case of the scheme', { authorization: basic(LOGINS[0]!).authorization.replace('Basic', 'basic') }, true],
    ['another password', basic('leadstream:test-webhook-passwore'), false],
    ['another user', basic('leadstreax:test-webhook-password'), false],
    ['a longer password', basic('leadstream:test-webhook-password2'), false],
    ['an empty one', basic(':'), false],
    ['none', {}, false],
    ['a bearer token', { authorization: 'Bearer leadstream:test-webhook-password' }, false],
    ['no base64', { authorization: 'Basic leadstream:test-webhook-password' }, false],
    ['two headers', { authorization: ['Basic YTpi', 'Basic YTpi'] }, false],
    ['no colon', basic('leadstream'), false],
    ['a huge one', basic(`leadstream:${'x'.repeat(10_000)}`), false],
  ])('is judged by the configured ones: %s', (_, headers, expected) => {
    expect(isLogin(headers, LOGINS)).toBe(expected);
    if (expected) expect(hasLogin(headers)).toBe(true);
  });

  it('has its form before the body is read', () => {
    const all: WebhookHeaders[] = [basic('a:b'), basic('a'), {}, { authorization: 'Bearer x' }];
    expect(all.map(hasLogin)).toEqual([true, false, false, false]);
  });

  it('fits none where none is configured', () => {
    expect(isLogin(basic(':'), [])).toBe(false);
    expect(isLogin({}, [])).toBe(false);
    expect(isLogin({}, [''])).toBe(false);
  });
});
