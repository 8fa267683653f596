import { Controller, Get, Inject, Req } from '@nestjs/common';
import type { Clock } from '@leadstream/service/clock';
import { CLOCK, CONFIG } from '@leadstream/service/injected';
import type { FastifyRequest } from 'fastify';
import type { Config } from './config.ts';
import { openapi } from './openapi.ts';
import { ROLES } from './roles.ts';
import { Route } from './route.ts';
import type { Me } from './schemas.ts';

/** The caller, and the API itself. */
@Controller()
export class MeController {
  #openapi: object | undefined;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(CLOCK) private readonly now: Clock,
  ) {}

  @Get('openapi.json')
  description(): object {
    return (this.#openapi ??= openapi());
  }

  @Route('GET /v1/me')
  me(@Req() { signedIn: { name, role, via } }: FastifyRequest): Me {
    return {
      by: name,
      role,
      may: [...ROLES[role]],
      via,
      label: this.config.CONSOLE_LABEL ?? null,
      badge: via === 'local' ? 'nobody signs in here: everyone on this machine is the local operator' : null,
      now: this.now().toString(),
      delayScale: this.config.DELAY_SCALE,
    };
  }
}
