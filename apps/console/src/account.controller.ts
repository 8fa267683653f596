import { Body, Controller, Inject, Req } from '@nestjs/common';
import { AccountStore } from '@leadstream/service/account';
import { accountShown, type AccountShown } from '@leadstream/service/account-shown';
import { LOGGER } from '@leadstream/service/injected';
import { Problem } from '@leadstream/service/problem';
import type { FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { z } from 'zod';
import { pauseBody, resumeBody } from './operation-schemas.ts';
import { read } from './read.ts';
import { Route } from './route.ts';

/** The mail provider's account, whose pause holds the mails to all leads. */
@Controller()
export class AccountController {
  constructor(
    private readonly account: AccountStore,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  @Route('POST /v1/account/pause')
  async pause(@Body() body: unknown, @Req() { signedIn }: FastifyRequest): Promise<AccountShown> {
    const { reason } = bodyOf(pauseBody, body);
    return read(async () => {
      await this.account.pause({ why: reason, by: signedIn.name });
      this.log.info({ by: signedIn.name }, 'account paused');
      return accountShown(this.account);
    });
  }

  @Route('POST /v1/account/resume')
  async resume(@Body() body: unknown, @Req() { signedIn }: FastifyRequest): Promise<AccountShown> {
    const { source } = bodyOf(resumeBody, body);
    return read(async () => {
      if (source !== undefined) {
        if (!(await this.account.resumeSource(source, { by: signedIn.name })))
          throw new Problem('refused', 'The source is not paused');
      } else {
        if (!(await this.account.paused())) throw new Problem('refused', 'The account is not paused');
        await this.account.resume({ by: signedIn.name });
      }
      this.log.info({ by: signedIn.name, ...(source === undefined ? {} : { source }) }, 'account resumed');
      return accountShown(this.account);
    });
  }
}

function bodyOf<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const parsed = schema.safeParse(body);
  if (!parsed.success) throw Problem.invalid(parsed.error);
  return parsed.data;
}
