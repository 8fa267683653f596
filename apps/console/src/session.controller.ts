import { timingSafeEqual } from 'node:crypto';
import { Body, Controller, Inject, Req, Res } from '@nestjs/common';
import { digest } from '@leadstream/service/keys';
import { CONFIG, LOGGER } from '@leadstream/service/injected';
import { networkOf } from '@leadstream/service/network';
import { Problem } from '@leadstream/service/problem';
import { Rate } from '@leadstream/service/rate';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { Config } from './config.ts';
import { Route } from './route.ts';
import { signIn, type SignedIn, type SignInWays } from './schemas.ts';

const ATTEMPTS_PER_MINUTE = 10;

/** A browser's session: a token becomes a cookie that scripts cannot read. */
@Controller()
export class SessionController {
  private readonly attempts = new Rate(ATTEMPTS_PER_MINUTE);

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  @Route('GET /v1/session')
  ways(): SignInWays {
    const { CONSOLE_TOKENS, OIDC_ISSUER } = this.config;
    return { token: CONSOLE_TOKENS.length > 0, oidc: OIDC_ISSUER === undefined ? null : new URL(OIDC_ISSUER).host };
  }

  @Route('POST /v1/session')
  signIn(
    @Body() body: unknown,
    @Req() { ip, protocol, server }: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): SignedIn {
    const wait = this.attempts.secondsToWait(networkOf(ip), performance.now());
    if (wait > 0) throw new Problem('rate', 'Too many attempts to sign in', { retryAfterSeconds: wait });
    const parsed = signIn.safeParse(body);
    if (!parsed.success) throw Problem.invalid(parsed.error);
    const given = digest(parsed.data.token);
    const [token] = this.config.CONSOLE_TOKENS.filter((known) => timingSafeEqual(known.digest, given));
    if (!token) throw new Problem('key', 'No token of this console is like that');
    this.log.info({ by: token.name }, 'signed in');
    void reply.header('set-cookie', server.sessions.open(token, protocol === 'https', Date.now()));
    return { by: token.name, role: token.role };
  }

  @Route('POST /v1/session/end')
  signOut(@Req() { server }: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): object {
    void reply.header('set-cookie', server.sessions.close());
    return {};
  }
}
