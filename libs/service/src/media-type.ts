import type { FastifyInstance } from 'fastify';

const MEDIA_TYPE = /^[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+\s*(?:;|$)/;

/**
 * Drops a `Content-Type` that is no media type: Fastify would answer 415 before the handler has the body, which could
 * then neither be read nor kept.
 */
export function acceptAnyMediaType(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, _reply, done) => {
    if (!MEDIA_TYPE.test(request.raw.headers['content-type'] ?? '')) delete request.raw.headers['content-type'];
    done();
  });
}
