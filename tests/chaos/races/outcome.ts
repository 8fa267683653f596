import type { SandboxMessage } from '@leadstream/sandbox-esp/client';
import { judge, type Seen, type Violation } from '../verdict.ts';
import { fallOf, type Fall } from './reply-position.ts';
import { RACED_STEP, type Reply } from './racers.ts';

/** The observations of one lead, and the outcome of its race. */
export interface Race {
  seen: Seen;
  fall: Fall | undefined;
  /** Its mails that the ESP took after the stop was in the log, by this machine's clock: they were in flight. */
  lateMails: number;
  /** The claim was made although inbound had said 200 to the reply: it was stored, and not yet in the lead's log. */
  claimedAfterAnswer: boolean;
  /** From handing the reply in to the stop in the log. */
  stopMs: number | undefined;
  violations: Violation[];
}

export function outcomeOfRace(seen: Seen, reply: Reply | undefined, mails: readonly SandboxMessage[]): Race {
  const fall = fallOf(seen.events, RACED_STEP);
  const repliedMs = fall ? Date.parse(fall.replied.at) : Infinity;
  const lateMails = mails.filter(({ to, at }) => to === seen.email && Date.parse(at) > repliedMs).length;
  return {
    seen,
    fall,
    lateMails,
    claimedAfterAnswer:
      reply !== undefined && fall?.place === 'in flight' && Date.parse(fall.claim?.at ?? '') > reply.answeredMs,
    stopMs: reply && fall ? repliedMs - reply.postedMs : undefined,
    violations: [...judge(seen), ...unfair(seen, fall, reply, lateMails)],
  };
}

/** Rules beyond the verifier's, which knows neither the time of the reply nor that of a mail's arrival. */
function unfair({ events }: Seen, fall: Fall | undefined, reply: Reply | undefined, lateMails: number): Violation[] {
  return [
    ...(reply
      ? []
      : [
          {
            rule: 'no race',
            says: 'inbound took no reply: its second step was never planned, or its webhook was refused',
          },
        ]),
    ...(fall?.place === 'before claim' && !fall.skipped
      ? [{ rule: 'unnamed', says: 'its step was due, and nothing in the log says that the reply held it back' }]
      : []),
    ...(lateMails > 1
      ? [
          {
            rule: 'late mail',
            says:
              `${lateMails} mails reached the ESP after the reply was in ` +
              'the log, and only one can have been in flight',
          },
        ]
      : []),
    ...(events.filter(({ type }) => type === 'lead.replied').length > 1
      ? [{ rule: 'twice', says: 'its one reply is in the log more than once' }]
      : []),
  ];
}
