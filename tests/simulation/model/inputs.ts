import { CE } from '@leadstream/contracts/envelope';
import { FEEDBACK_INBOUND, type InboundMail, type UnsubscribeRequest } from '@leadstream/contracts/feedback';
import { leadCreated } from '@leadstream/contracts/lead-created';
import type { Feedback } from '@leadstream/lead/feedback';
import { clean } from '@leadstream/lead/hygiene';
import type { Submission } from '@leadstream/lead/triage';
import { routed } from '@leadstream/sequences/submission';
import { parseStatus, parseText } from '@leadstream/providers/twilio/posts';
import { GatewayPosted } from '../gateway.ts';
import type { Head, Stored } from '../broker.ts';
import { COPY, isRep } from '../esp.ts';
import { Reported } from '../reported.ts';
import { configs, sequences } from '../configuration.ts';

const cleaned = new Map<string, ReturnType<typeof routed>>();

/** A form as triage parses it; there are few forms, and each is parsed once. */
export function submissionOf({ seq, head, body }: Stored): Submission {
  const form = JSON.stringify(body);
  const submission = cleaned.get(form) ?? cleanedForm(body);
  // A consent has its time, which another form hardly has.
  if (!form.includes('consent')) cleaned.set(form, submission);
  const { [CE.source]: source = '', [CE.id]: id } = head as Head;
  return {
    ...submission,
    trusted: configs.triage.TRUSTED_SOURCES.includes(source),
    intake: { seq, key: `${source}/${id}`, source },
    ...(submission.contact.phone === undefined ? {} : { number: submission.contact.phone }),
  };
}

function cleanedForm(body: unknown) {
  const lead = clean(leadCreated.parse(body), { defaultRegion: configs.triage.DEFAULT_REGION });
  if ('refused' in lead) throw new Error(lead.refused.reason);
  return routed(lead, {
    ...sequences.routing(),
    canaryDomain: configs.triage.CANARY_DOMAIN,
    defaultTimeZone: configs.triage.DEFAULT_TIME_ZONE,
    at: Temporal.Instant.fromEpochMilliseconds(0),
  });
}

/** The feedback in a webhook, by the few fields in which simulated mails differ; the services test the full parsers. */
export function feedbackOf({ subject, seq, head, body }: Stored): Feedback | undefined {
  const { [CE.time]: at = '' } = head as Head;
  if (body instanceof Reported) return reported(body, at);
  if (body instanceof GatewayPosted) return body.of === 'events' ? reportOf(body, at) : undefined;
  if (subject === FEEDBACK_INBOUND) return mailed(body as InboundMail, at);
  const { via, sequence } = body as UnsubscribeRequest;
  return {
    kind: 'unsubscribed',
    key: `unsubscribe/${seq}`,
    provider: 'leadstream',
    at,
    via,
    ...(sequence ? { sequence } : {}),
  };
}

function reported({ report, provider }: Reported, at: string): Feedback | undefined {
  const { event, type, email, send_id: sendId, lead_id: leadId } = report;
  const fact = {
    key: `event/${event}/${email}/${sendId ?? ''}`,
    provider,
    at,
    ...(sendId ? { sendId } : {}),
    ...(leadId ? { recipient: email === COPY || isRep(email) ? email : leadId } : {}),
  };
  switch (event) {
    case 'processed':
      return { ...fact, kind: 'accepted' };
    case 'delivered':
      return { ...fact, kind: 'delivered' };
    case 'click':
      return { ...fact, kind: 'clicked' };
    case 'bounce':
      return { ...fact, kind: type === 'blocked' ? 'undelivered' : 'bounced' };
    case 'spamreport':
      return { ...fact, kind: 'complained' };
    case 'unsubscribe':
      return { ...fact, kind: 'unsubscribed', via: 'provider' };
    default:
      return undefined;
  }
}

function mailed({ fields: { headers = '', text = '', SPF: spf, to = '' }, report }: InboundMail, at: string): Feedback {
  const [, id] = /^Message-ID: (.*)$/m.exec(headers) ?? [];
  if (report) return { kind: 'bounced', key: `dsn/${id}`, provider: 'sendgrid', at };
  const until = /until ([\d-]+)/.exec(text)?.[1];
  const matched = to.startsWith('r+')
    ? ({ matchedBy: 'token' } as const)
    : ({ matchedBy: 'address', authenticated: spf === 'pass' } as const);
  const [, sendId] = /^In-Reply-To: <(.*)\..*@/m.exec(headers) ?? [];
  const answered = { ...matched, ...(sendId ? { sendId } : {}) };
  const mail = { kind: 'replied', key: `mail/${id}`, provider: 'sendgrid', at, ...answered } as const;
  return headers.includes('auto-replied') && until
    ? { ...mail, class: 'out-of-office', until: `${until}T00:00:00Z` }
    : { ...mail, class: 'human' };
}

const TWILIO = { provider: 'twilio', channel: 'sms' } as const;

function reportOf(posted: GatewayPosted, at: string): Feedback | undefined {
  const { body, query } = posted.toJSON();
  const { kind, key, sendId } = parseStatus(body, query);
  const fact = { ...TWILIO, key, at, ...(sendId === undefined ? {} : { sendId }) };
  switch (kind) {
    case 'accepted':
    case 'delivered':
    case 'undelivered':
      return { ...fact, kind };
    case 'dead-number':
      return { ...fact, kind: 'undelivered', closed: true };
    case 'opted-out':
      return { ...fact, kind: 'unsubscribed', via: 'provider' };
    case 'ignored':
      return undefined;
  }
}

/** A person's text, and the number that it came from; undefined: a word that the gateway answers. */
export function textOf(posted: GatewayPosted, { head }: Stored): { from: string; fact: Feedback } | undefined {
  const { kind, key, from } = parseText(posted.toJSON().body);
  const { [CE.time]: at = '' } = head as Head;
  const said = { ...TWILIO, key, at };
  switch (kind) {
    case 'keyword':
      return undefined;
    case 'stop':
      return { from, fact: { ...said, kind: 'unsubscribed', via: 'reply' } };
    case 'text':
      return { from, fact: { ...said, kind: 'replied', class: 'human', matchedBy: 'number' } };
  }
}
