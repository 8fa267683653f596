import { hash } from 'node:crypto';
import { ContractError, describeIssues } from '@leadstream/contracts/envelope';
import { recipientAddress } from '@leadstream/lead/address';
import { z } from 'zod';
import { ownIds } from '../own-ids.ts';
import type { ProviderEvent, ProviderEvents } from '../port.ts';

const REASON_LENGTH = 2_000;
const ODD_LENGTH = 16_000;

/** Optional text: a wrong type counts as absent, a long text is cut. Lone surrogates are replaced. */
const text = (max: number) =>
  z
    .string()
    .min(1)
    .transform((value) => value.slice(0, max).toWellFormed())
    .optional()
    .catch(undefined);
const loose = z
  .union([z.string().max(100), z.number()])
  .transform(String)
  .optional()
  .catch(undefined);
/** Unix seconds with a fraction. */
const instant = z
  .union([
    z.number(),
    z
      .string()
      .regex(/^\d{1,11}(?:\.\d{1,9})?$/)
      .transform(Number),
  ])
  .refine((seconds) => seconds > 0 && seconds < 1e11)
  .transform((seconds) => new Date(seconds * 1_000).toISOString())
  .optional()
  .catch(undefined);

const eventData = z.object({
  event: z.string().trim().toLowerCase().min(1).max(100),
  id: text(200),
  timestamp: instant,
  recipient: text(1_000),
  severity: text(20),
  reason: text(100),
  url: text(4_000),
  'delivery-status': z
    .object({
      code: loose,
      message: text(REASON_LENGTH),
      description: text(REASON_LENGTH),
      'attempt-no': loose,
      'enhanced-code': text(20),
      'bounce-type': text(20),
    })
    .catch({}),
  reject: z.object({ reason: text(REASON_LENGTH) }).catch({}),
  message: z
    .object({ headers: z.object({ 'message-id': text(1_000), to: text(1_000) }).catch({}) })
    .catch({ headers: {} }),
  // An empty list where the mail has none.
  'user-variables': z.object(ownIds).catch({}),
  'client-info': z.object({ bot: text(100) }).catch({}),
});
type EventData = z.infer<typeof eventData>;

const KINDS: ReadonlyMap<string, ProviderEvent['kind']> = new Map<string, ProviderEvent['kind']>([
  ['accepted', 'accepted'],
  ['delivered', 'delivered'],
  ['rejected', 'dropped'],
  ['opened', 'opened'],
  ['clicked', 'clicked'],
  ['unsubscribed', 'unsubscribed'],
  ['complained', 'complained'],
]);
/** The event belongs to a lead, whatever its time is. */
const STOPS: ReadonlySet<string> = new Set(['failed', 'unsubscribed', 'complained', 'rejected']);

/** Mailgun did not try: an earlier event of the address is on its list. */
const SUPPRESSED: ReadonlyMap<string, ProviderEvent['kind']> = new Map<string, ProviderEvent['kind']>([
  ['suppress-bounce', 'hard-bounce'],
  ['605', 'hard-bounce'],
  ['suppress-unsubscribe', 'unsubscribed'],
  ['606', 'unsubscribed'],
  ['suppress-complaint', 'complained'],
  ['607', 'complained'],
]);
const suppressedAs = ({ reason, 'delivery-status': { code } }: EventData): ProviderEvent['kind'] | undefined =>
  SUPPRESSED.get(reason ?? '') ?? SUPPRESSED.get(code ?? '');

/** The address does not exist, or takes no mail (RFC 3463 §3.2). */
const BAD_ADDRESS = /^5\.1\.[0126]$/;
/** A full mailbox, a policy, or a temporary cause. */
const NOT_ADDRESS = /^(?:4\.|5\.2\.2$|5\.7\.)/;

/** "Permanent" also covers policy blocks, full mailboxes and greylisting: only some of it blames the address. */
function failureOf(data: EventData): ProviderEvent['kind'] {
  const { reason, severity, 'delivery-status': status } = data;
  if (severity === 'temporary') return 'deferred';
  const suppressed = suppressedAs(data);
  if (suppressed) return suppressed;
  const type = status['bounce-type'];
  if (type === 'hard') return 'hard-bounce';
  if (type === 'soft') return 'soft-bounce';
  const code = status['enhanced-code'] ?? '';
  return BAD_ADDRESS.test(code) || (reason === 'bounce' && !NOT_ADDRESS.test(code)) ? 'hard-bounce' : 'soft-bounce';
}

const kindOf = (data: EventData): ProviderEvent['kind'] =>
  data.event === 'failed' ? failureOf(data) : (KINDS.get(data.event) ?? 'ignored');

function providerEvent(data: EventData): ProviderEvent {
  const { event, id, timestamp, severity, url, reason, 'delivery-status': status, message } = data;
  const { send_id: sendId, lead_id: leadId } = data['user-variables'];
  const recipient = data.recipient ?? message.headers.to ?? '';
  const messageId = message.headers['message-id'];
  const key = ['mailgun', event, severity, id, timestamp, recipient, messageId, url];
  return {
    kind: kindOf(data),
    key: hash('sha256', JSON.stringify(key)),
    address: recipientAddress(recipient),
    at: timestamp ?? '',
    sendId,
    leadId,
    reason: status.message ?? status.description ?? data.reject.reason,
    status: status['enhanced-code'] ?? status.code,
    type: reason,
    classification: status['bounce-type'],
    dropped: event === 'rejected' || (event === 'failed' && suppressedAs(data)) ? true : undefined,
    attempt: status['attempt-no'],
    url,
    machine: data['client-info'].bot === undefined ? undefined : true,
    providerMessageId: messageId,
  };
}

const known = eventData
  .refine(({ event, timestamp }) => timestamp !== undefined || STOPS.has(event), {
    path: ['timestamp'],
    message: 'missing',
  })
  .refine(
    ({ recipient, message, 'user-variables': { lead_id: lead } }) =>
      recipient !== undefined || message.headers.to !== undefined || lead !== undefined,
    { path: ['recipient'], message: 'missing' },
  );
const isKnown = (event: string): boolean => event === 'failed' || KINDS.has(event);

/** The text of an element for the quarantine. */
const source = (body: string): string => body.slice(0, ODD_LENGTH).toWellFormed();

const webhook = z.looseObject({ 'event-data': z.looseObject({ event: z.unknown().optional() }) });

/**
 * Reads a webhook's body: one event. An unknown kind of event is ignored, and one that can't be read goes to `odd`.
 * Throws ContractError for a body that has no event, a legacy form for example.
 */
export function parseMailgunEvent(body: string): ProviderEvents {
  let posted: unknown;
  try {
    posted = JSON.parse(body);
  } catch (cause) {
    throw new ContractError('the webhook is not JSON', { cause });
  }
  const { success, data } = webhook.safeParse(posted);
  if (!success) throw new ContractError('the webhook has no event-data');
  const element = data['event-data'];
  if (typeof element.event === 'string' && !isKnown(element.event.trim().toLowerCase())) {
    const key = hash('sha256', body);
    return { events: [{ index: 0, event: { kind: 'ignored', key, address: '', at: '' } }], odd: [] };
  }
  const parsed = known.safeParse(element);
  return parsed.success
    ? { events: [{ index: 0, event: providerEvent(parsed.data) }], odd: [] }
    : { events: [], odd: [{ index: 0, reason: describeIssues(parsed.error), raw: source(body) }] };
}
