import { createHmac, randomBytes } from 'node:crypto';
import type { SandboxMessage } from './client.ts';
import { headOf, type Mail } from './inbound-parse.ts';
import type { Event, Post } from './webhook.ts';
import type { Wire } from './wire.ts';

type Fields = Record<string, unknown>;
const failed = (severity: string, reason: string, status: Fields): Fields => ({
  event: 'failed',
  severity,
  reason,
  'delivery-status': { 'attempt-no': 1, ...status },
});
const BAD_MAILBOX = { code: 550, 'enhanced-code': '5.1.1', message: 'no such user', 'bounce-type': 'hard' };

/** Mailgun's events by SendGrid's names. */
const EVENTS: Readonly<Record<string, Fields>> = {
  processed: { event: 'accepted' },
  delivered: { event: 'delivered', 'delivery-status': { code: 250, message: 'OK', 'attempt-no': 1 } },
  deferred: failed('temporary', 'generic', { code: 451, message: 'Please try again later' }),
  bounce: failed('permanent', 'bounce', BAD_MAILBOX),
  blocked: failed('permanent', 'espblock', { code: 550, 'enhanced-code': '5.7.1', message: 'blocked' }),
  dropped: failed('permanent', 'suppress-bounce', { code: 605, description: 'previously bounced address' }),
  spamreport: { event: 'complained' },
  unsubscribe: { event: 'unsubscribed' },
  open: { event: 'opened', 'client-info': { 'client-type': 'browser' } },
  click: { event: 'clicked', url: 'https://example.com/' },
};

function eventOf(message: SandboxMessage, name: string, extra: Fields = {}): Event | undefined {
  const data = EVENTS[name === 'bounce' && extra['type'] === 'blocked' ? 'blocked' : name];
  if (!data) return undefined;
  const id = randomBytes(16).toString('base64url');
  const names = Object.entries(message.headers).find(([header]) => header.toLowerCase() === 'message-id');
  const common = {
    id,
    timestamp: Date.now() / 1_000,
    // A test names the recipient of another copy as SendGrid does.
    recipient: typeof extra['email'] === 'string' ? extra['email'] : message.to,
    message: { headers: { 'message-id': (names?.[1] ?? message.smtp_id).replace(/^<|>$/g, ''), to: message.to } },
    'user-variables': Object.keys(message.custom_args).length > 0 ? message.custom_args : [],
  };
  return { event: name, sg_event_id: id, data: { ...common, ...data } };
}

/** Of token and time alone, as Mailgun signs. */
function signature(key: string): { token: string; timestamp: string; signature: string } {
  const token = randomBytes(25).toString('hex');
  const timestamp = String(Math.floor(Date.now() / 1_000));
  return {
    token,
    timestamp,
    signature: createHmac('sha256', key)
      .update(timestamp + token)
      .digest('hex'),
  };
}

const eventPost = ({ event, data }: Event, key: string): Post => ({
  headers: { 'content-type': 'application/json', 'user-agent': 'mailgun/treq' },
  body: Buffer.from(JSON.stringify({ signature: signature(key), 'event-data': data })),
  isOnce: event === 'delivered',
});

const bare = (address: string): string => /<([^<>]+)>\s*$/.exec(address)?.[1] ?? address;

/** A Route's forward of the raw message, each header once more as a field. */
function inbound(mail: Mail): Post {
  const verdicts = { 'X-Mailgun-Spf': mail.forged ? 'SoftFail' : 'Pass', 'X-Mailgun-Dkim-Check-Result': 'Pass' };
  const head = { ...verdicts, ...headOf(mail) };
  const block = Object.entries(head).map(([name, value]) => `${name}: ${value.replace(/\s*[\r\n]+\s*/g, ' ')}\r\n`);
  const mime = Buffer.from(`${block.join('')}\r\n${mail.text}`, mail.charset === 'iso-8859-1' ? 'latin1' : 'utf8');
  const fields = new URLSearchParams({
    recipient: bare(mail.to),
    sender: mail.forged ? 'eve@forger.invalid' : bare(mail.from),
    subject: mail.subject,
    from: mail.from,
    ...head,
  });
  const escaped = [...mime].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
  return {
    headers: { 'content-type': 'application/x-www-form-urlencoded', 'user-agent': 'mailgun/treq' },
    body: Buffer.from(`${fields.toString()}&body-mime=${escaped}`),
  };
}

/** Only 200 and 406 end it. */
const retries = (status: number): boolean => status !== 200 && status !== 406;

/** Mailgun's webhooks and Routes: one event a post, tried again at any answer but 200 and 406, `delivered` never. */
export const mailgunWire: Wire = {
  automatic: ['processed', 'delivered'],
  event: eventOf,
  posts: (events, { secret }) => events.map((event) => eventPost(event, secret)),
  inbound,
  inboundPath: '/mime',
  retriesEvents: retries,
  retriesMail: retries,
};
