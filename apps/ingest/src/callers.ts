import { networkOf } from '@leadstream/service/network';
import { Problem } from '@leadstream/service/problem';
import type { FastifyInstance } from 'fastify';
import { nameOfKey } from './api-keys.ts';
import type { Config } from './config.ts';
import { Rate } from './rate.ts';

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
  { INGEST_API_KEYS: keys, INGEST_RATE_PER_MINUTE: perMinute }: Config,
): void {
  const ofKeys = new Rate(perMinute || Infinity);
  const ofAddresses = new Rate(perMinute || Infinity);
  fastify.decorateRequest('caller', undefined);
  fastify.addHook('onRequest', (request, reply, done) => {
    if (request.method !== 'POST') return done();
    request.caller = nameOfKey(request.headers, keys);
    const isStranger = keys.length > 0 && request.caller === undefined;
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
