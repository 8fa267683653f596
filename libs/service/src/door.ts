import { RouteConfig } from '@nestjs/platform-fastify';
import type { Reason } from './refusals.ts';
import type { BodyLimits, RequestBody } from './request-body.ts';

/** The limits of a route's requests, set on its handler. */
export interface DoorOptions extends Partial<BodyLimits> {
  /** Accepts any Content-Encoding: this route's callers do not retry after a refusal. */
  anyCoding?: boolean;
  /** Further reasons of the route's refusals. */
  refusals?: readonly Reason[];
}

/** Limits and reasons of one route; the service's defaults apply to fields left out. */
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
