import { Body, Controller, Inject, Param, Query, Req, Res } from '@nestjs/common';
import { Broker } from '@leadstream/eventlog/broker';
import { STARTED_BY_NAME } from '@leadstream/lead/run';
import { LeadLists } from '@leadstream/projection/lists';
import type { Sequence } from '@leadstream/sequences/definition';
import { CONFIG, LOGGER } from '@leadstream/service/injected';
import { Problem } from '@leadstream/service/problem';
import { NotPossible, Overtaken, retire, rollback } from '@leadstream/service/sequence-activation';
import { SequenceStore } from '@leadstream/service/sequence-store';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { z } from 'zod';
import type { Config } from './config.ts';
import { Leads } from './leads.ts';
import { documentOf, MAIL_POLICY } from './mails.ts';
import { queryOf } from './query-of.ts';
import { read } from './read.ts';
import { Route } from './route.ts';
import { activateBody, mailQuery, retireBody, versionQuery } from './sequence-schemas.ts';
import type { Activated, SequenceVersion } from './sequence-schemas.ts';
import { changesOf, previewed, versionShown, type Waiting } from './sequence-shown.ts';

/** One version of a sequence, and which one new runs get. */
@Controller()
export class SequenceController {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly log: Logger,
    private readonly leads: Leads,
    private readonly lists: LeadLists,
    private readonly broker: Broker,
  ) {}

  @Route('GET /v1/sequences/:id/:version')
  async version(
    @Param('id') id: string,
    @Param('version') given: string,
    @Query() query: unknown,
  ): Promise<SequenceVersion> {
    const { against } = queryOf(versionQuery, query);
    const sequence = this.existing(id, given);
    const waiting = await Promise.all(sequence.steps.map((_, step) => this.waiting(sequence, step)));
    const store = this.leads.deployed;
    const other = against === undefined ? undefined : this.existing(id, String(against));
    return { ...versionShown(sequence, store, this.config, waiting), changes: other ? changesOf(other, sequence) : [] };
  }

  /** For a frame of the page. */
  @Route('GET /v1/sequences/:id/:version/mails/:template')
  mail(
    @Param() { id = '', version = '', template = '' }: Record<string, string>,
    @Query() query: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): string {
    const { lead, tag } = queryOf(mailQuery, query);
    const steps = previewed(this.existing(id, version), this.leads.deployed, this.config);
    const found = steps
      .filter(({ step }) => step.action === template)
      .flatMap(({ mails }) => mails)
      .find((one) => one.lead === lead && (tag === undefined || one.tags.includes(tag)));
    if (!found?.mail) throw new Problem('unknown-version', found?.fault ?? 'There is no such template');
    void reply.headers({ 'content-security-policy': MAIL_POLICY, 'content-type': 'text/html; charset=utf-8' });
    return documentOf(found.mail);
  }

  @Route('POST /v1/sequences/:id/activate')
  activate(@Param('id') id: string, @Body() body: unknown, @Req() { signedIn }: FastifyRequest): Promise<Activated> {
    const { version: to, reason } = bodyOf(activateBody, body);
    return this.change(id, signedIn.name, async (store) => {
      const { version, changed } = await rollback(store, id, { to, ...author(signedIn.name, reason) });
      return { id, version, changed };
    });
  }

  @Route('POST /v1/sequences/:id/retire')
  retire(@Param('id') id: string, @Body() body: unknown, @Req() { signedIn }: FastifyRequest): Promise<Activated> {
    const { reason } = bodyOf(retireBody, body);
    return this.change(id, signedIn.name, async (store) => {
      const options = { ...author(signedIn.name, reason), startedByName: STARTED_BY_NAME };
      return { id, version: null, changed: (await retire(store, id, options)).changed };
    });
  }

  /** A change of what is deployed now, which this process may not have heard of yet. */
  private change(id: string, by: string, make: (store: SequenceStore) => Promise<Activated>): Promise<Activated> {
    return read(async () => {
      try {
        const store = await new SequenceStore(this.broker, this.config.STREAM_REPLICAS).read();
        const done = await make(store);
        this.log.info({ by, sequence: id, version: done.version, changed: done.changed }, 'sequence changed');
        return done;
      } catch (error) {
        if (error instanceof NotPossible) throw new Problem('refused', error.message, { cause: error });
        if (error instanceof Overtaken) throw new Problem('moved-on', error.message, { cause: error });
        throw error;
      }
    });
  }

  private existing(id: string, version: string): Sequence {
    const found = /^[1-9]\d{0,6}$/.test(version) ? this.leads.deployed.sequence(id, Number(version)) : undefined;
    if (!found) throw new Problem('unknown-version', 'No such version of the sequence is deployed');
    return found;
  }

  private waiting({ id, version }: Sequence, step: number): Promise<Waiting> {
    return this.lists.count({ sequence: id, steps: [{ version, step }] }).catch(() => null);
  }
}

const author = (by: string, reason: string | undefined) => ({ by, ...(reason === undefined ? {} : { reason }) });

function bodyOf<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const parsed = schema.safeParse(body);
  if (!parsed.success) throw Problem.invalid(parsed.error);
  return parsed.data;
}
