import { hash } from 'node:crypto';
import { ContractError, describeIssues } from '@leadstream/contracts/envelope';
import { recipientAddress } from '@leadstream/lead/address';
import { z } from 'zod';
import { ownIds } from '../own-ids.ts';
import type { ProviderEvent, ProviderEvents } from '../port.ts';

const REASON_LENGTH = 2_000;
const ODD_LENGTH = 16_000;

/**
 * Optional text: a wrong type counts as absent, a long text is cut. Lone surrogates are replaced, because UTF-8 has
 * none.
 */
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

/**
 * Unix seconds or milliseconds, as a number or its digits, or ISO 8601; SendGrid's Single Send sample has milliseconds.
 */
const instant = z
  .union([
    z.number(),
    z
      .string()
      .trim()
      .regex(/^\d{1,14}(?:\.\d{1,9})?$/)
      .transform(Number),
    z.iso.datetime({ offset: true }).transform((text) => Date.parse(text)),
  ])
  .transform((value) => (value > 1e11 ? value : value * 1_000))
  .refine((ms) => ms > 0 && ms < 1e14, 'no time')
  .transform((ms) => new Date(ms).toISOString());

/** The documentation writes some with blanks: "group unsubscribe", "spam report". */
const name = z
  .string()
  .min(1)
  .max(100)
  .transform((text) => text.trim().toLowerCase().replace(/[ -]/g, '_').replace('spam_report', 'spamreport'));

const sendGridEvent = z.object({
  event: name,
  timestamp: instant.optional(),
  email: z.string().min(1).max(1_000).optional().catch(undefined),
  'smtp-id': text(1_000),
  sg_message_id: text(1_000),
  attempt: loose,
  url: text(4_000),
  url_offset: z.object({ index: loose, type: loose }).optional().catch(undefined),
  type: text(100),
  status: text(100),
  reason: text(REASON_LENGTH),
  response: text(REASON_LENGTH),
  bounce_classification: text(100),
  asm_group_id: loose,
  sg_machine_open: z
    .union([z.boolean(), z.stringbool(), z.literal(1).transform(() => true)])
    .optional()
    .catch(undefined),
  ...ownIds,
});
type SendGridEvent = z.infer<typeof sendGridEvent>;

const KINDS: ReadonlyMap<string, ProviderEvent['kind']> = new Map<string, ProviderEvent['kind']>([
  ['processed', 'accepted'],
  ['delivered', 'delivered'],
  ['deferred', 'deferred'],
  ['bounce', 'hard-bounce'],
  ['dropped', 'dropped'],
  ['spamreport', 'complained'],
  ['unsubscribe', 'unsubscribed'],
  ['group_unsubscribe', 'unsubscribed'],
  ['group_resubscribe', 'resubscribed'],
  ['open', 'opened'],
  ['click', 'clicked'],
]);

/**
 * The reason why SendGrid did not try: its earlier knowledge of the address, in the event's reason or its type. With
 * any other reason the address is fine.
 */
const DROPPED: ReadonlyMap<string, ProviderEvent['kind']> = new Map<string, ProviderEvent['kind']>([
  ['bounced address', 'hard-bounce'],
  ['bounce', 'hard-bounce'],
  ['invalid', 'hard-bounce'],
  ['unsubscribed address', 'unsubscribed'],
  ['spam reporting address', 'complained'],
]);

/**
 * Signs of a temporary bounce in an event without a type: a temporary status, in its own field or at the reason's
 * start, or a cause on our side.
 */
const isPassing = ({ status, reason, bounce_classification: cause }: SendGridEvent): boolean =>
  /^4/.test(status ?? '') ||
  (status === undefined && /^4\d\d\b/.test(reason ?? '')) ||
  /^(?:reputation|content|frequency|technical)/i.test(cause ?? '');

function kindOf(one: SendGridEvent): ProviderEvent['kind'] {
  const { event, reason } = one;
  const type = one.type?.trim().toLowerCase();
  if (event === 'dropped')
    return [reason, type].map((why) => DROPPED.get(why?.trim().toLowerCase() ?? '')).find(Boolean) ?? 'dropped';
  // `blocked` and `expired` come as bounces too, with a 5.x.x status even; only `bounce`, or an old event without a
  // type, blames the address.
  if (event === 'bounce') return type === 'bounce' || (!type && !isPassing(one)) ? 'hard-bounce' : 'soft-bounce';
  return KINDS.get(event) ?? 'ignored';
}

function espEvent(event: SendGridEvent): ProviderEvent {
  const { email = '', url, url_offset: offset } = event;
  const naturalKey = [
    event.event,
    email,
    event.sg_message_id ?? event['smtp-id'],
    event.timestamp,
    event.attempt,
    url,
    offset?.index,
    offset?.type,
  ];
  return {
    kind: kindOf(event),
    key: hash('sha256', JSON.stringify(naturalKey)),
    address: recipientAddress(email),
    at: event.timestamp ?? '',
    sendId: event.send_id,
    leadId: event.lead_id,
    reason: event.reason ?? event.response,
    status: event.status,
    type: event.type,
    dropped: event.event === 'dropped' ? true : undefined,
    attempt: event.attempt,
    groupId: event.asm_group_id,
    classification: event.bounce_classification,
    url,
    machine: event.sg_machine_open,
    providerMessageId: event.sg_message_id,
  };
}

/** The event belongs to a lead by our own id, or by an address. */
const STOPS: ReadonlySet<string> = new Set(['unsubscribe', 'group_unsubscribe', 'spamreport', 'bounce', 'dropped']);
const dated = z.looseObject({ event: name, timestamp: z.unknown() });
/** A stop counts whatever its time is: '' stands for the time of its arrival. */
const timely = z.preprocess((element) => {
  const { success, data } = dated.safeParse(element);
  return success && STOPS.has(data.event) && !instant.safeParse(data.timestamp).success
    ? { ...data, timestamp: undefined }
    : element;
}, sendGridEvent);
const known = timely
  .refine(({ event, timestamp }) => timestamp !== undefined || STOPS.has(event), {
    path: ['timestamp'],
    message: 'missing',
  })
  .refine(({ email, lead_id: lead }) => email !== undefined || lead !== undefined, {
    path: ['email'],
    message: 'missing',
  });
const named = z.object({ event: name });
/** An event of an unknown kind needs no field: account events have no address, and other forms of time. */
const isUnknown = (element: unknown): boolean => {
  const { success, data } = named.safeParse(element);
  return success && !KINDS.has(data.event);
};
const unknownEvent = (element: unknown): ProviderEvent => ({
  kind: 'ignored',
  key: hash('sha256', source(element)),
  address: '',
  at: '',
});

function batch(body: string): unknown[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch (cause) {
    throw new ContractError('event batch is not JSON', { cause });
  }
  if (!Array.isArray(parsed)) throw new ContractError('event batch is not an array');
  return parsed;
}

/** An invalid element as text for the quarantine; undefined for nesting deeper than the stack. */
function source(element: unknown): string {
  try {
    return JSON.stringify(element).slice(0, ODD_LENGTH).toWellFormed();
  } catch {
    return '';
  }
}

/**
 * Reads an Event Webhook body: each element as one ProviderEvent with its place in the batch. An element that is no
 * event goes to `odd` with its reason, and the others are kept. Throws ContractError when the body is no JSON array.
 */
export function parseEventBatch(body: string): ProviderEvents {
  const events: ProviderEvents['events'] = [];
  const odd: ProviderEvents['odd'] = [];
  for (const [index, element] of batch(body).entries()) {
    if (isUnknown(element)) {
      events.push({ index, event: unknownEvent(element) });
      continue;
    }
    const parsed = known.safeParse(element);
    if (parsed.success) events.push({ index, event: espEvent(parsed.data) });
    else odd.push({ index, reason: describeIssues(parsed.error), raw: source(element) });
  }
  return { events, odd };
}
