import { describe, expect, it } from '@jest/globals';
import { digest } from '@leadstream/service/keys';
import { Sessions } from './sessions.ts';

const ana = { name: 'ana', role: 'operate' as const, digest: digest('secret') };
const sessions = new Sessions({ secret: 'signs', tokens: [ana] });
const NOW = Date.UTC(2026, 10, 29);
const HOUR = 3_600_000;
const cookie = sessions.open(ana, false, NOW).split(';', 1)[0] ?? '';

describe('a session', () => {
  it('is its holder’s for twelve hours, among other cookies', () => {
    expect(sessions.read(`theme=dark; ${cookie}`, NOW + 12 * HOUR - 1)).toEqual({
      name: 'ana',
      role: 'operate',
      via: 'session',
    });
    expect(sessions.read(cookie, NOW + 12 * HOUR)).toBeUndefined();
  });

  it.each([
    ['a later end', cookie.replace(/~\d+~/, (end) => `~${Number(end.slice(1, -1)) + 1}~`)],
    ['another name', cookie.replace('ana', 'bob')],
    ['another signature', cookie.replace(/[\da-f]{64}$/, '0'.repeat(64))],
    ['the name of another cookie', cookie.replace('leadstream', 'session')],
    ['nothing in it', 'leadstream='],
  ])('with %s is nobody’s', (_, forged) => {
    expect(sessions.read(forged, NOW)).toBeUndefined();
  });
});
