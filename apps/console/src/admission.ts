import { networkOf } from '@leadstream/service/network';
import { Problem } from '@leadstream/service/problem';
import { Rate } from '@leadstream/service/rate';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { callers, type Caller } from './callers.ts';
import type { Config } from './config.ts';
import { may } from './roles.ts';
import { VIEWS } from './page.ts';
import { routeOf } from './routes.ts';
import { sessionsOf } from './oidc.ts';
import type { Sessions } from './sessions.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The caller; set on each route of the API. */
    signedIn: Caller;
  }
  interface FastifyInstance {
    sessions: Sessions;
  }
}

const GUESSES_PER_MINUTE = 60;
/** Probes and metrics, which every service has, the description of the API, and the page, which has no data. */
const OPEN: readonly string[] = ['/healthz', '/readyz', '/metrics', '/openapi.json', '/assets/:name', ...VIEWS];

/**
 * Admits each request of the API before a byte of its body is read: only from the console's own pages or from outside
 * of a browser, only of a signed-in caller whose role has the route's right, and commands only up to their rate.
 */
export function admit(fastify: FastifyInstance, config: Config): void {
  const sessions = sessionsOf(config);
  const callerOf = callers(config, sessions);
  const guesses = new Rate(GUESSES_PER_MINUTE);
  const commands = new Rate(config.CONSOLE_COMMANDS_PER_MINUTE);
  fastify.addHook('onRoute', ({ method, url }) => {
    const missing = [method].flat().find((one) => !OPEN.includes(url) && routeOf(one, url) === undefined);
    if (missing !== undefined) throw new TypeError(`${missing} ${url} is not in the table of routes`);
  });
  fastify.decorate('sessions', sessions);
  fastify.decorateRequest('signedIn');
  fastify.addHook('onRequest', (request, reply, done) => {
    const { url = '' } = request.routeOptions;
    const spec = routeOf(request.method, url);
    if (!spec) return done();
    if (!spec.elsewhere && !isOwnPage(request))
      return done(new Problem('cross-site', 'Pages of other sites may not call the console'));
    if (spec.open) return done();
    const caller = callerOf(request);
    if (!caller) return done(unknown(request, reply, guesses));
    if (spec.right !== null && !may(caller.role, spec.right))
      return done(new Problem('role', `The role ${caller.role} may not do this: it needs the right to ${spec.right}`));
    const wait = spec.right === 'command' ? commands.secondsToWait(caller.name, performance.now()) : 0;
    if (wait > 0)
      return done(
        new Problem('rate', `More than ${config.CONSOLE_COMMANDS_PER_MINUTE} requests with commands a minute`, {
          retryAfterSeconds: wait,
        }),
      );
    request.signedIn = caller;
    request.incoming.trust();
    done();
  });
}

/**
 * Only browsers send these headers: Fetch Metadata over TLS and on this machine, `Origin` with each post elsewhere.
 * Scripts are no danger to a signed-in browser.
 */
function isOwnPage({ headers: { 'sec-fetch-site': site, origin, host } }: FastifyRequest): boolean {
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === host);
}

function unknown({ ip }: FastifyRequest, reply: FastifyReply, guesses: Rate): Problem {
  const wait = guesses.secondsToWait(networkOf(ip), performance.now());
  if (wait > 0)
    return new Problem('rate', `More than ${GUESSES_PER_MINUTE} attempts a minute without signing in`, {
      retryAfterSeconds: wait,
    });
  void reply.header('www-authenticate', 'Bearer');
  return new Problem('key', 'Sign in: Authorization: Bearer <token>, through the proxy, or in a browser');
}
