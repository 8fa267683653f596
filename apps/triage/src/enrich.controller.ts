import { Controller, Inject } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import type { Enricher, Recorded } from '@leadstream/contracts/events';
import type { Delivery } from '@leadstream/eventlog/delivery';
import { Retry } from '@leadstream/eventlog/errors';
import type { Loaded } from '@leadstream/eventlog/log';
import { decideEnriched, dueAttempt, ENRICH_MS, type Due } from '@leadstream/lead/enrich';
import type { LeadState } from '@leadstream/lead/state';
import type { Clock } from '@leadstream/service/clock';
import { CLOCK } from '@leadstream/service/injected';
import { LeadLog } from '@leadstream/service/lead-log';
import { Metrics } from '@leadstream/service/metrics';
import { Transitions } from '@leadstream/service/transitions';
import { Enrichers, type Find } from './enrichers.ts';
import { Tagger } from './tagger.ts';

type Submitted = Recorded<'lead.triaged' | 'lead.resubmitted'>;

/**
 * Asks the enrichers about a lead after its submission is routed. The delivery is acknowledged once each has answered
 * or
 * is given up: until then JetStream keeps the time of the next attempt, whatever dies.
 */
@Controller()
export class EnrichController {
  constructor(
    private readonly leads: LeadLog,
    private readonly enrichers: Enrichers,
    private readonly tagger: Tagger,
    private readonly transitions: Transitions,
    private readonly metrics: Metrics,
    @Inject(CLOCK) private readonly now: Clock,
  ) {}

  @EventPattern<readonly string[]>(['lead.triaged', 'lead.resubmitted'])
  async onSubmission(@Payload() event: Submitted, @Ctx() { deliveries }: Delivery): Promise<void> {
    const { configured } = this.enrichers;
    // A consumer that is new begins with the whole log.
    const isOld = this.now().epochMilliseconds - Date.parse(event.at) > ENRICH_MS;
    if (configured.length === 0 || (isOld && deliveries === 1)) return;
    // A state as of the submission lacks the attempts since; without them a late delivery would give nothing up.
    let at = await (deliveries === 1 ? this.leads.asOf(event) : this.leads.load(event.leadId, { leader: true }));
    const waits: number[] = [];
    for (const [enricher, { find }] of configured) {
      const due = dueAttempt(at.state, enricher, event.at, this.now());
      if (due && due.kind !== 'later') at = await this.ask(event, at, enricher, due, find);
      const next = dueAttempt(at.state, enricher, event.at, this.now());
      if (next) waits.push(next.kind === 'later' ? next.ms : 0);
    }
    if (Object.values(at.state.enrichment).some(({ facts }) => facts)) await this.tagger.tag(at);
    if (waits.length > 0) throw new Retry('an enricher is asked again later', Math.min(...waits));
  }

  private async ask(
    { at: asked }: Submitted,
    from: Loaded<LeadState>,
    enricher: Enricher,
    { kind, attempt }: Exclude<Due, { kind: 'later' }>,
    find: Find,
  ): Promise<Loaded<LeadState>> {
    const found = kind === 'late' ? ({ outcome: 'unavailable', why: 'too-late' } as const) : await find(from.state);
    // An earlier submission's delivery may make the attempt: the position gives the id.
    const id = (at: Loaded<LeadState>) => this.leads.idAt(at, `enriched/${enricher}/${attempt}`);
    const decide = (state: LeadState) => decideEnriched(state, { enricher, attempt, asked, found, now: this.now() });
    const outcome = await this.leads.decide(from.leadId, id, decide, from);
    this.transitions.log(outcome);
    if ('event' in outcome) this.metrics.enrichments.inc({ enricher, outcome: found.outcome });
    return outcome.after;
  }
}
