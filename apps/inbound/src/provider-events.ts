import type { Esp } from '@leadstream/contracts/events';
import type { Feedback } from '@leadstream/lead/feedback';
import type { ProviderEvent } from '@leadstream/providers/port';

/**
 * The fact that an ESP event reports about a lead; undefined for events that the log does not record (deferrals,
 * resubscriptions, unknown names).
 */
export function feedbackOf(event: ProviderEvent, provider: Esp): Feedback | undefined {
  const { key, at, sendId } = event;
  const fact = { key: `event/${key}`, at, provider, ...(sendId ? { sendId } : {}) };
  switch (event.kind) {
    case 'accepted':
      return {
        ...fact,
        kind: 'accepted',
        ...(event.providerMessageId ? { providerMessageId: event.providerMessageId } : {}),
      };
    case 'delivered':
      return { ...fact, kind: 'delivered' };
    case 'opened':
      return { ...fact, kind: 'opened', machine: event.machine ?? false };
    case 'clicked':
      return { ...fact, kind: 'clicked', ...(event.url ? { url: event.url } : {}) };
    case 'hard-bounce': {
      const { reason, status, classification } = event;
      return {
        ...fact,
        kind: 'bounced',
        ...(reason ? { reason } : {}),
        ...(status ? { status } : {}),
        ...(classification ? { classification } : {}),
      };
    }
    case 'complained':
      return { ...fact, kind: 'complained' };
    // From all mails, also where it was a group of the account's: our mails belong to none, so whoever left one meant
    // us.
    case 'unsubscribed':
      return { ...fact, kind: 'unsubscribed', via: 'provider' };
    case 'soft-bounce':
    case 'dropped': {
      const { reason, status, type, dropped } = event;
      const classification = dropped ? 'dropped' : (type ?? event.kind);
      return {
        ...fact,
        kind: 'undelivered',
        classification,
        ...(reason ? { reason } : {}),
        ...(status ? { status } : {}),
      };
    }
    case 'deferred':
    case 'resubscribed':
    case 'ignored':
      return undefined;
  }
}
