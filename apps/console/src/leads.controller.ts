import { Controller, Inject, Param, Query, Req, Res } from '@nestjs/common';
import type { Recorded } from '@leadstream/contracts/events';
import { Broker } from '@leadstream/eventlog/broker';
import { inTrace } from '@leadstream/eventlog/spans';
import { instantOf, until } from '@leadstream/lead/at';
import { AccountStore } from '@leadstream/service/account';
import type { Clock } from '@leadstream/service/clock';
import { businessHoursOf } from '@leadstream/service/config';
import { explained, type Explained } from '@leadstream/service/explained';
import { CLOCK, CONFIG, LOGGER } from '@leadstream/service/injected';
import { Problem } from '@leadstream/service/problem';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { z } from 'zod';
import type { Config } from './config.ts';
import { leadView } from './lead-view.ts';
import { Leads } from './leads.ts';
import { explainQuery, leadQuery } from './queries.ts';
import { queryOf } from './query-of.ts';
import { Route } from './route.ts';
import type { LeadView } from './schemas.ts';

/** One lead, from the log itself. */
@Controller()
export class LeadsController {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(CLOCK) private readonly now: Clock,
    @Inject(LOGGER) private readonly log: Logger,
    private readonly leads: Leads,
    private readonly account: AccountStore,
    private readonly broker: Broker,
  ) {}

  @Route('GET /v1/leads/:id')
  async lead(
    @Param('id') id: string,
    @Query() query: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<LeadView> {
    const wanted = queryOf(leadQuery, query);
    const events = await this.viewed(id, request);
    const view = leadView(events, this.leads.sequences, shownOf(events, wanted));
    void reply.header('etag', `"${view.version}"`);
    return view;
  }

  @Route('GET /v1/leads/:id/explain')
  async explain(
    @Param('id') id: string,
    @Query() query: unknown,
    @Req() request: FastifyRequest,
  ): Promise<Exclude<Explained, { about: 'nothing' }>['said']> {
    const about = queryOf(explainQuery, query);
    const events = await this.viewed(id, request);
    const result = await explained(events, about, {
      broker: this.broker,
      store: this.leads.deployed,
      account: this.account,
      settings: { delayScale: this.config.DELAY_SCALE, hours: businessHoursOf(this.config) },
      now: this.now(),
    });
    if (result.about === 'nothing') throw new Problem('unknown-send', result.said);
    return result.said;
  }

  /** The lead's events; that its personal data was read is in the log. */
  private async viewed(id: string, { signedIn, routeOptions: { url } }: FastifyRequest) {
    const events = await this.leads.events(id);
    const { leadId, traceparent } = events[0];
    inTrace(traceparent, () => this.log.info({ by: signedIn.name, leadId, route: url }, 'lead viewed'));
    return events;
  }
}

function shownOf(events: readonly Recorded[], { version, at }: z.output<typeof leadQuery>): readonly Recorded[] {
  const shown =
    version !== undefined
      ? events.filter((event) => event.version <= version)
      : at !== undefined
        ? until(events, instantOf(at), 'known')
        : events;
  if (shown.length === 0 || (version !== undefined && (events.at(-1)?.version ?? 0) < version))
    throw new Problem('unknown-version', 'The log has no such state of the lead');
  return shown;
}
