import { randomBytes, randomUUID } from 'node:crypto';
import type { SandboxMessage } from './client.ts';
import { headOf, type Mail } from './inbound-parse.ts';
import type { Event, Post } from './webhook.ts';
import type { Wire } from './wire.ts';

/** Postmark writes seven digits of a second. */
const now = (): string => new Date().toISOString().replace('Z', '4321Z');

type Fields = Record<string, unknown>;
const bounce =
  (Type: string, TypeCode: number, Details: string, Inactive: boolean) =>
  (to: string): Fields => ({
    RecordType: 'Bounce',
    Type,
    TypeCode,
    Name: Type,
    ID: 692_560_173,
    Email: to,
    BouncedAt: now(),
    Details,
    Inactive,
    CanActivate: true,
  });
const suppressed =
  (SuppressSending: boolean, SuppressionReason: string | null) =>
  (to: string): Fields => ({
    RecordType: 'SubscriptionChange',
    Recipient: to,
    ChangedAt: now(),
    Origin: 'Recipient',
    SuppressSending,
    SuppressionReason,
  });

/** Postmark's records by SendGrid's names. `processed` has none: the answer alone reports acceptance. */
const RECORDS: Readonly<Record<string, (to: string) => Fields>> = {
  delivered: (to) => ({ RecordType: 'Delivery', Recipient: to, DeliveredAt: now(), Details: '250 2.0.0 OK' }),
  deferred: bounce('Transient', 2, 'smtp;451 4.7.1 Please try again later', false),
  bounce: bounce('HardBounce', 1, 'smtp;550 5.1.1 The mailbox does not exist', true),
  blocked: bounce('Blocked', 16, 'smtp;550 5.7.1 blocked', false),
  dropped: bounce('SMTPApiError', 100_008, 'The mail could not be read', false),
  spamreport: (to) => ({ ...bounce('SpamComplaint', 512, '', true)(to), RecordType: 'SpamComplaint' }),
  unsubscribe: suppressed(true, 'ManualSuppression'),
  group_resubscribe: suppressed(false, null),
  open: (to) => ({ RecordType: 'Open', Recipient: to, ReceivedAt: now(), FirstOpen: true, UserAgent: 'sandbox' }),
  click: (to) => ({ RecordType: 'Click', Recipient: to, ReceivedAt: now(), OriginalLink: 'https://example.com/' }),
};

function eventOf(message: SandboxMessage, name: string, extra: Fields = {}): Event | undefined {
  const record = RECORDS[name === 'bounce' && extra['type'] === 'blocked' ? 'blocked' : name];
  if (!record) return undefined;
  // A test names the recipient of another copy as SendGrid does.
  const to = typeof extra['email'] === 'string' ? extra['email'] : message.to;
  const common = {
    MessageID: message.id,
    ServerID: 23,
    MessageStream: 'outbound',
    Tag: '',
    Metadata: message.custom_args,
  };
  return { event: name, sg_event_id: randomUUID(), record: { ...common, ...record(to) } };
}

const bare = (address: string): string => /<([^<>]+)>\s*$/.exec(address)?.[1] ?? address;
const full = (address: string): Fields => ({
  Email: bare(address),
  Name: address
    .replace(/<[^<>]*>\s*$/, '')
    .replaceAll('"', '')
    .trim()
    .replace(bare(address), ''),
  MailboxHash: /\+(.*)@/.exec(bare(address))?.[1] ?? '',
});

/** From, To, Subject and Date are fields of their own, and the envelope's sender is the first header. */
function inbound(mail: Mail): Post {
  const { From, To, Subject, Date: date, ...rest } = headOf(mail);
  const writer = mail.forged ? 'eve@forger.invalid' : bare(mail.from);
  const headers = [['Return-Path', `<${writer}>`], ...Object.entries(rest)] as [string, string][];
  const body = {
    From,
    FromFull: full(mail.from),
    To,
    ToFull: [full(mail.to)],
    OriginalRecipient: bare(mail.to),
    Subject,
    MessageID: randomUUID(),
    Date: date,
    MailboxHash: full(mail.to)['MailboxHash'],
    TextBody: mail.text,
    HtmlBody: '',
    StrippedTextReply: '',
    Headers: headers.map(([Name, Value]) => ({ Name, Value })),
    Attachments: [],
  };
  return {
    headers: { 'content-type': 'application/json', 'user-agent': 'Postmark' },
    body: Buffer.from(JSON.stringify(body)),
  };
}

/** Postmark's webhooks (documentation of 2026): one event a post, and a 4xx other than 408 and 429 drops it. */
export const postmarkWire: Wire = {
  automatic: ['delivered'],
  event: eventOf,
  posts: (events, { login }) =>
    events.map(({ record }) => ({
      headers: {
        'content-type': 'application/json',
        'user-agent': 'Postmark',
        authorization: `Basic ${Buffer.from(login).toString('base64')}`,
        'x-pm-webhook-trace-id': randomBytes(16).toString('hex'),
      },
      body: Buffer.from(JSON.stringify(record)),
    })),
  inbound,
  retriesEvents: (status) => status === 0 || status === 408 || status === 429 || status >= 500,
  retriesMail: (status) => status !== 200 && status !== 403,
};
