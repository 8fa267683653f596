import { createHmac, randomBytes } from 'node:crypto';
import type { SandboxMessage } from './client.ts';
import type { Mail } from './inbound-parse.ts';
import type { Event, Post } from './webhook.ts';
import type { Wire } from './wire.ts';

/** The header of a stored text that has its StatusCallback. */
export const CALLBACK = 'StatusCallback';
/** The sandbox's own number, behind a messaging service. */
export const NUMBER = '+15005550006';
const ACCOUNT = `AC${'0'.repeat(31)}1`;

export const newSid = (): string => `SM${randomBytes(16).toString('hex')}`;

/** Statuses by SendGrid's names of events. */
const STATUSES: Readonly<Record<string, { status: string; code?: number }>> = {
  processed: { status: 'sent' },
  delivered: { status: 'delivered' },
  deferred: { status: 'sending' },
  bounce: { status: 'undelivered', code: 30006 },
  blocked: { status: 'undelivered', code: 30007 },
  dropped: { status: 'undelivered', code: 30003 },
  unsubscribe: { status: 'failed', code: 21610 },
};

/** `extra.ErrorCode` names another code of the carrier. */
function eventOf(message: SandboxMessage, name: string, extra: Record<string, unknown> = {}): Event | undefined {
  const found = STATUSES[name === 'bounce' && extra['type'] === 'blocked' ? 'blocked' : name];
  if (!found) return undefined;
  const code = extra['ErrorCode'] ?? found.code;
  const fields = {
    ErrorCode: typeof code === 'number' || typeof code === 'string' ? String(code) : undefined,
    SmsSid: message.id,
    SmsStatus: found.status,
    MessageStatus: found.status,
    To: message.to,
    MessageSid: message.id,
    AccountSid: ACCOUNT,
    From: message.from,
    ApiVersion: '2010-04-01',
  };
  return { event: name, sg_event_id: `${message.id}/${name}`, fields, callback: message.headers[CALLBACK] };
}

const withoutRetries = (url: string): string => url.replace(/#.*$/s, '');

/** The form, signed with the URL that we were given, wherever it is posted to. */
function signed(url: string, fields: Record<string, string | undefined>, secret: string): Post {
  const given = Object.entries(fields).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const text = given
    .map(([name, value]) => name + value)
    .sort()
    .join('');
  return {
    headers: {
      'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
      'user-agent': 'TwilioProxy/1.1',
      'i-twilio-idempotency-token': randomBytes(16).toString('hex'),
      'x-twilio-signature': createHmac('sha1', secret)
        .update(url + text)
        .digest('base64'),
    },
    body: Buffer.from(new URLSearchParams(given).toString()),
    query: new URL(url).search,
  };
}

function inbound({ from, to, text }: Mail, { secret, answered }: { secret: string; answered?: SandboxMessage }): Post {
  const url = new URL(withoutRetries(answered?.headers[CALLBACK] ?? 'https://sandbox.invalid/v1/twilio/events'));
  const sid = newSid();
  return signed(
    `${url.origin}${url.pathname.replace(/events$/, 'inbound')}`,
    {
      MessageSid: sid,
      SmsMessageSid: sid,
      SmsStatus: 'received',
      AccountSid: ACCOUNT,
      From: from,
      To: to,
      Body: text,
      NumMedia: '0',
      NumSegments: '1',
      ApiVersion: '2010-04-01',
    },
    secret,
  );
}

/** With `#rc=5&rp=all` in the URL, which ours have; for mails' sake the same URL for all. */
const retries = (status: number): boolean => status < 200 || status > 299;

/** Twilio's status callbacks, one a post, and its posts of texts that it received for us. */
export const twilioWire: Wire = {
  automatic: ['processed', 'delivered'],
  event: eventOf,
  posts: (events, { secret }) =>
    events.flatMap(({ fields, callback }) =>
      typeof callback === 'string' ? [signed(withoutRetries(callback), fields as Record<string, string>, secret)] : [],
    ),
  inbound,
  pathOf: (url) => url.replace(/\/inbound\/.*$/s, '/inbound'),
  attemptsMax: 6,
  retriesEvents: retries,
  retriesMail: retries,
};
