import { Problem } from '@leadstream/service/problem';
import type { FastifyInstance } from 'fastify';
import ipaddr from 'ipaddr.js';
import { nameOfKey } from './api-keys.ts';
import type { Config } from './config.ts';
import { Rate } from './rate.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The name of the caller's key; undefined where ingest is open. */
    caller: string | undefined;
  }
}

const NETWORK_BYTES = 8;

/** One customer's whole network is one caller: of IPv6 that is a /64. */
function networkOf(ip: string): string {
  if (!ipaddr.isValid(ip)) return 'unknown';
  const address = ipaddr.process(ip);
  return address.kind() === 'ipv6' ? address.toByteArray().slice(0, NETWORK_BYTES).join() : address.toString();
}

/** Who may post, and how often: asked before a byte of the body is read. A caller is its key, or where there are none its address. */
export function admitCallers(fastify: FastifyInstance, { INGEST_API_KEYS: keys, INGEST_RATE_PER_MINUTE: perMinute }: Config): void {
  const rate = new Rate(perMinute || Infinity);
  fastify.decorateRequest('caller', undefined);
  fastify.addHook('onRequest', (request, reply, done) => {
    if (request.method !== 'POST') return done();
    request.caller = nameOfKey(request.headers, keys);
    if (keys.length > 0 && request.caller === undefined) {
      void reply.header('www-authenticate', 'Bearer');
      return done(new Problem(401, 'An API key is required: Authorization: Bearer <key>'));
    }
    const wait = rate.secondsToWait(request.caller ?? networkOf(request.ip), performance.now());
    if (wait === 0) return done();
    void reply.header('retry-after', String(wait));
    return done(new Problem(429, `More than ${perMinute} leads a minute; send it again after ${wait} s`));
  });
}
