import { Inject, Injectable } from '@nestjs/common';
import type { Recorded } from '@leadstream/contracts/events';
import { Broker } from '@leadstream/eventlog/broker';
import { commandId } from '@leadstream/eventlog/ids';
import { destroyKey } from '@leadstream/eventlog/keyring';
import { inTrace } from '@leadstream/eventlog/spans';
import type { Command } from '@leadstream/lead/command';
import { mentionsPerson } from '@leadstream/lead/mentioned';
import { commandAll } from '@leadstream/service/bulk';
import type { Clock } from '@leadstream/service/clock';
import { giveCommand, refusedInWords, type Refusal } from '@leadstream/service/commands';
import { appendErasure, forget } from '@leadstream/service/erase';
import { CLOCK, LOGGER } from '@leadstream/service/injected';
import { Problem } from '@leadstream/service/problem';
import { NoSuchTarget } from '@leadstream/service/targets';
import type { Logger } from 'pino';
import type { Caller } from './callers.ts';
import { obstacleOf } from './can.ts';
import { KINDS, type Asking, type KindName } from './kinds.ts';
import { entryOf, eventOf, leadBrief, leadView } from './lead-view.ts';
import { Leads, SOURCE } from './leads.ts';
import { may } from './roles.ts';
import type { Commanded, CommandedMany } from './schemas.ts';

export interface CommandRequest {
  caller: Caller;
  leadId: string;
  kind: KindName;
  /** Without `kind`. */
  body: object;
  /** The caller's `Idempotency-Key`. */
  key: string;
  /** The version that the caller has seen; undefined: any. */
  expectVersion: number | undefined;
}

/** The console may write LEADS and keys, and nothing else. */
const LEFT = ['What INTAKE, FEEDBACK, QUARANTINE and earlier read models hold: leadctl lead erase <id> --by <name>'];

/** A lead takes some milliseconds; sixteen are under way at once. */
const MANY_MS_MAX = 30_000;

export interface ManyRequest extends Pick<CommandRequest, 'caller' | 'kind' | 'body' | 'key'> {
  ids: readonly string[];
}

type Outcome = Refusal | { event: Recorded; isNew: boolean };

/** Gives operators' commands, and shows their outcome. */
@Injectable()
export class Commands {
  constructor(
    private readonly leads: Leads,
    private readonly broker: Broker,
    @Inject(CLOCK) private readonly now: Clock,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  /** The event of the command, and whether this call made it. Throws a Problem for a refusal. */
  async give(request: CommandRequest): Promise<Commanded & { isNew: boolean }> {
    const { caller, kind, body } = request;
    const read = KINDS[kind].read(body);
    if ('error' in read) throw Problem.invalid(read.error);
    const events = await this.leads.events(request.leadId);
    const [{ leadId }] = events;
    const key = `${SOURCE}/${request.key}`;
    const done = events.find(({ id }) => id === commandId(leadId, key));
    const command = this.made(() => read.command(this.asking(caller, done)), { lead: this.shown(caller, events) });
    const outcome =
      command.kind === 'erase'
        ? await this.erase(events, command, request.expectVersion)
        : await giveCommand(this.leads.log(), leadId, command, safeguards(key, request.expectVersion));
    const now = await this.leads.events(leadId);
    if ('refused' in outcome) throw this.refusal(request, outcome, now);
    const { event, isNew } = outcome;
    const fields = { by: caller.name, leadId, eventId: event.id, event: event.type, isNew };
    inTrace(event.traceparent, () => this.log.info(fields, 'command given'));
    const left = command.kind === 'erase' ? { left: LEFT } : {};
    return { event: eventOf(event), lead: this.shown(caller, now), ...left, isNew };
  }

  /** Outcomes of one command for many leads. With the same key again, no lead gets it twice. */
  async giveMany({ caller, kind, body, ids, key }: ManyRequest): Promise<CommandedMany> {
    const read = KINDS[kind].read(body);
    if ('error' in read) throw Problem.invalid(read.error);
    const command = this.made(() => read.command(this.asking(caller, undefined)), {});
    const results: CommandedMany['results'] = [];
    const counts: CommandedMany['counts'] = { changed: 0, before: 0, unchanged: 0, refused: 0 };
    const leadIds = new Set(ids.map((id) => id.toLowerCase()));
    for await (const one of commandAll(this.leads.log({ ms: MANY_MS_MAX }), leadIds, command, {
      run: `${SOURCE}/${key}`,
    })) {
      const { leadId: id, outcome } = one;
      counts[outcome] += 1;
      results.push({
        id,
        outcome,
        ...('event' in one ? { event: one.event } : {}),
        ...('code' in one ? { reason: one.code, says: one.reason } : {}),
      });
    }
    this.log.info({ by: caller.name, kind, ...counts }, 'commands given');
    return { results, counts };
  }

  private asking({ name: by }: Caller, done: Recorded | undefined): Asking {
    const { leads } = this;
    return {
      by,
      at: this.now().toString(),
      done,
      // Read by the kinds that need it: the others are given while no sequence can be read.
      get store() {
        return leads.deployed;
      },
    };
  }

  /** `members` of the problem when the command names what is not deployed. */
  private made(make: () => Command, members: object): Command {
    try {
      return make();
    } catch (error) {
      if (!(error instanceof NoSuchTarget)) throw error;
      const { field, message } = error;
      throw new Problem('refused', message, {
        errors: [{ field, message }],
        members: { reason: 'not-deployed', remedy: null, ...members },
      });
    }
  }

  /** An erasure is found by its type and not by its key: it may have forgotten the events before it. */
  private async erase(
    events: readonly [Recorded, ...Recorded[]],
    { by, reason }: { by: string; reason?: string | undefined },
    expectVersion: number | undefined,
  ): Promise<Outcome> {
    const [{ leadId }] = events;
    if (reason !== undefined && mentionsPerson(events, reason))
      throw new Problem('personal-reason', 'The reason stays readable, and has something of the person in it');
    const who = { by, ...(reason === undefined ? {} : { reason }) };
    const signal = this.leads.timeout();
    const said = await appendErasure(this.broker, this.now, leadId, who, { source: SOURCE, expectVersion, signal });
    if ('nothing' in said) return { refused: 'decided', ...said };
    if ('refused' in said) return said;
    // After a crash between these the operator gives the command again.
    await destroyKey(this.broker, leadId);
    await forget(this.broker, said.erasure);
    return { event: said.erasure, isNew: said.isNew };
  }

  private refusal({ caller }: CommandRequest, refusal: Refusal, events: readonly Recorded[]): Problem {
    const lead = this.shown(caller, events);
    switch (refusal.refused) {
      case 'moved-on': {
        const { expectVersion } = refusal;
        const news = events.filter((event) => event.version > expectVersion);
        const since = may(caller.role, 'read') ? news.map(entryOf) : news.map(eventOf);
        const detail =
          news.length > 0
            ? `${news.length === 1 ? '1 event' : `${news.length} events`} since version ${expectVersion}`
            : `The lead has no version ${expectVersion} yet`;
        return new Problem('moved-on', detail, { members: { since, lead } });
      }
      case 'key-reused':
        return new Problem('key-reused', 'The Idempotency-Key was used for another command; choose a new one', {
          members: { event: eventOf(refusal.event), lead },
        });
      case 'decided': {
        const { reason, remedy } = obstacleOf(refusal);
        return new Problem('refused', refusedInWords(refusal), { members: { reason, remedy, lead } });
      }
    }
  }

  private shown({ role }: Caller, events: readonly Recorded[]): Commanded['lead'] {
    return may(role, 'read') ? leadView(events, this.leads.sequences) : leadBrief(events);
  }
}

const safeguards = (key: string, expectVersion: number | undefined) => ({
  key,
  ...(expectVersion === undefined ? {} : { expectVersion }),
});
