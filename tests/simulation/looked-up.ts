import type { Recorded } from '@leadstream/contracts/events';
import type { Mail } from './esp.ts';

/** True while nothing has settled a send of unknown outcome. */
export function isUnknown(events: readonly Recorded[]): boolean {
  const types = events.map(({ type }) => type);
  return (
    types.includes('lead.send-unknown') &&
    !types.some((type) => type !== 'lead.send-unknown' && type !== 'lead.send-started')
  );
}

/** Sends that stay unknown although the provider of their claim has them, and can be asked. */
export const notLookedUp = (mails: readonly Mail[], about: (sendId: string) => readonly Recorded[]): string[] =>
  mails
    .filter(({ sendId, provider }) => provider === 'mailgun' && isUnknown(about(sendId)))
    .map(({ sendId, provider }) => `${sendId} is unknown for ever, and ${provider} has it`);
