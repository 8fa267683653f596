import { Injectable } from '@nestjs/common';
import type { Recorded } from '@leadstream/contracts/events';
import type { Loaded } from '@leadstream/eventlog/log';
import type { LeadState } from '@leadstream/lead/state';
import { decideTags } from '@leadstream/sequences/tag-rules';
import { LeadLog } from '@leadstream/service/lead-log';
import { SequenceStore } from '@leadstream/service/sequence-store';
import { Transitions } from '@leadstream/service/transitions';

/**
 * Gives a lead the tags of the deployed rules. The state decides, so a process that dies before the append loses
 * nothing: the delivery that follows decides again.
 */
@Injectable()
export class Tagger {
  constructor(
    private readonly leads: LeadLog,
    private readonly sequences: SequenceStore,
    private readonly transitions: Transitions,
  ) {}

  /** After an event that says something new of the lead, or, without one, on the lead's present state. */
  async tag(at: Loaded<LeadState>, event?: Recorded): Promise<void> {
    const rules = this.sequences.tagRules;
    if (rules.length === 0) return;
    const id = (place: Loaded<LeadState>) => this.leads.idAt(place, 'tags');
    const decide = (state: LeadState) => decideTags(state, rules);
    const outcome = event
      ? await this.leads.answer(event, id, decide)
      : await this.leads.decide(at.leadId, id, decide, at);
    this.transitions.log(outcome);
  }
}
