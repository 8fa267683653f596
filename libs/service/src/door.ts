import { RouteConfig } from '@nestjs/platform-fastify';
import type { Reason } from './refusals.ts';
import type { BodyLimits, RequestBody } from './request-body.ts';

/** The limits of a route's requests, set on its handler. */
export interface DoorOptions extends Partial<BodyLimits> {
  /** Content-Encoding is no reason to refuse: the sender would not come again. */
  anyCoding?: boolean;
  /** Further reasons of the route's refusals. */
  refusals?: readonly Reason[];
}

/** Limits and reasons of one route; what is left out is the service's own default. */
export const Door = (door: DoorOptions) => RouteConfig({ door });

declare module 'fastify' {
  interface FastifyContextConfig {
    door?: DoorOptions;
  }
  interface FastifyRequest {
    /** The body, unread until a parser or a handler asks for it. */
    incoming: RequestBody;
  }
}
