import { eventId } from '@leadstream/eventlog/ids';
import { RE_ENGAGEMENT, STATE_VERSION, type LeadState } from '@leadstream/lead/state';
import type { LeadQueries } from '@leadstream/projection/queries';
import { decideLapse } from '@leadstream/sequences/lapse';
import type { LeadLog } from '@leadstream/service/lead-log';
import type { Transitions } from '@leadstream/service/transitions';
import type { Planner } from './planner.ts';

const EVERY_MS = 60_000;
/** A first deployment of the sequence may find years of silent leads: 6,000 of them an hour, and never all at once. */
const PAGE = 100;

/** Starts the re-engagement of lapsed leads, once a minute. Several hunters may: each appends on the version it read. */
export class Lapses {
  #lastMs = -Infinity;

  constructor(
    private readonly queries: LeadQueries<LeadState>,
    private readonly leads: LeadLog,
    private readonly planner: Planner,
    private readonly transitions: Transitions,
  ) {}

  async hunt(isOver: () => boolean): Promise<void> {
    if (performance.now() - this.#lastMs < EVERY_MS) return;
    const { now, isActive } = this.planner.planning();
    if (!isActive?.(RE_ENGAGEMENT.sequence)) return;
    this.#lastMs = performance.now();
    for (const lead of await this.queries.idleLeads(now, PAGE)) {
      if (isOver()) return;
      if (lead.stateVersion !== STATE_VERSION) continue;
      const decision = decideLapse(lead.state, this.planner.planning());
      if ('nothing' in decision) continue;
      const outcome = await this.leads.append(lead, decision, eventId({ stream: 'LEADS', seq: lead.lastSeq }, 'lapse'));
      if (!('conflict' in outcome)) this.transitions.log(outcome);
    }
  }
}
