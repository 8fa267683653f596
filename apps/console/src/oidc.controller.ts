import { randomBytes } from 'node:crypto';
import { Controller, Inject, Query, Req, Res, type OnModuleInit } from '@nestjs/common';
import { CONFIG, LOGGER } from '@leadstream/service/injected';
import { networkOf } from '@leadstream/service/network';
import { Problem } from '@leadstream/service/problem';
import { Rate } from '@leadstream/service/rate';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { Config } from './config.ts';
import { attemptOf, hasOidc, Oidc } from './oidc.ts';
import { VIEWS } from './page.ts';
import { Route } from './route.ts';
import type { Person, Sessions } from './sessions.ts';

/** A sign-in is two; an office may have one address. */
const ATTEMPTS_PER_MINUTE = 60;
const ID_BYTES = 16;
const HOUR_SECONDS = 3_600;
const RETURN_LENGTH_MAX = 500;
/** What the page says of a sign-in that failed. */
const FAILED = { role: 'role', unavailable: 'unavailable', rate: 'rate' } as const;

/**
 * Signing in by OpenID Connect. A browser follows these routes, so each answer is a page of the console or of the
 * issuer.
 */
@Controller()
export class OidcController implements OnModuleInit {
  private readonly attempts = new Rate(ATTEMPTS_PER_MINUTE);
  private oidc: Oidc | undefined;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  /** The issuer may be away: the console serves tokens meanwhile, and each sign-in asks again. */
  onModuleInit(): void {
    if (!hasOidc(this.config)) return;
    this.oidc = new Oidc(this.config);
    this.oidc
      .dial()
      .then(() => this.log.info({ issuer: this.config.OIDC_ISSUER }, 'the sign-in service answers'))
      .catch((err: unknown) => this.log.warn({ err, issuer: this.config.OIDC_ISSUER }, 'the sign-in service is away'));
  }

  @Route('GET /v1/oidc/start')
  start(
    @Query('returnTo') asked: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const { sessions } = request.server;
    const returnTo = pageOf(asked);
    return this.orBack(reply, returnTo, async (oidc) => {
      this.admit(request);
      const id = randomBytes(ID_BYTES).toString('base64url');
      const location = await oidc.start(attemptOf(sessions, id));
      const { isSecure } = oidc;
      void reply.header('set-cookie', sessions.begin(id, returnTo, { isSecure, nowMs: Date.now() }));
      return redirected(reply, location);
    });
  }

  @Route('GET /v1/oidc/callback')
  callback(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    const { sessions } = request.server;
    const begun = sessions.begun(request.headers.cookie, Date.now());
    const returnTo = pageOf(begun?.returnTo);
    return this.orBack(reply, returnTo, async (oidc) => {
      const { isSecure } = oidc;
      // One answer a sign-in, whatever becomes of it.
      void reply.header('set-cookie', sessions.ended(isSecure));
      this.admit(request);
      if (!begun) throw new Problem('key', 'This browser began no such sign-in, or more than 10 minutes ago');
      const person = await oidc.finish(attemptOf(sessions, begun.id), new URL(request.url, 'http://localhost').search);
      void reply.header('set-cookie', this.opened(sessions, person, isSecure));
      this.log.info({ by: person.name, role: person.role, via: 'oidc' }, 'signed in');
      return redirected(reply, returnTo);
    });
  }

  private opened(sessions: Sessions, person: Person, isSecure: boolean): string {
    const seconds = this.config.OIDC_SESSION_HOURS * HOUR_SECONDS;
    return sessions.openFor(person, { isSecure, nowMs: Date.now(), seconds });
  }

  private admit({ ip }: FastifyRequest): void {
    const wait = this.attempts.secondsToWait(networkOf(ip), performance.now());
    if (wait > 0) throw new Problem('rate', 'Too many attempts to sign in', { retryAfterSeconds: wait });
  }

  /** A refusal is shown by the page that the browser comes back to; the filter counts and logs it. */
  private async orBack(reply: FastifyReply, returnTo: string, go: (oidc: Oidc) => Promise<string>): Promise<string> {
    if (!this.oidc) throw new Problem('key', 'Nobody signs in by OpenID Connect here: OIDC_ISSUER is not set');
    try {
      return await go(this.oidc);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      const why = Object.hasOwn(FAILED, error.reason) ? error.reason : 'failed';
      if (error.reason === 'key') this.log.warn({ code: codeOf(error.cause) }, 'a sign-in was not completed');
      void reply.send(redirected(reply, `${returnTo}${returnTo.includes('?') ? '&' : '?'}signIn=${why}`));
      throw error;
    }
  }
}

function redirected(reply: FastifyReply, location: string): string {
  void reply.status(303).headers({ location, 'content-type': 'text/plain; charset=utf-8' });
  return '';
}

/** The library's code, and the issuer's, which OAuth defines; texts beside them may be anything. */
function codeOf(error: unknown): string | undefined {
  const { code, error: said } = Object(error) as { code?: unknown; error?: unknown };
  const codes = [code, said].filter((one) => typeof one === 'string' && /^[\w-]{1,60}$/.test(one));
  return codes.length > 0 ? codes.join(' ') : undefined;
}

const PAGES = VIEWS.map((pathname) => new URLPattern({ pathname }));
const HERE = 'http://console.invalid';

/** A page of the console, from an address that anyone may have written; else the first page. */
function pageOf(asked: unknown): string {
  if (typeof asked !== 'string' || !/^\/(?![/\\])/.test(asked)) return '/';
  const url = URL.parse(asked, HERE);
  if (url?.origin !== HERE || !PAGES.some((page) => page.test({ pathname: url.pathname }))) return '/';
  url.searchParams.delete('signIn');
  const page = `${url.pathname}${url.search}`;
  // Encoded it is longer than it was, and a cookie too long is no sign-in.
  return page.length > RETURN_LENGTH_MAX ? '/' : page;
}
