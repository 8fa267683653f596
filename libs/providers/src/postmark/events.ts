import { hash } from 'node:crypto';
import { ContractError, describeIssues } from '@leadstream/contracts/envelope';
import { recipientAddress } from '@leadstream/lead/address';
import { z } from 'zod';
import { ownIds } from '../own-ids.ts';
import type { ProviderEvent, ProviderEvents } from '../port.ts';
import { instant, text } from '../inbound/posted-fields.ts';

const REASON_LENGTH = 2_000;
const ODD_LENGTH = 16_000;

type Kind = ProviderEvent['kind'];

const flag = z.boolean().optional().catch(undefined);
const address = z.string().min(1).max(1_000).optional().catch(undefined);

const postmarkEvent = z.object({
  RecordType: z.string().min(1).max(100),
  Type: text(100),
  MessageID: text(200),
  Recipient: address,
  Email: address,
  DeliveredAt: instant,
  BouncedAt: instant,
  ReceivedAt: instant,
  ChangedAt: instant,
  Details: text(REASON_LENGTH),
  Description: text(REASON_LENGTH),
  Inactive: flag,
  SuppressSending: flag,
  SuppressionReason: text(100),
  OriginalLink: text(4_000),
  Metadata: z.object(ownIds).catch({}),
});
type PostmarkEvent = z.infer<typeof postmarkEvent>;

/**
 * Bounces by name, because the documents disagree about `TypeCode`. Only the first two blame the address; what Postmark
 * did not try is `dropped`, and an automatic answer is no bounce.
 */
const BOUNCES: ReadonlyMap<string | undefined, Kind> = new Map<string, Kind>([
  ['HardBounce', 'hard-bounce'],
  ['BadEmailAddress', 'hard-bounce'],
  ['SpamComplaint', 'complained'],
  ['Unsubscribe', 'unsubscribed'],
  ['Subscribe', 'resubscribed'],
  ['Transient', 'deferred'],
  ['SMTPApiError', 'dropped'],
  ['TemplateRenderingFailed', 'dropped'],
  ['Unconfirmed', 'dropped'],
  ['ManuallyDeactivated', 'dropped'],
  ['AutoResponder', 'ignored'],
  ['AddressChange', 'ignored'],
  ['ChallengeVerification', 'ignored'],
  ['InboundError', 'ignored'],
]);

/** A reason of an unknown name closes the address too, so it counts as the strictest wish of a person. */
const SUPPRESSIONS: ReadonlyMap<string | undefined, Kind> = new Map<string, Kind>([
  ['HardBounce', 'hard-bounce'],
  ['SpamComplaint', 'complained'],
]);

/** Other bounces are soft (`SoftBounce`, `DnsError`, `Blocked`, …), unless Postmark closed the address for one. */
const bounceKind = ({ Type, Inactive }: PostmarkEvent): Kind =>
  BOUNCES.get(Type) ?? (Inactive === true ? 'hard-bounce' : 'soft-bounce');

const KINDS: ReadonlyMap<string, (event: PostmarkEvent) => Kind> = new Map<string, (event: PostmarkEvent) => Kind>([
  ['Delivery', () => 'delivered'],
  ['Bounce', bounceKind],
  ['SpamComplaint', () => 'complained'],
  ['Open', () => 'opened'],
  ['Click', () => 'clicked'],
  ['SMTPApiError', () => 'dropped'],
  [
    'SubscriptionChange',
    ({ SuppressSending, SuppressionReason }) =>
      SuppressSending === false ? 'resubscribed' : (SUPPRESSIONS.get(SuppressionReason) ?? 'unsubscribed'),
  ],
]);

const timeOf = (event: PostmarkEvent): string | undefined =>
  event.DeliveredAt ?? event.BouncedAt ?? event.ReceivedAt ?? event.ChangedAt;

/** A mail bounces hard, or is reported as spam, once: a SubscriptionChange repeats what another event reports of it. */
const ONCE: ReadonlySet<Kind> = new Set(['hard-bounce', 'complained']);

function keyOf(event: PostmarkEvent, kind: Kind, recipient: string): string {
  const { RecordType, Type, MessageID, OriginalLink, SuppressSending } = event;
  const identity =
    ONCE.has(kind) && MessageID
      ? [kind, MessageID, recipient]
      : [RecordType, Type, MessageID, recipient, timeOf(event), OriginalLink, SuppressSending];
  return sha256(['postmark', ...identity]);
}

const sha256 = (value: unknown): string => hash('sha256', JSON.stringify(value));

function providerEvent(event: PostmarkEvent, kind: Kind): ProviderEvent {
  const { Recipient, Email, Details, Description, Metadata } = event;
  const recipient = recipientAddress(Recipient ?? Email ?? '');
  return {
    kind,
    key: keyOf(event, kind, recipient),
    address: recipient,
    at: timeOf(event) ?? '',
    sendId: Metadata.send_id,
    leadId: Metadata.lead_id,
    reason: Details ?? Description,
    status: /\b[245]\.\d{1,3}\.\d{1,3}\b/.exec(Details ?? '')?.[0],
    type: event.Type ?? event.SuppressionReason,
    dropped: kind === 'dropped' ? true : undefined,
    url: event.OriginalLink,
    providerMessageId: event.MessageID,
  };
}

/** A stop counts whatever its time is: '' stands for the time of its arrival. */
const STOPS: ReadonlySet<Kind> = new Set(['hard-bounce', 'complained', 'unsubscribed']);
const known = postmarkEvent
  .transform((event) => ({ event, kind: KINDS.get(event.RecordType)?.(event) ?? 'ignored' }))
  .refine(({ event, kind }) => timeOf(event) !== undefined || STOPS.has(kind), { message: 'no time' })
  .refine(({ event: { Recipient, Email, Metadata } }) => Recipient ?? Email ?? Metadata.lead_id, {
    message: 'no recipient',
  });
const unknown = z.object({
  RecordType: z
    .string()
    .min(1)
    .refine((name) => !KINDS.has(name)),
});

/** An invalid event as text for the quarantine; '' for nesting deeper than the stack. */
function source(value: unknown): string {
  try {
    return JSON.stringify(value).slice(0, ODD_LENGTH).toWellFormed();
  } catch {
    return '';
  }
}

/**
 * Reads the body of a webhook: one event. An object that is no event, as an inbound mail posted here, goes to `odd`
 * with its reason. Throws ContractError when the body is no JSON object.
 */
export function parseEvent(body: string): ProviderEvents {
  let posted: unknown;
  try {
    posted = JSON.parse(body);
  } catch (cause) {
    throw new ContractError('event is not JSON', { cause });
  }
  if (typeof posted !== 'object' || posted === null || Array.isArray(posted))
    throw new ContractError('event is not an object');
  if (unknown.safeParse(posted).success)
    return {
      events: [{ index: 0, event: { kind: 'ignored', key: sha256(source(posted)), address: '', at: '' } }],
      odd: [],
    };
  const { data, error } = known.safeParse(posted);
  return data
    ? { events: [{ index: 0, event: providerEvent(data.event, data.kind) }], odd: [] }
    : { events: [], odd: [{ index: 0, reason: describeIssues(error), raw: source(posted) }] };
}
