import type { Status } from '@leadstream/lead/state';

/** `act`: a person has to do something; `stopped`: no more mail goes to the lead. */
export type Tone = 'flow' | 'act' | 'good' | 'still' | 'stopped';

export const STATUS: Readonly<Record<Status, { says: string; tone: Tone; mark: Mark }>> = {
  new: { says: 'New', tone: 'flow', mark: 'dot' },
  active: { says: 'Under way', tone: 'flow', mark: 'dot' },
  paused: { says: 'Paused', tone: 'still', mark: 'pause' },
  parked: { says: 'Needs you', tone: 'act', mark: 'alert' },
  responded: { says: 'Answered', tone: 'good', mark: 'reply' },
  completed: { says: 'Finished', tone: 'still', mark: 'ring' },
  suppressed: { says: 'Suppressed', tone: 'stopped', mark: 'bar' },
  unsubscribed: { says: 'Unsubscribed', tone: 'stopped', mark: 'bar' },
  bounced: { says: 'Bounced', tone: 'stopped', mark: 'cross' },
  complained: { says: 'Complained', tone: 'stopped', mark: 'cross' },
  erased: { says: 'Erased', tone: 'still', mark: 'ring' },
};
/** The shape before a status: it is known without its color. */
export type Mark = 'dot' | 'ring' | 'pause' | 'alert' | 'reply' | 'bar' | 'cross';

export const isStatus = (text: string | null): text is Status => text !== null && Object.hasOwn(STATUS, text);

export interface View {
  id: string;
  says: string;
  statuses: readonly Status[];
}
export const VIEWS: readonly View[] = [
  { id: 'all', says: 'All', statuses: [] },
  { id: 'under-way', says: 'Under way', statuses: ['new', 'active'] },
  { id: 'needs-you', says: 'Needs you', statuses: ['parked'] },
  { id: 'paused', says: 'Paused', statuses: ['paused'] },
  { id: 'answered', says: 'Answered', statuses: ['responded'] },
  { id: 'finished', says: 'Finished', statuses: ['completed'] },
  { id: 'stopped', says: 'Stopped', statuses: ['unsubscribed', 'bounced', 'complained', 'suppressed'] },
  { id: 'erased', says: 'Erased', statuses: ['erased'] },
];

/** `first_mail` → `First mail`. */
export const titled = (id: string): string => {
  const text = id.replaceAll(/[-_]+/g, ' ').trim();
  return text.charAt(0).toUpperCase() + text.slice(1);
};

export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString('en')} ${count === 1 ? one : many}`;

/** Controls and marks that turn the order of letters, shown as what they are. */
export const visible = (text: string): string =>
  text.replaceAll(
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g,
    (one) => `\\u{${one.codePointAt(0)?.toString(16) ?? ''}}`,
  );

const DID: Readonly<Record<string, string>> = { deploy: 'deployed', rollback: 'made active', retire: 'retired' };
/** What was done to a version. */
export const didOf = (does: string): string => DID[does] ?? does;
