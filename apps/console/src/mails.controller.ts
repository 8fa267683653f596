import { Controller, Inject, Param, Req, Res } from '@nestjs/common';
import { CONFIG, LOGGER } from '@leadstream/service/injected';
import { Problem } from '@leadstream/service/problem';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { Config } from './config.ts';
import { Leads } from './leads.ts';
import type { MailView } from './mail-schemas.ts';
import { documentOf, MAIL_POLICY, mailOf } from './mails.ts';
import { Route } from './route.ts';

/** The mails of a lead. */
@Controller()
export class MailsController {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly log: Logger,
    private readonly leads: Leads,
  ) {}

  @Route('GET /v1/leads/:id/mails/:sendId')
  async mail(
    @Param('id') id: string,
    @Param('sendId') sendId: string,
    @Req() { signedIn, routeOptions: { url: route } }: FastifyRequest,
  ): Promise<MailView> {
    const events = await this.leads.events(id);
    this.log.info({ by: signedIn.name, leadId: events[0].leadId, route }, 'lead viewed');
    const mail = mailOf(events, sendId, this.leads.deployed, this.config);
    if (mail === undefined) throw new Problem('unknown-send', 'The log has no such mail of the lead');
    if (typeof mail === 'string') throw new Problem('unknown-send', mail);
    return mail;
  }

  /** For a frame of the page. */
  @Route('GET /v1/leads/:id/mails/:sendId/html')
  async html(
    @Param('id') id: string,
    @Param('sendId') sendId: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const mail = await this.mail(id, sendId, request);
    void reply.headers({ 'content-security-policy': MAIL_POLICY, 'content-type': 'text/html; charset=utf-8' });
    return documentOf(mail);
  }
}
