import type { EventType, Recorded, ReplyClass } from '@leadstream/contracts/events';
import { isNotice } from './run.ts';

type Rules = { readonly [K in EventType]: boolean | ((data: Recorded<K>['data']) => boolean) };

const TOLD_REPLIES = {
  human: true,
  left: true,
  unsubscribe: true,
  'out-of-office': false,
  auto: false,
} satisfies Record<ReplyClass, boolean>;

/** Whether other teams are told of an event, by an outcome in PUBLIC. */
const RULES = {
  'lead.triaged': true,
  'lead.resubmitted': true,
  // Anybody can write a reply of unproven origin.
  'lead.replied': ({ authenticated, class: what }) => authenticated !== false && TOLD_REPLIES[what],
  'lead.unsubscribed': true,
  'lead.bounced': true,
  'lead.complained': true,
  'lead.sequence-completed': ({ sequence }) => !isNotice(sequence),
  'lead.erased': true,
  // An imported list is known to the team that gave it, and most of its addresses are no leads.
  'lead.suppressed': false,
  // PUBLIC outlives a restore of the log: what a witness knows was published before.
  'lead.recovered': false,
  'lead.enrolled': false,
  'lead.step-due': false,
  'lead.send-started': false,
  'lead.sent': false,
  'lead.send-deferred': false,
  'lead.send-failed': false,
  'lead.send-skipped': false,
  'lead.send-unknown': false,
  'lead.step-planned': false,
  'lead.delivered': false,
  'lead.opened': false,
  'lead.clicked': false,
  'lead.undelivered': false,
  'lead.paused': false,
  'lead.resumed': false,
  'lead.restarted': false,
  'lead.moved': false,
  'lead.migrated': false,
  'lead.tagged': false,
  'lead.enriched': false,
  'lead.lapsed': false,
  'lead.assigned': false,
  'lead.noted': false,
} as const satisfies Rules;

/** A type of which some event has an outcome. */
export type ToldType = { [K in EventType]: (typeof RULES)[K] extends false ? never : K }[EventType];

export const isTold = (type: EventType): type is ToldType => RULES[type] !== false;

export function hasOutcome<K extends EventType>({ type, data }: Recorded<K>): boolean {
  const rule = (RULES as Rules)[type];
  return typeof rule === 'boolean' ? rule : rule(data);
}
