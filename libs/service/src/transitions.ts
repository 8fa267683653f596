import { catalogue } from '@leadstream/contracts/events';
import type { Outcome } from '@leadstream/eventlog/log';
import { statusOf, type LeadState } from '@leadstream/lead/state';
import type { Provider } from '@nestjs/common';
import type { Logger } from 'pino';
import { LOGGER } from './injected.ts';

/**
 * Logs one line for each event that a service appends to a lead, and one at debug for each decision without an event.
 */
export class Transitions {
  private readonly logger: Logger;

  constructor(logger: Logger) {
    this.logger = logger;
  }

  log(outcome: Outcome<LeadState>): void {
    const { leadId, state, version } = outcome.after;
    if ('nothing' in outcome) {
      this.logger.debug({ leadId, nothing: outcome.nothing, detail: outcome.detail }, 'no event appended');
      return;
    }
    const {
      event: { type, id },
      before,
    } = outcome;
    this.logger.info(
      {
        leadId,
        event: catalogue[type].token,
        eventId: id,
        version,
        from: statusOf(before.state),
        to: statusOf(state),
        phase: state.phase.kind,
      },
      'lead transition',
    );
  }
}

export const provideTransitions: Provider = {
  provide: Transitions,
  inject: [LOGGER],
  useFactory: (logger: Logger) => new Transitions(logger),
};
