import { Inject, Injectable } from '@nestjs/common';
import { Broker, isUnavailable } from '@leadstream/eventlog/broker';
import { describeError } from '@leadstream/eventlog/errors';
import { tagsLeftOut } from '@leadstream/lead/canary';
import { stateAfter } from '@leadstream/lead/evolve';
import { nextOf } from '@leadstream/lead/next';
import { statusOf, STATE_VERSION, type LeadState } from '@leadstream/lead/state';
import { unsettledOf } from '@leadstream/lead/unsettled';
import { LeadQueries, type DueLead } from '@leadstream/projection/queries';
import { decideDue, type Planning } from '@leadstream/sequences/plan';
import { AccountStore } from '@leadstream/service/account';
import { accountShown } from '@leadstream/service/account-shown';
import type { Clock } from '@leadstream/service/clock';
import { businessHoursOf } from '@leadstream/service/config';
import { CLOCK, CONFIG, LOGGER } from '@leadstream/service/injected';
import { entries } from '@leadstream/service/quarantine-entries';
import type { Logger } from 'pino';
import { obstacleOf } from './can.ts';
import type { Config } from './config.ts';
import { Leads } from './leads.ts';
import type { LeadItem, NeedsYou, QuarantineItem, SendItem } from './needs-you-schemas.ts';
import { get, moving, post, settling } from './offers.ts';
import { lateBefore, overdueOf } from './overdue.ts';

const ITEMS_MAX = 50;

/** The work that no service goes on with alone: the read model names the leads, the log has the rest. */
@Injectable()
export class Inbox {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly broker: Broker,
    private readonly queries: LeadQueries<LeadState>,
    private readonly leads: Leads,
    private readonly account: AccountStore,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  async read(): Promise<NeedsYou> {
    const now = this.clock();
    const [sends, leads, quarantined, account, overdue] = await Promise.all([
      this.sends(),
      this.late(now),
      this.quarantined(),
      this.paused(),
      overdueOf(this.queries, now),
    ]);
    return { sends, leads, quarantined, account, overdue };
  }

  private async sends(): Promise<NeedsYou['sends']> {
    const ids = await this.queries.unsettledLeads({ limit: ITEMS_MAX + 1, leftOut: tagsLeftOut('lists') });
    const items = await Promise.all(ids.slice(0, ITEMS_MAX).map((id) => this.sendsOf(id)));
    return { items: items.flat(), more: ids.length > ITEMS_MAX };
  }

  /** One lead whose log cannot be read hides no other. */
  private async sendsOf(leadId: string): Promise<SendItem[]> {
    try {
      const events = await this.leads.log().history(leadId);
      const state = stateAfter(events);
      const version = events.at(-1)?.version ?? 0;
      const of = { leadId, version, state, store: this.leads.deployed };
      return unsettledOf(events).map(({ leadId: _, ...one }) => ({
        lead: whoOf(of),
        ...one,
        can: settling(of, one.sendId),
      }));
    } catch (error) {
      if (isUnavailable(error)) throw error;
      this.log.warn({ leadId, error: describeError(error), outcome: 'not in the inbox' }, 'a lead could not be read');
      return [];
    }
  }

  private async late(now: Temporal.Instant): Promise<NeedsYou['leads']> {
    const due = await this.queries.dueLeads(lateBefore(now), ITEMS_MAX + 1);
    const planning = this.planning(now);
    return {
      items: due.slice(0, ITEMS_MAX).map((lead) => this.lateItem(lead, planning)),
      more: due.length > ITEMS_MAX,
    };
  }

  private lateItem(
    { leadId, version, state, stateVersion, nextActionAt }: DueLead<LeadState>,
    planning: Planning,
  ): LeadItem {
    const dueAt = nextActionAt.toISOString();
    if (stateVersion !== STATE_VERSION) {
      const why = {
        reason: 'other-state-version',
        says: 'another build folded it',
        remedy: 'start this build’s projector',
      };
      const lead = { id: leadId, name: null, email: null, version };
      return { lead, status: 'unknown', sequence: null, dueAt, next: null, why, can: [] };
    }
    const of = { leadId, version, state, store: this.leads.deployed };
    const decision = decideDue(state, planning);
    return {
      lead: whoOf(of),
      status: statusOf(state),
      sequence: state.run?.sequence ?? null,
      dueAt,
      next: nextOf(state).text,
      why: 'nothing' in decision ? obstacleOf(decision) : null,
      can: moving(of),
    };
  }

  /** As the scheduler plans. */
  private planning(now: Temporal.Instant): Planning {
    const { deployed } = this.leads;
    return {
      now,
      delayScale: this.config.DELAY_SCALE,
      hours: businessHoursOf(this.config),
      sequence: (id, version) => deployed.sequence(id, version),
      isActive: (id) => deployed.isActive(id),
      reps: deployed.reps,
    };
  }

  private async quarantined(): Promise<NeedsYou['quarantined']> {
    const items: QuarantineItem[] = [];
    const unreadable = (error: unknown) =>
      this.log.warn({ error: describeError(error) }, 'a quarantine entry could not be read');
    for await (const { body: _body, headers: _headers, ...entry } of entries(this.broker, unreadable)) {
      if (items.length === ITEMS_MAX) return { items, more: true };
      const path = `/v1/quarantine/${entry.seq}`;
      items.push({ ...entry, can: [get('Show', path), post('Hand over again', `${path}/redrive`)] });
    }
    return { items, more: false };
  }

  private async paused(): Promise<NeedsYou['account']> {
    const shown = await accountShown(this.account);
    const resume = (says: string, body: object) => post(says, '/v1/account/resume', body);
    const sources = typeof shown.sources === 'string' ? [] : Object.keys(shown.sources);
    if (!shown.paused && sources.length === 0 && shown.sources !== 'unreadable') return null;
    return {
      ...shown,
      can: [
        ...(shown.paused ? [resume('Send again', {})] : []),
        ...sources.map((source) => resume(`Send to the leads of ${source} again`, { source })),
      ],
    };
  }
}

function whoOf({ leadId, version, state: { contact } }: { leadId: string; version: number; state: LeadState }) {
  const name = [contact?.firstName, contact?.lastName].filter(Boolean).join(' ');
  return { id: leadId, name: name || null, email: contact?.email || null, version };
}
