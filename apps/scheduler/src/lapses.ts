import { RE_ENGAGEMENT, STATE_VERSION, type LeadState } from '@leadstream/lead/state';
import type { IdleCursor, LeadQueries } from '@leadstream/projection/queries';
import { decideLapse } from '@leadstream/sequences/lapse';
import type { Planning } from '@leadstream/sequences/plan';
import type { LeadLog } from '@leadstream/service/lead-log';
import type { Transitions } from '@leadstream/service/transitions';

const EVERY_MS = 60_000;
/** A first deployment of the sequence may find years of silent leads: 6,000 of them an hour, and never all at once. */
const PAGE = 100;

/** Starts the re-engagement of lapsed leads, a page a minute. Several hunters may: each appends on what it read. */
export class Lapses {
  #lastMs = -Infinity;
  /** The end of the last page: leads whose documents stay behind their logs do not keep the others from their turn. */
  #after: IdleCursor | undefined;

  constructor(
    private readonly queries: LeadQueries<LeadState>,
    private readonly leads: LeadLog,
    private readonly planning: () => Planning,
    private readonly transitions: Transitions,
    private readonly everyMs = EVERY_MS,
  ) {}

  async hunt(isOver: () => boolean): Promise<void> {
    if (performance.now() - this.#lastMs < this.everyMs) return;
    const { now, isActive } = this.planning();
    if (!isActive?.(RE_ENGAGEMENT.sequence)) return;
    this.#lastMs = performance.now();
    const page = await this.queries.idleLeads(now, PAGE, this.#after);
    this.#after = page.length < PAGE ? undefined : page.at(-1);
    for (const lead of page) {
      if (isOver()) return;
      if (lead.stateVersion !== STATE_VERSION) continue;
      const decision = decideLapse(lead.state, this.planning());
      if ('nothing' in decision) continue;
      await this.leads.hop('lapse', lead, async () => {
        const id = this.leads.idAt(lead, 'lapse');
        const outcome = await this.leads.append(lead, decision, id);
        if (!('conflict' in outcome)) this.transitions.log(outcome);
        return outcome;
      });
    }
  }
}
