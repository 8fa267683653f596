import type { EventType, Recorded } from '@leadstream/contracts/events';
import type { Command } from '@leadstream/lead/command';
import type { Feedback } from '@leadstream/lead/feedback';
import { NEWS_NOTICE } from '@leadstream/lead/run';
import type { Submission } from '@leadstream/lead/triage';
import type { Lead } from '../simulator/shell.ts';
import type { Act } from '../simulator/world.ts';
import { returningRoute, routeOf, type Rules } from './rules.ts';

type Submitted = Recorded<'lead.triaged'> | Recorded<'lead.resubmitted'>;

export const isSubmission = (event: Recorded): event is Submitted =>
  event.type === 'lead.triaged' || event.type === 'lead.resubmitted';

/** The submission as triage would have it by these rules; undefined: its tag leads to no sequence of theirs. */
export function submissionOf({ data, at }: Submitted, rules: Rules): Submission | undefined {
  const { contact, changes, zone, dossier, intake, mailbox, tags, trusted } = data;
  const ms = Date.parse(at);
  const tag = tags[0] ?? '';
  const route = routeOf({ tag, source: dossier.source, recorded: data.route }, rules, ms);
  if (!route) return undefined;
  return {
    contact,
    changes,
    zone,
    dossier,
    route,
    returning: returningRoute(rules, ms) ?? route,
    intake,
    trusted: trusted !== false,
    ...(mailbox === undefined ? {} : { mailbox }),
    canTell: rules.at(ms).sequences.some(({ id }) => id === NEWS_NOTICE.sequence),
  };
}

type Of<T extends EventType> = (event: Recorded<T>, at: Replayed) => Act;

/** The replay in which an act happens. */
export interface Replayed {
  lead: Lead;
  /** The id that the claim of the record has in it; undefined: it was never made. */
  sendId(recorded: string): string | undefined;
}

const inside = (): Act => ({ nothing: 'no-object' });
const who = ({ by, reason }: { by: string; reason?: string | undefined }) => ({ by, ...(reason ? { reason } : {}) });
const command = (given: Command): Act => ({ command: given });

/** The ids that a fact has in the replay. */
function about({ data }: { data: Recorded['data'] }, at: Replayed) {
  const fact = data as { key: string; provider: Feedback['provider']; at: string; sendId?: string };
  const sendId = fact.sendId === undefined ? undefined : (at.sendId(fact.sendId) ?? fact.sendId);
  return { key: fact.key, provider: fact.provider, at: fact.at, ...(sendId === undefined ? {} : { sendId }) };
}

const feedback = <T extends EventType>(of: (event: Recorded<T>) => object): Of<T> => {
  return (event, at) => ({ feedback: { ...about(event, at), ...of(event) } as Feedback });
};

/** The act that led to each event. Submissions are acts of their own kind. */
const ACTS: { readonly [T in EventType]: Of<T> } = {
  'lead.triaged': inside,
  'lead.resubmitted': inside,
  'lead.enrolled': inside,
  'lead.step-due': inside,
  'lead.send-started': inside,
  'lead.step-planned': inside,
  'lead.sequence-completed': inside,
  'lead.send-deferred': inside,
  'lead.send-failed': inside,
  'lead.send-unknown': inside,
  'lead.lapsed': inside,
  'lead.enriched': inside,
  'lead.noted': inside,
  'lead.sent': settled,
  'lead.send-skipped': ({ data }, at) => resolved(data.sendId, 'skipped', 'operator', at),
  'lead.delivered': feedback(() => ({ kind: 'delivered' })),
  'lead.opened': feedback(({ data }) => ({ kind: 'opened', machine: data.machine })),
  'lead.clicked': feedback(({ data: { url } }) => ({ kind: 'clicked', ...(url === undefined ? {} : { url }) })),
  'lead.bounced': feedback(() => ({ kind: 'bounced' })),
  'lead.undelivered': feedback(() => ({ kind: 'undelivered' })),
  'lead.complained': feedback(() => ({ kind: 'complained' })),
  'lead.unsubscribed': unsubscribed,
  'lead.suppressed': ({ data: { why, list, by } }) => command({ kind: 'suppress', why, list, by }),
  'lead.replied': feedback(({ data }) => {
    const { class: replyClass, matchedBy, authenticated, until, evidence, text } = data;
    return { kind: 'replied', class: replyClass, matchedBy, authenticated, until, evidence, text };
  }),
  'lead.paused': ({ data }) => command({ kind: 'pause', ...who(data) }),
  'lead.resumed': ({ data }) => command({ kind: 'resume', althoughAway: data.althoughAway !== false, ...who(data) }),
  'lead.restarted': ({ data }) => command({ kind: 'restart', route: data.route, ...who(data) }),
  'lead.moved': ({ data }) => command({ kind: 'move', route: data.route, step: data.step, ...who(data) }),
  'lead.migrated': migrated,
  'lead.tagged': ({ data: { by = '', add, remove } }) => command({ kind: 'tag', by, add, remove }),
  'lead.assigned': ({ data: { by = '', rep } }) => command({ kind: 'assign', by, rep }),
  // No decider makes it from what came from outside: it stands as it is.
  'lead.recovered': ({ type, data }) => ({ event: { type, data } }),
  'lead.erased': ({ data }) => command({ kind: 'erase', ...who(data) }),
};

export const actOf = <T extends EventType>(event: Recorded<T>, at: Replayed): Act => ACTS[event.type](event, at);

function settled(event: Recorded<'lead.sent'>, at: Replayed): Act {
  const { sendId: recorded, evidence, by = 'operator', provider, feedbackKey } = event.data;
  if (evidence === 'operator') return resolved(recorded, 'sent', by, at);
  const sendId = at.sendId(recorded) ?? recorded;
  const key = feedbackKey ?? `sent/${event.seq}`;
  return { feedback: { kind: 'accepted', key, provider: provider as Feedback['provider'], at: event.at, sendId } };
}

function resolved(recorded: string | undefined, as: 'sent' | 'skipped', by: string, at: Replayed): Act {
  const sendId = recorded === undefined ? undefined : (at.sendId(recorded) ?? recorded);
  // Without a send it was a mail that could not be written.
  return sendId === undefined ? { nothing: 'no-object' } : command({ kind: 'resolve', sendId, as, by });
}

function unsubscribed(event: Recorded<'lead.unsubscribed'>, at: Replayed): Act {
  const { via, sequence, by, at: said } = event.data;
  if (via === 'operator') return command({ kind: 'stop', at: said, by: by ?? 'operator' });
  return {
    feedback: { ...about(event, at), kind: 'unsubscribed', via, ...(sequence === undefined ? {} : { sequence }) },
  };
}

/** By the step at hand: it takes the place that the record names. */
function migrated({ data }: Recorded<'lead.migrated'>, { lead: { state } }: Replayed): Act {
  const { phase, run } = state;
  if (!run || !('step' in phase)) return { nothing: 'no-object' };
  const { sequence, from, to, planned } = data;
  return command({
    kind: 'migrate',
    runId: run.id,
    sequence,
    from,
    to,
    steps: { [phase.step.id]: planned },
    ...who(data),
  });
}
