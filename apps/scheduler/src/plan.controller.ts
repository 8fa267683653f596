import { Controller } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import type { EventType, Recorded } from '@leadstream/contracts/events';
import { eventId } from '@leadstream/eventlog/ids';
import { Unavailable } from '@leadstream/eventlog/errors';
import { decidePlan } from '@leadstream/sequences/plan';
import { RestoreGuard } from '@leadstream/service/guard';
import { LeadLog } from '@leadstream/service/lead-log';
import { Transitions } from '@leadstream/service/transitions';
import { Planner } from './planner.ts';

/**
 * Whether an event can leave a lead without a plan. Rare cases (a click that proves a send) are left to the watchdog.
 * The decision uses the phase, not the event.
 */
const PLANS: Readonly<Record<EventType, boolean>> = {
  'lead.triaged': true,
  'lead.resubmitted': true,
  'lead.restarted': true,
  'lead.moved': true,
  'lead.resumed': true,
  'lead.sent': true,
  'lead.send-deferred': true,
  'lead.send-skipped': true,
  'lead.send-failed': true,
  'lead.delivered': true,
  'lead.replied': true,
  'lead.sequence-completed': true,
  'lead.recovered': true,
  'lead.enrolled': false,
  'lead.step-planned': false,
  'lead.step-due': false,
  'lead.send-started': false,
  'lead.send-unknown': false,
  'lead.opened': false,
  'lead.clicked': false,
  'lead.bounced': false,
  'lead.undelivered': false,
  'lead.complained': false,
  'lead.unsubscribed': false,
  'lead.paused': false,
  'lead.tagged': false,
  'lead.erased': false,
};
const TRIGGERS = Object.entries(PLANS).flatMap(([type, plans]) => (plans ? [type] : []));

@Controller()
export class PlanController {
  constructor(
    private readonly leads: LeadLog,
    private readonly planner: Planner,
    private readonly transitions: Transitions,
    private readonly guard: RestoreGuard,
  ) {}

  @EventPattern<readonly string[]>(TRIGGERS)
  async onChange(@Payload() event: Recorded): Promise<void> {
    if (!this.guard.open) throw new Unavailable(this.guard.why);
    if (!this.planner.ready) throw new Unavailable('the sequences are not read yet');
    this.transitions.log(
      await this.leads.answer(
        event,
        ({ lastSeq }) => eventId({ stream: 'LEADS', seq: lastSeq }, 'plan'),
        (state) => decidePlan(state, this.planner.planning()),
      ),
    );
  }
}
