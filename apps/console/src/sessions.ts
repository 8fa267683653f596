import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { roles, type Role } from './roles.ts';
import type { Token } from './tokens.ts';

const HOURS = 12;
const LASTS_SECONDS = HOURS * 3_600;
const ATTEMPT_SECONDS = 600;
/** A browser takes `__Host-` only with Secure, for the whole host and no other (RFC 6265bis §4.1.3.2). */
const NAME = { secure: '__Host-leadstream', plain: 'leadstream' };
const ATTEMPT = { secure: '__Host-leadstream-oidc', plain: 'leadstream-oidc' };
/** A token's name, or a person after `@`: no token has that in its name. */
const VALUE = /^([\w.-]{1,64}|@[\w-]{1,1200})~(\d{1,12})~([\da-f]{64})$/;
const ATTEMPT_VALUE = /^([\w-]{22}~[\w-]{0,800})~(\d{1,12})~([\da-f]{64})$/;

interface Signing {
  /** Absent: drawn now, so that sessions end with this process. */
  secret?: string | undefined;
  tokens: readonly Token[];
  /** What the roles of people follow from: other sessions begin with another. */
  oidcMark?: string;
}

/** A caller that the issuer has signed in. */
export interface Person {
  name: string;
  role: Role;
}
export type Holder = Person & { via: 'session' | 'oidc' };
interface Lasting {
  isSecure: boolean;
  nowMs: number;
  seconds: number;
}

/**
 * Sessions of browsers that signed in with a token, or by an issuer. A session is its cookie alone: it ends after its
 * hours, and at once for a token that is removed or replaced.
 */
export class Sessions {
  readonly #secret: string | Buffer;
  readonly #tokens: readonly Token[];
  readonly #mark: string;

  constructor({ secret = '', tokens, oidcMark = '' }: Signing) {
    this.#secret = secret || randomBytes(32);
    this.#tokens = tokens;
    this.#mark = oidcMark;
  }

  /** The cookie of a new session, as `Set-Cookie` has it. `nowMs` is the wall clock's. */
  open(token: Token, isSecure: boolean, nowMs: number): string {
    const ends = Math.floor(nowMs / 1_000) + LASTS_SECONDS;
    const value = `${token.name}~${ends}~${this.#ofToken(token, ends).toString('hex')}`;
    return cookie(nameOf(NAME, isSecure), value, LASTS_SECONDS, isSecure);
  }

  /** The cookie of a person's new session. */
  openFor({ name, role }: Person, { isSecure, nowMs, seconds }: Lasting): string {
    const ends = Math.floor(nowMs / 1_000) + seconds;
    const who = `@${Buffer.from(JSON.stringify([name, role])).toString('base64url')}`;
    const value = `${who}~${ends}~${this.#ofPerson(who, ends).toString('hex')}`;
    return cookie(nameOf(NAME, isSecure), value, seconds, isSecure);
  }

  /** The cookies that end the browser's session: a sign-in by an issuer is Secure where a request seems to be plain. */
  close(): string[] {
    return [cookie(NAME.plain, '', 0, false), cookie(NAME.secure, '', 0, true)];
  }

  /**
   * The cookie of a sign-in that has begun: its id, and the page that it returns to. Lax, because the issuer's page
   * leads back here.
   */
  begin(id: string, returnTo: string, { isSecure, nowMs }: Omit<Lasting, 'seconds'>): string {
    const ends = Math.floor(nowMs / 1_000) + ATTEMPT_SECONDS;
    const what = `${id}~${Buffer.from(returnTo).toString('base64url')}`;
    const mac = this.sign(`oidc attempt ${what} ${ends}`).toString('hex');
    return cookie(nameOf(ATTEMPT, isSecure), `${what}~${ends}~${mac}`, ATTEMPT_SECONDS, isSecure, 'Lax');
  }

  /** The cookie that ends a sign-in. */
  ended(isSecure: boolean): string {
    return cookie(nameOf(ATTEMPT, isSecure), '', 0, isSecure, 'Lax');
  }

  /** The sign-in that the cookies of a request stand for. */
  begun(cookies: string | undefined, nowMs: number): { id: string; returnTo: string } | undefined {
    for (const value of valuesOf(cookies, ATTEMPT)) {
      const [, what = '', ends, mac = ''] = ATTEMPT_VALUE.exec(value) ?? [];
      if (Number(ends) * 1_000 > nowMs && isEqual(this.sign(`oidc attempt ${what} ${ends}`), mac)) {
        const [id = '', returnTo = ''] = what.split('~');
        return { id, returnTo: Buffer.from(returnTo, 'base64url').toString() };
      }
    }
    return undefined;
  }

  /** The caller that the cookies of a request stand for. */
  read(cookies: string | undefined, nowMs: number): Holder | undefined {
    for (const value of valuesOf(cookies, NAME)) {
      const [, who = '', text, mac = ''] = VALUE.exec(value) ?? [];
      const ends = Number(text);
      // Not a number: no session.
      if (!(ends * 1_000 > nowMs)) continue;
      if (who.startsWith('@')) {
        if (isEqual(this.#ofPerson(who, ends), mac)) return personOf(who);
        continue;
      }
      const token = this.#tokens.find((known) => known.name === who);
      if (token && isEqual(this.#ofToken(token, ends), mac))
        return { name: token.name, role: token.role, via: 'session' };
    }
    return undefined;
  }

  /** Another purpose begins with another word. */
  sign(text: string): Buffer {
    return createHmac('sha256', this.#secret).update(text).digest();
  }

  /** Bound to the token's digest: another token of the same name has other sessions. */
  #ofToken({ name, digest }: Token, ends: number): Buffer {
    return createHmac('sha256', this.#secret).update(`session ${name} ${ends} `).update(digest).digest();
  }

  #ofPerson(who: string, ends: number): Buffer {
    return this.sign(`person ${who} ${ends} ${this.#mark}`);
  }
}

function personOf(who: string): Holder | undefined {
  const [name, given] = JSON.parse(Buffer.from(who.slice(1), 'base64url').toString()) as [string, string];
  const role = roles.find((one) => one === given);
  return role && { name, role, via: 'oidc' };
}

const isEqual = (mac: Buffer, hex: string): boolean => timingSafeEqual(mac, Buffer.from(hex, 'hex'));
const nameOf = (names: typeof NAME, isSecure: boolean): string => (isSecure ? names.secure : names.plain);
const valuesOf = (cookies: string | undefined, names: typeof NAME): string[] =>
  (cookies?.split(';') ?? []).flatMap((one) => {
    const [name = '', value = ''] = one.trim().split('=');
    return Object.values(names).includes(name) ? [value] : [];
  });

const cookie = (name: string, value: string, seconds: number, isSecure: boolean, site = 'Strict'): string =>
  `${name}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=${site}` + (isSecure ? '; Secure' : '');
