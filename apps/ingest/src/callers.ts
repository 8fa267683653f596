import { keyIn } from '@leadstream/service/keys';
import { networkOf } from '@leadstream/service/network';
import { Problem } from '@leadstream/service/problem';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Config } from './config.ts';
import { Rate } from '@leadstream/service/rate';

declare module 'fastify' {
  interface FastifyRequest {
    /** The name of the caller's key; undefined without a known key. */
    caller: string | undefined;
  }
}

/**
 * Authenticates and rate-limits each POST before a byte of its body is read. A caller is identified by its key, or
 * without a known key by its address.
 * The two have separate limits: guesses from an address do not block a key used behind the same address, or a key with
 * that address as its name.
 */
export function admitCallers(
  fastify: FastifyInstance,
  { INGEST_API_KEYS: keys, INGEST_RATE_PER_MINUTE: perMinute, INTAKE_SECRETS: secrets }: Config,
): void {
  const signing = new Set(secrets.map(([name]) => name));
  const ofKeys = new Rate(perMinute || Infinity);
  const ofAddresses = new Rate(perMinute || Infinity);
  fastify.decorateRequest('caller', undefined);
  fastify.addHook('onRequest', (request, reply, done) => {
    if (request.method !== 'POST') return done();
    request.caller = keyIn(withKeyOfAddress(request), keys)?.name;
    const isStranger = keys.length > 0 && request.caller === undefined && !isSignedLater(request, signing);
    const wait =
      request.caller === undefined
        ? ofAddresses.secondsToWait(networkOf(request.ip), performance.now())
        : ofKeys.secondsToWait(request.caller, performance.now());
    if (wait > 0) {
      const what = isStranger ? 'attempts a minute without a key that is known' : 'leads a minute';
      return done(
        new Problem('rate', `More than ${perMinute} ${what}; send it again after ${wait} s`, {
          retryAfterSeconds: wait,
        }),
      );
    }
    if (request.caller !== undefined) request.incoming.trust();
    if (!isStranger) return done();
    void reply.header('www-authenticate', 'Bearer');
    return done(new Problem('key', 'An API key is required: Authorization: Bearer <key>'));
  });
}

const FROM = '/v1/leads/from/:name';

/** Many form services cannot send a header: their key is in the address that they post to. */
function withKeyOfAddress({ headers, routeOptions, query }: FastifyRequest): FastifyRequest['headers'] {
  const { key } = query as { key?: unknown };
  const isGiven = routeOptions.url === FROM && typeof key === 'string' && !headers.authorization;
  return isGiven ? { 'x-api-key': key, ...headers } : headers;
}

/** The handler refuses another signature; it needs the body. */
const isSignedLater = ({ routeOptions, params }: FastifyRequest, signing: ReadonlySet<string>): boolean =>
  routeOptions.url === FROM && signing.has((params as { name: string }).name);
