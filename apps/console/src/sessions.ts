import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Token } from './tokens.ts';

const HOURS = 12;
const LASTS_SECONDS = HOURS * 3_600;
/** A browser takes `__Host-` only with Secure, for the whole host and no other (RFC 6265bis §4.1.3.2). */
const NAME = { secure: '__Host-leadstream', plain: 'leadstream' };
const VALUE = /^([\w.-]{1,64})~(\d{1,12})~([\da-f]{64})$/;

interface Signing {
  /** Absent: drawn now, so that sessions end with this process. */
  secret?: string | undefined;
  tokens: readonly Token[];
}

/**
 * Sessions of browsers that signed in with a token. A session is its cookie alone: it ends after 12 hours, and at once
 * for a token that is removed or replaced.
 */
export class Sessions {
  readonly #secret: string | Buffer;
  readonly #tokens: readonly Token[];

  constructor({ secret = '', tokens }: Signing) {
    this.#secret = secret || randomBytes(32);
    this.#tokens = tokens;
  }

  /** The cookie of a new session, as `Set-Cookie` has it. `nowMs` is the wall clock's. */
  open(token: Token, isSecure: boolean, nowMs: number): string {
    const ends = Math.floor(nowMs / 1_000) + LASTS_SECONDS;
    return cookie(`${token.name}~${ends}~${this.#sign(token, ends).toString('hex')}`, LASTS_SECONDS, isSecure);
  }

  /** The cookie that ends the browser's session. */
  close(isSecure: boolean): string {
    return cookie('', 0, isSecure);
  }

  /** The token that the cookies of a request stand for. */
  read(cookies: string | undefined, nowMs: number): Token | undefined {
    for (const one of cookies?.split(';') ?? []) {
      const [name = '', value = ''] = one.trim().split('=');
      const [, holder, ends, mac = ''] = (Object.values(NAME).includes(name) && VALUE.exec(value)) || [];
      const token = this.#tokens.find((known) => known.name === holder);
      if (!token || Number(ends) * 1_000 <= nowMs) continue;
      if (timingSafeEqual(this.#sign(token, Number(ends)), Buffer.from(mac, 'hex'))) return token;
    }
    return undefined;
  }

  /** Bound to the token's digest: another token of the same name has other sessions. */
  #sign({ name, digest }: Token, ends: number): Buffer {
    return createHmac('sha256', this.#secret).update(`session ${name} ${ends} `).update(digest).digest();
  }
}

const cookie = (value: string, maxAgeSeconds: number, isSecure: boolean): string =>
  `${isSecure ? NAME.secure : NAME.plain}=${value}; Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Strict` +
  (isSecure ? '; Secure' : '');
