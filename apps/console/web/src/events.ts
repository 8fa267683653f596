import type { EventType } from '@leadstream/contracts/events';
import type { IconName } from './icons.tsx';
import type { Tone } from './words.ts';

interface Told {
  says: string;
  icon: IconName;
  tone: Tone;
  /** Whether it is left out of the short story: a service's own bookkeeping. */
  inner?: true;
}

/** Each event as its line in a lead's story begins. */
export const EVENTS = {
  'lead.triaged': { says: 'Came in', icon: 'arrive', tone: 'flow' },
  'lead.resubmitted': { says: 'Came back', icon: 'arrive', tone: 'flow' },
  'lead.enrolled': { says: 'Enrolled', icon: 'steps', tone: 'still' },
  'lead.step-planned': { says: 'Planned', icon: 'clock', tone: 'still', inner: true },
  'lead.step-due': { says: 'Due', icon: 'clock', tone: 'still', inner: true },
  'lead.send-started': { says: 'Claimed', icon: 'mail', tone: 'still', inner: true },
  'lead.sent': { says: 'Sent', icon: 'mail', tone: 'flow' },
  'lead.send-deferred': { says: 'Deferred', icon: 'clock', tone: 'still' },
  'lead.send-failed': { says: 'Refused', icon: 'alert', tone: 'act' },
  'lead.send-unknown': { says: 'Unknown', icon: 'alert', tone: 'act' },
  'lead.send-skipped': { says: 'Not sent', icon: 'skip', tone: 'still' },
  'lead.sequence-completed': { says: 'Sequence ended', icon: 'flag', tone: 'still' },
  'lead.delivered': { says: 'Delivered', icon: 'check', tone: 'flow' },
  'lead.undelivered': { says: 'Not delivered yet', icon: 'alert', tone: 'still' },
  'lead.opened': { says: 'Opened', icon: 'eye', tone: 'still', inner: true },
  'lead.clicked': { says: 'Clicked', icon: 'link', tone: 'still' },
  'lead.bounced': { says: 'Bounced', icon: 'cross', tone: 'stopped' },
  'lead.complained': { says: 'Reported as spam', icon: 'cross', tone: 'stopped' },
  'lead.unsubscribed': { says: 'Unsubscribed', icon: 'cross', tone: 'stopped' },
  'lead.suppressed': { says: 'Suppressed', icon: 'cross', tone: 'stopped' },
  'lead.replied': { says: 'Answered', icon: 'reply', tone: 'good' },
  'lead.paused': { says: 'Paused', icon: 'pause', tone: 'still' },
  'lead.resumed': { says: 'Resumed', icon: 'play', tone: 'flow' },
  'lead.restarted': { says: 'Restarted', icon: 'restart', tone: 'flow' },
  'lead.moved': { says: 'Moved', icon: 'steps', tone: 'flow' },
  'lead.migrated': { says: 'Migrated', icon: 'steps', tone: 'still' },
  'lead.tagged': { says: 'Tagged', icon: 'tag', tone: 'still' },
  'lead.enriched': { says: 'Enriched', icon: 'spark', tone: 'still' },
  'lead.lapsed': { says: 'Gone quiet', icon: 'clock', tone: 'still' },
  'lead.assigned': { says: 'Assigned', icon: 'person', tone: 'still' },
  'lead.noted': { says: 'Note', icon: 'note', tone: 'still' },
  'lead.recovered': { says: 'Recovered', icon: 'restart', tone: 'still' },
  'lead.erased': { says: 'Erased', icon: 'cross', tone: 'stopped' },
} as const satisfies Record<EventType, Told>;

const UNKNOWN: Told = { says: 'Event', icon: 'dot', tone: 'still' };
const table: Readonly<Record<string, Told>> = EVENTS;
export const toldOf = (type: string): Told => (Object.hasOwn(table, type) ? (table[type] ?? UNKNOWN) : UNKNOWN);
