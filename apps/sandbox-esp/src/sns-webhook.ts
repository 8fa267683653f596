import { randomBytes, randomUUID, sign } from 'node:crypto';
import { certifiedKey } from './certificate.ts';
import type { SandboxMessage } from './client.ts';
import { headOf, type Mail } from './inbound-parse.ts';
import type { Event, Post } from './webhook.ts';
import type { Wire } from './wire.ts';

/** The topic of the sandbox's events and mails, for SNS_TOPIC_ARNS. */
export const TOPIC = 'arn:aws:sns:eu-west-1:000000000000:leadstream-sandbox';
/** SNS's host in the topic's region, from which a receiver in development reads its certificate elsewhere. */
const HOST = 'https://sns.eu-west-1.amazonaws.com';
export const CERTIFICATE_PATH = '/SimpleNotificationService-0000000000000000000000000000sand.pem';

type Fields = Record<string, unknown>;

/** A post of SNS, signed over the lines of its fields (version 2). */
function snsPost(type: string, fields: Readonly<Record<string, string>>): Post {
  const signed = {
    ...fields,
    MessageId: randomUUID(),
    Timestamp: new Date().toISOString(),
    TopicArn: TOPIC,
    Type: type,
  };
  const text = Object.entries(signed)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}\n${value}\n`);
  const Signature = sign('sha256', Buffer.from(text.join('')), certifiedKey().key).toString('base64');
  const SigningCertURL = HOST + CERTIFICATE_PATH;
  return {
    headers: {
      'content-type': 'text/plain; charset=UTF-8',
      'user-agent': 'Amazon Simple Notification Service Agent',
      'x-amz-sns-message-type': type,
      'x-amz-sns-message-id': signed.MessageId,
      'x-amz-sns-topic-arn': TOPIC,
    },
    body: Buffer.from(JSON.stringify({ ...signed, SignatureVersion: '2', Signature, SigningCertURL })),
  };
}

const notification = (message: Fields): Post =>
  snsPost('Notification', { Subject: 'Amazon SES Email Event Notification', Message: JSON.stringify(message) });

/** The question whether a URL wants the posts of the topic; its answer is a GET with the token. */
export const confirmationPost = (token: string): Post =>
  snsPost('SubscriptionConfirmation', {
    Message: `You have chosen to subscribe to the topic ${TOPIC}.`,
    Token: token,
    SubscribeURL: `${HOST}/?Action=ConfirmSubscription&TopicArn=${TOPIC}&Token=${token}`,
  });

const now = (): string => new Date().toISOString();
const failed = (emailAddress: string, status: string, diagnosticCode: string): Fields => ({
  emailAddress,
  action: 'failed',
  status,
  diagnosticCode,
});
const bounce =
  (bounceType: string, bounceSubType: string, status: string, words: string) =>
  (to: string): Fields => ({
    eventType: 'Bounce',
    bounce: {
      bounceType,
      bounceSubType,
      bouncedRecipients: [failed(to, status, `smtp; 550 ${status} ${words}`)],
      timestamp: now(),
      feedbackId: randomUUID(),
    },
  });

/** SES's events by SendGrid's names. */
const EVENTS: Readonly<Record<string, (to: string) => Fields>> = {
  processed: () => ({ eventType: 'Send', send: {} }),
  delivered: (to) => ({ eventType: 'Delivery', delivery: { timestamp: now(), recipients: [to] } }),
  deferred: (to) => ({
    eventType: 'DeliveryDelay',
    deliveryDelay: {
      timestamp: now(),
      delayType: 'TransientCommunicationFailure',
      delayedRecipients: [failed(to, '4.4.1', 'smtp; 421 try again later')],
    },
  }),
  bounce: bounce('Permanent', 'General', '5.1.1', 'user unknown'),
  blocked: bounce('Transient', 'ContentRejected', '5.7.1', 'blocked'),
  dropped: bounce('Permanent', 'OnAccountSuppressionList', '5.1.1', 'suppressed'),
  spamreport: (to) => ({
    eventType: 'Complaint',
    complaint: {
      timestamp: now(),
      feedbackId: randomUUID(),
      complaintFeedbackType: 'abuse',
      complainedRecipients: [{ emailAddress: to }],
    },
  }),
  unsubscribe: () => ({
    eventType: 'Subscription',
    subscription: { timestamp: now(), newTopicPreferences: { unsubscribeAll: true } },
  }),
  open: () => ({ eventType: 'Open', open: { timestamp: now(), userAgent: 'sandbox' } }),
  click: () => ({ eventType: 'Click', click: { timestamp: now(), link: 'https://example.com/' } }),
};

function eventOf(message: SandboxMessage, name: string, extra: Fields = {}): Event | undefined {
  const event = EVENTS[name === 'bounce' && extra['type'] === 'blocked' ? 'blocked' : name];
  if (!event) return undefined;
  // A test names the recipient of another copy as SendGrid does.
  const to = typeof extra['email'] === 'string' ? extra['email'] : message.to;
  const tags = Object.fromEntries(Object.entries(message.custom_args).map(([key, value]) => [key, [value]]));
  const mail = { timestamp: message.at, messageId: message.id, source: message.from, destination: [to], tags };
  return { event: name, sg_event_id: randomUUID(), message: { mail, ...event(to) } };
}

const bare = (address: string): string => /<([^<>]+)>\s*$/.exec(address)?.[1] ?? address;

/** A receipt rule's action SNS, with the mail in base64. */
function inbound(mail: Mail): Post {
  const head = Object.entries(headOf(mail)).map(([name, value]) => ({
    name,
    value: value.replace(/\s*[\r\n]+\s*/g, ' '),
  }));
  const block = head.map(({ name, value }) => `${name}: ${value}\r\n`).join('');
  const content = Buffer.from(`${block}\r\n${mail.text}`, mail.charset === 'iso-8859-1' ? 'latin1' : 'utf8');
  const source = mail.forged ? 'eve@forger.invalid' : bare(mail.from);
  return notification({
    notificationType: 'Received',
    mail: {
      timestamp: now(),
      source,
      messageId: randomBytes(20).toString('hex'),
      destination: [bare(mail.to)],
      headersTruncated: false,
      headers: head,
    },
    receipt: {
      timestamp: now(),
      recipients: [bare(mail.to)],
      spfVerdict: { status: mail.forged ? 'FAIL' : 'PASS' },
      dkimVerdict: { status: 'PASS' },
      action: { type: 'SNS', topicArn: TOPIC, encoding: 'BASE64' },
    },
    content: content.toString('base64'),
  });
}

/** No 4xx is tried again. */
const retries = (status: number): boolean => status === 0 || status > 499;

/** SES's events and mails by SNS: one event a post, tried three times more, which at SNS takes a minute. */
export const sesWire: Wire = {
  automatic: ['processed', 'delivered'],
  event: eventOf,
  posts: (events) => events.map(({ message }) => notification(message as Fields)),
  inbound,
  question: confirmationPost,
  attemptsMax: 4,
  retriesEvents: retries,
  retriesMail: retries,
};
