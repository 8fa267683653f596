import { hash } from 'node:crypto';
import { ContractError, describeIssues } from '@leadstream/contracts/envelope';
import { recipientAddress } from '@leadstream/lead/address';
import { z } from 'zod';
import type { ProviderEvent, ProviderEvents } from '../port.ts';
import { sesEvent, type Recipient, type SesEvent } from './posted-event.ts';
import { messageOf } from './sns.ts';

const ODD_LENGTH = 16_000;

type Kind = ProviderEvent['kind'];

/** An event's report about each of its recipients. */
interface Report {
  kind: Kind;
  at: string | undefined;
  to: readonly Recipient[];
  about?: Pick<ProviderEvent, 'reason' | 'type' | 'classification' | 'dropped' | 'url' | 'machine'>;
  /** The mark that, beside the time, distinguishes two events of one kind about one mail. */
  id?: string | undefined;
}

/** SES did not try: the address is on its suppression list, or on the account's. */
const SUPPRESSED: ReadonlySet<string | undefined> = new Set(['Suppressed', 'OnAccountSuppressionList']);

function bounceKind({ bounceType, bounceSubType }: NonNullable<SesEvent['bounce']>): Kind {
  if (bounceSubType === 'UnsubscribedRecipient') return 'unsubscribed';
  return bounceType === 'Permanent' ? 'hard-bounce' : 'soft-bounce';
}

const each = (list: readonly string[] | undefined): Recipient[] =>
  (list ?? []).map((emailAddress) => ({ emailAddress }));
const machine = (isBot: boolean | undefined) => (isBot ? { machine: true } : {});

/** An event's report by its name; the recipients of some are the mail's. */
const REPORTS: ReadonlyMap<string, (event: SesEvent) => Report> = new Map<string, (event: SesEvent) => Report>([
  ['Send', ({ mail }) => ({ kind: 'accepted', at: mail.timestamp, to: each(mail.destination) })],
  ['Delivery', ({ delivery }) => ({ kind: 'delivered', at: delivery?.timestamp, to: each(delivery?.recipients) })],
  [
    'DeliveryDelay',
    ({ deliveryDelay: delay }) => ({
      kind: 'deferred',
      at: delay?.timestamp,
      to: delay?.delayedRecipients ?? [],
      about: { type: delay?.delayType },
    }),
  ],
  [
    'Bounce',
    ({ bounce }) => ({
      kind: bounce ? bounceKind(bounce) : 'soft-bounce',
      at: bounce?.timestamp,
      to: bounce?.bouncedRecipients ?? [],
      about: {
        type: bounce?.bounceSubType,
        classification: bounce?.bounceType,
        dropped: SUPPRESSED.has(bounce?.bounceSubType) ? true : undefined,
      },
      id: bounce?.feedbackId,
    }),
  ],
  [
    'Complaint',
    ({ complaint }) => ({
      kind: complaint?.complaintFeedbackType === 'not-spam' ? 'ignored' : 'complained',
      at: complaint?.timestamp,
      to: complaint?.complainedRecipients ?? [],
      about: {
        type: complaint?.complaintFeedbackType,
        dropped: SUPPRESSED.has(complaint?.complaintSubType) ? true : undefined,
      },
      id: complaint?.feedbackId,
    }),
  ],
  [
    'Reject',
    ({ mail, reject }) => ({
      kind: 'dropped',
      at: mail.timestamp,
      to: each(mail.destination),
      about: { reason: reject?.reason, dropped: true },
    }),
  ],
  [
    'Rendering Failure',
    ({ mail, failure }) => ({
      kind: 'dropped',
      at: mail.timestamp,
      to: each(mail.destination),
      about: { reason: failure?.errorMessage, dropped: true },
    }),
  ],
  [
    'Open',
    ({ mail, open }) => ({
      kind: 'opened',
      at: open?.timestamp,
      to: each(mail.destination),
      about: machine(open?.isBot),
    }),
  ],
  [
    'Click',
    ({ mail, click }) => ({
      kind: 'clicked',
      at: click?.timestamp,
      to: each(mail.destination),
      about: { url: click?.link, ...machine(click?.isBot) },
      id: click?.link,
    }),
  ],
  [
    'Subscription',
    ({ mail, subscription }) => ({
      kind: subscription?.newTopicPreferences.unsubscribeAll ? 'unsubscribed' : 'ignored',
      at: subscription?.timestamp,
      to: each(mail.destination),
    }),
  ],
]);

const sha256 = (value: unknown): string => hash('sha256', JSON.stringify(value));

/** A stop counts whatever its time is: '' stands for the time of its arrival. */
const STOPS: ReadonlySet<Kind> = new Set(['hard-bounce', 'complained', 'unsubscribed']);

/** One fact a recipient. The same event by a configuration set and by an identity's notifications has one key. */
function eventsOf(event: SesEvent, { kind, at = '', to, about, id }: Report): ProviderEvent[] {
  const { messageId, tags } = event.mail;
  return to.map(({ emailAddress, status, diagnosticCode }): ProviderEvent => {
    const name = recipientAddress(emailAddress);
    return {
      reason: diagnosticCode,
      ...about,
      kind,
      key: sha256(['ses', event.type, messageId, name, at, id]),
      address: name,
      at,
      sendId: tags.send_id,
      leadId: tags.lead_id,
      status,
      providerMessageId: messageId,
    };
  });
}

const named = z.union([
  z.looseObject({ eventType: z.string().min(1) }).transform((event) => ({ ...event, type: event.eventType })),
  z
    .looseObject({ notificationType: z.string().min(1) })
    .transform((event) => ({ ...event, type: event.notificationType })),
]);

const odd = (reason: string, body: string): ProviderEvents => ({
  events: [],
  odd: [{ index: 0, reason, raw: body.slice(0, ODD_LENGTH).toWellFormed() }],
});
const ignored = (message: string): ProviderEvents => ({
  events: [{ index: 0, event: { kind: 'ignored', key: sha256(['ses', message]), address: '', at: '' } }],
  odd: [],
});

/** SES's own words, once, when a topic becomes an identity's. */
const GREETING = /^Successfully validated SNS topic\b/;

/**
 * Reads a post: one event, of each of its recipients. An unknown kind is ignored, and an event that can't be read goes
 * to `odd`. Throws ContractError for a message that is no JSON.
 */
export function parseSesEvent(body: string): ProviderEvents {
  const message = messageOf(body);
  if (GREETING.test(message)) return ignored(message);
  let value: unknown;
  try {
    value = JSON.parse(message);
  } catch (cause) {
    throw new ContractError('the notification is not JSON', { cause });
  }
  const { data: posted } = named.safeParse(value);
  if (!posted) return odd('no eventType and no notificationType', body);
  if (posted.type === 'Received') return odd('a received mail, posted as an event', body);
  const report = REPORTS.get(posted.type);
  if (!report) return ignored(message);
  const { data: event, error } = sesEvent.safeParse(posted);
  if (!event) return odd(describeIssues(error), body);
  const found = report(event);
  if (found.to.length === 0) return odd('no recipient', body);
  if (found.at === undefined && !STOPS.has(found.kind) && found.kind !== 'ignored') return odd('no time', body);
  return { events: eventsOf(event, found).map((one) => ({ index: 0, event: one })), odd: [] };
}
