import { catalogue } from '@leadstream/contracts/events';
import type { Outcome } from '@leadstream/eventlog/log';
import { statusOf, type LeadState } from '@leadstream/lead/state';
import type { Provider } from '@nestjs/common';
import type { Logger } from 'pino';
import { LOGGER } from './injected.ts';
import { Metrics } from './metrics.ts';

type Appended = Extract<Outcome<LeadState>, { event: unknown }>;

/**
 * Counts each event that this process appends to a lead and logs a line for it, and one at debug for each decision
 * without an event, or with one that another process has appended.
 */
export class Transitions {
  private readonly logger: Logger;
  private readonly metrics: Metrics;

  constructor(logger: Logger, metrics: Metrics) {
    this.logger = logger;
    this.metrics = metrics;
    // The catalogue has one name for the senders of both channels.
    const writer = metrics.service === 'sms' ? 'sender' : metrics.service;
    for (const { token, by } of Object.values(catalogue))
      if (by.split(/\W+/).includes(writer)) metrics.events.inc({ event: token }, 0);
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
    if (outcome.isFound) return this.logger.debug({ leadId, eventId: id }, 'another process appended the event');
    this.metrics.events.inc({ event: catalogue[type].token });
    this.countMail(outcome);
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

  /** An answer may begin another run, so the run before it counts. */
  private countMail({ event: { type, data }, before, after }: Appended): void {
    const send = 'sendId' in data && data.sendId !== undefined ? after.state.sends[data.sendId] : undefined;
    const { run } = before.state;
    if (send && send.runId === run?.id)
      this.metrics.mailEvents.inc({ sequence: run.sequence, step: send.stepId, event: catalogue[type].token });
  }
}

export const provideTransitions: Provider = {
  provide: Transitions,
  inject: [LOGGER, Metrics],
  useFactory: (logger: Logger, metrics: Metrics) => new Transitions(logger, metrics),
};
