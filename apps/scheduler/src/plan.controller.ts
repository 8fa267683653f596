import { Controller } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import type { Recorded } from '@leadstream/contracts/events';
import { Unavailable } from '@leadstream/eventlog/errors';
import type { Outcome } from '@leadstream/eventlog/log';
import type { LeadState } from '@leadstream/lead/state';
import { decidePlan } from '@leadstream/sequences/plan';
import { RestoreGuard } from '@leadstream/service/guard';
import { LeadLog } from '@leadstream/service/lead-log';
import { Transitions } from '@leadstream/service/transitions';
import { Hunter } from './hunter.ts';
import { Planner } from './planner.ts';
import { followed, TRIGGERS } from '@leadstream/sequences/triggers';

@Controller()
export class PlanController {
  constructor(
    private readonly leads: LeadLog,
    private readonly planner: Planner,
    private readonly transitions: Transitions,
    private readonly guard: RestoreGuard,
    private readonly hunter: Hunter,
  ) {}

  @EventPattern<readonly string[]>(TRIGGERS)
  async onChange(@Payload() event: Recorded): Promise<void> {
    if (!this.guard.open) throw new Unavailable(this.guard.why);
    if (!this.planner.ready) throw new Unavailable('the sequences are not read yet');
    // A crash between two rounds leaves the second to the hunter.
    for (let cause: Recorded | undefined = event; cause;) {
      const outcome: Outcome<LeadState> = await this.leads.answer(
        cause,
        (at) => this.leads.idAt(at, 'plan'),
        (state) => decidePlan(state, this.planner.planning()),
      );
      this.transitions.log(outcome);
      await this.hunter.takeInTime(outcome.after);
      cause = 'event' in outcome ? followed(outcome.event) : undefined;
    }
  }
}
