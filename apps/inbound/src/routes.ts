import { espSchema, gatewaySchema, type Gateway } from '@leadstream/contracts/events';
import { gateways } from '@leadstream/providers/gateways';
import type { Receiver } from '@leadstream/providers/port';
import { isPosting, receivers, type PostingEsp } from '@leadstream/providers/receivers';
import type { Json, Parameter, Route, RouteName } from '@leadstream/service/openapi';
import type { Reason } from '@leadstream/service/refusals';
import { z } from 'zod';

const EVENTS_TIMEOUT_MS = 60_000;
/** A mail of 30 MB can take this long on a slow line. At a 408 SendGrid drops it and does not come again. */
export const MAIL_TIMEOUT_MS = 10 * 60_000;
/** The size of a button's or a mailbox provider's form; a longer body is another form. */
export const FORM_BYTES_MAX = 4 * 1024;
const FORM_TIMEOUT_MS = 10_000;

/** The answer to a request whose signature is not the provider's. */
export const FORGED = { 401: 'signature', 503: 'signature-later' } as const satisfies Record<number, Reason>;
/** The same, before the body is read. */
export const SHAPELESS = { 401: 'signature-shape', 503: 'signature-later' } as const satisfies Record<
  keyof typeof FORGED,
  Reason
>;

/** What a provider posts, as its own documentation says. */
interface Posts {
  title: string;
  /** The proof that a post is the provider's. */
  proof: string;
  events: string;
  mail: readonly string[];
  security?: readonly Json[];
}

const POSTS = {
  sendgrid: {
    title: 'SendGrid',
    proof: 'Signed: X-Twilio-Email-Event-Webhook-Signature and -Timestamp, by a key of SENDGRID_EVENT_PUBLIC_KEYS.',
    events: 'application/json',
    mail: ['multipart/form-data'],
  },
  postmark: {
    title: 'Postmark',
    proof: 'Basic authentication by a login of POSTMARK_WEBHOOK_LOGINS.',
    events: 'application/json',
    mail: ['application/json'],
    security: [{ login: [] }],
  },
  mailgun: {
    title: 'Mailgun',
    proof: 'Signed in the body, by a key of MAILGUN_SIGNING_KEYS.',
    events: 'application/json',
    mail: ['application/x-www-form-urlencoded', 'multipart/form-data'],
  },
  ses: {
    title: 'Amazon SES',
    proof: 'By SNS, of a topic of SNS_TOPIC_ARNS: signed in the body, or raw with the secret in the path.',
    events: 'text/plain',
    mail: ['text/plain'],
  },
} satisfies Record<PostingEsp, Posts>;

export const SECURITY_SCHEMES = {
  login: { type: 'http', scheme: 'basic', description: 'A login of POSTMARK_WEBHOOK_LOGINS' },
};

const answerSchema = z.object({ stored: z.boolean().describe('False: a question of the provider, dealt with') });
export type Answer = z.infer<typeof answerSchema>;
const { $schema: _, ...answerJson } = z.toJSONSchema(answerSchema);
const answer = { status: 200, says: 'Stored', type: 'application/json', schema: answerJson } as const;

const secret: Parameter = {
  name: 'secret',
  in: 'path',
  description: 'INBOUND_SECRET',
  schema: { type: 'string' },
};
const AS_POSTED = { description: 'As the provider posts it; it is stored whole, and read later' };

/** The limits and refusals of an ESP's routes. */
export function doorsOf(esp: PostingEsp) {
  const { events, mail }: Pick<Receiver<never>, 'events' | 'mail'> = receivers[esp];
  const signed = [...new Set<Reason>([SHAPELESS[events.forged], FORGED[events.forged]])];
  const door = { bytesMax: events.bytesMax, timeoutMs: EVENTS_TIMEOUT_MS };
  return {
    events: { ...door, refusals: ['no-keys', ...signed] },
    secretEvents: { ...door, refusals: ['no-keys', ...signed, 'secret'] },
    mail: {
      bytesMax: mail.bytesMax,
      timeoutMs: MAIL_TIMEOUT_MS,
      anyCoding: true,
      refusals: ['no-keys', 'secret', ...(mail.isJudged ? signed : [])],
    },
  } satisfies Record<string, Route['door']>;
}

function webhooksOf(esp: PostingEsp): Record<RouteName, Route> {
  const { title, proof, events, mail, security }: Posts = POSTS[esp];
  const doors = doorsOf(esp);
  const event = { description: proof, body: { [events]: AS_POSTED }, answer, ...(security ? { security } : {}) };
  const isJudged = 'isJudged' in receivers[esp].mail;
  const received: Route = {
    summary: `Takes a mail that ${title} received for us, parsed or raw`,
    ...(isJudged ? { description: proof } : {}),
    door: doors.mail,
    parameters: [secret],
    body: Object.fromEntries(mail.map((type) => [type, AS_POSTED])),
    answer,
  };
  return {
    [`POST /v1/${esp}/events`]: { ...event, summary: `Takes ${title}’s events`, door: doors.events, parameters: [] },
    [`POST /v1/${esp}/events/:secret`]: {
      ...event,
      summary: `Takes ${title}’s events at a secret address, where the signature leaves out the body`,
      door: doors.secretEvents,
      parameters: [secret],
    },
    [`POST /v1/${esp}/inbound/:secret`]: received,
    [`POST /v1/${esp}/inbound/:secret/mime`]: {
      ...received,
      summary: `The same; ${title} posts raw mails to an address that ends so, if it asks for one`,
    },
  };
}

/** The limits and refusals of a gateway's routes. */
export const textDoorOf = (gateway: Gateway) =>
  ({
    bytesMax: gateways[gateway].bytesMax,
    timeoutMs: FORM_TIMEOUT_MS,
    refusals: ['no-keys', SHAPELESS[401], FORGED[401]],
  }) satisfies Route['door'];

const GATEWAYS = {
  twilio: { title: 'Twilio', proof: 'Signed: X-Twilio-Signature, by a token of TWILIO_AUTH_TOKENS.' },
} satisfies Record<Gateway, { title: string; proof: string }>;

function textsOf(gateway: Gateway): Record<RouteName, Route> {
  const { title, proof } = GATEWAYS[gateway];
  const post = {
    description: proof,
    door: textDoorOf(gateway),
    body: { 'application/x-www-form-urlencoded': AS_POSTED },
  };
  return {
    [`POST /v1/${gateway}/events`]: {
      ...post,
      summary: `Takes ${title}’s reports of texts`,
      parameters: [],
      answer,
    },
    [`POST /v1/${gateway}/inbound`]: {
      ...post,
      summary: `Takes a text that ${title} received for us, and answers nothing to its sender`,
      parameters: [],
      answer: { status: 200, says: 'Stored', type: 'text/xml', schema: { type: 'string' } } as const,
    },
  };
}

const token: Parameter = {
  name: 'token',
  in: 'path',
  description: 'Of one lead, signed; another one is answered the same',
  schema: { type: 'string' },
};
const sequence: Parameter = {
  name: 'sequence',
  in: 'query',
  description: 'The series that the visitor may choose to leave alone',
  schema: { type: 'string' },
};
const page = {
  status: 200,
  says: 'A page in the visitor’s language',
  type: 'text/html',
  schema: { type: 'string' },
} as const;
const form: Json = {
  type: 'object',
  properties: {
    'List-Unsubscribe': { const: 'One-Click', description: 'A mailbox provider’s' },
    only: { const: 'this-series', description: 'The button for the one series' },
  },
};

/** The link of every mail. */
export const UNSUBSCRIBE = {
  'GET /u/:token': {
    summary: 'The page of an unsubscribe link, which changes nothing',
    door: {},
    parameters: [token, sequence],
    answer: page,
  },
  'POST /u/:token': {
    summary: 'Unsubscribes (RFC 8058) from all mails, or from one series',
    door: { bytesMax: FORM_BYTES_MAX, timeoutMs: FORM_TIMEOUT_MS, anyCoding: true },
    parameters: [token, sequence],
    body: { 'application/x-www-form-urlencoded': form, 'multipart/form-data': form },
    answer: page,
  },
} as const satisfies Record<RouteName, Route>;

/** Every route of inbound. */
export const ROUTES: Readonly<Record<RouteName, Route>> = {
  ...Object.fromEntries(espSchema.options.filter(isPosting).flatMap((esp) => Object.entries(webhooksOf(esp)))),
  ...Object.fromEntries(gatewaySchema.options.flatMap((gateway) => Object.entries(textsOf(gateway)))),
  ...UNSUBSCRIBE,
};
