import { AwsV4Signer } from 'aws4fetch';
import { z } from 'zod';
import { Http, jsonOf, refusedBy, retryAfterMs, withoutResponse, type HttpResponse } from '../http.ts';
import type { Email, Outcome, Send } from '../port.ts';
import { encodedMailbox } from '../encoded-mailbox.ts';

const PROVIDER = 'ses';
const PATH = '/v2/email/outbound-emails';
/** The longest value of a header that the API takes. */
const HEADER_LENGTH_MAX = 995;
/** The daily quota is over a rolling day: some of it is free again after an hour. */
const DAILY_RETRY_MS = 3_600_000;

export interface SesSettings {
  AWS_REGION: string;
  AWS_ACCESS_KEY_ID: string;
  AWS_SECRET_ACCESS_KEY: string;
  SES_CONFIGURATION_SET: string;
  /** Default: the region's API. */
  SES_BASE_URL?: string | undefined;
  ESP_TIMEOUT_MS: number;
}

/** SES's `SendEmail` (API v2), signed by AWS Signature Version 4. Resolves always, and repeats nothing. */
export function sesSend(settings: SesSettings): Send<'email'> {
  const { AWS_REGION: region, AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = settings;
  const baseUrl = settings.SES_BASE_URL ?? `https://email.${region}.amazonaws.com`;
  const http = new Http(baseUrl, settings.ESP_TIMEOUT_MS);
  const url = baseUrl.replace(/\/$/, '') + PATH;
  const access = { region, service: 'ses', accessKeyId, secretAccessKey };
  return async (email) => {
    try {
      const body = JSON.stringify(bodyOf(email, settings.SES_CONFIGURATION_SET));
      // The signature is valid for five minutes, so each call has its own.
      const signed = await new AwsV4Signer({ ...access, method: 'POST', url, body }).sign();
      const headers = {
        ...Object.fromEntries(signed.headers),
        'content-type': 'application/json',
        accept: 'application/json',
        'user-agent': 'leadstream',
      };
      return outcomeOf(await http.call({ method: 'POST', path: PATH, headers, body }), Date.now());
    } catch (error) {
      return withoutResponse(error);
    }
  };
}

/** The header's first id, which is the thread's, and as many of the last ones as fit. */
function references(ids: readonly string[]): string {
  const [first = '', ...others] = ids;
  while (others.length > 1 && [first, ...others].join(' ').length > HEADER_LENGTH_MAX) others.shift();
  return [first, ...others].join(' ');
}

/**
 * SES writes a Message-ID of its own and leaves References alone: ours goes there, so that a reply names the send and
 * mail programs keep the thread (mozilla-bteam/bmo#498).
 */
function headersOf({ headers = {} }: Email): { Name: string; Value: string }[] {
  const { 'Message-ID': id, References: before, ...others } = headers;
  const ids = [...(before?.split(/\s+/) ?? []), ...(id ? [id] : [])].filter(Boolean);
  const all = { ...others, ...(ids.length > 0 ? { References: references(ids) } : {}) };
  return Object.entries(all).map(([Name, Value]) => ({ Name, Value }));
}

const utf8 = (Data: string) => ({ Data, Charset: 'UTF-8' });

/** Without a configuration set SES posts no events. Tags come back in each of them. */
const bodyOf = (email: Email, configurationSet: string): object => ({
  FromEmailAddress: encodedMailbox(email.from),
  Destination: { ToAddresses: [email.to] },
  ReplyToAddresses: [encodedMailbox(email.replyTo)],
  Content: {
    Simple: {
      Subject: utf8(email.subject),
      Body: { Text: utf8(email.text), Html: utf8(email.html) },
      Headers: headersOf(email),
    },
  },
  EmailTags: [
    { Name: 'send_id', Value: email.sendId },
    { Name: 'lead_id', Value: email.leadId },
  ],
  ConfigurationSetName: configurationSet,
});

/** Types of an error that any mail of the account would get: its state, its sender or its configuration. */
const ACCOUNT: ReadonlySet<string | undefined> = new Set([
  'AccountSuspendedException',
  'SendingPausedException',
  'MailFromDomainNotVerifiedException',
  'NotFoundException',
  'AccessDeniedException',
  'ExpiredTokenException',
  'IncompleteSignature',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'MissingAuthenticationToken',
  'OptInRequired',
  'SignatureDoesNotMatch',
  'UnrecognizedClientException',
]);
const LIMIT: ReadonlySet<string | undefined> = new Set([
  'TooManyRequestsException',
  'LimitExceededException',
  'Throttling',
  'ThrottlingException',
]);
/** In SES's own sandbox the recipients have to be verified, too, and the message names the one that is not. */
const NOT_VERIFIED = /\bnot verified\b|\bConfiguration ?set\b/i;
const DAILY = /\bdaily\b/i;

const answer = z.object({ MessageId: z.string().min(1).max(200).optional().catch(undefined) });
const refusal = z.object({
  __type: z.string().optional().catch(undefined),
  message: z.string().optional().catch(undefined),
  Message: z.string().optional().catch(undefined),
});

/** The name of an error: `x-amzn-errortype: Name:http://…`, or `"__type": "com.amazon…#Name"`. */
const typeOf = (header: unknown, type: string | undefined): string | undefined =>
  (typeof header === 'string' ? header.split(':')[0] : type?.split('#').at(-1)) || undefined;

function outcomeOf(response: HttpResponse, nowMs: number): Outcome {
  const { status, headers } = response;
  const body = jsonOf(response);
  const { MessageId: providerMessageId } = answer.parse(body);
  if (status >= 200 && status < 300 && providerMessageId !== undefined)
    return { kind: 'accepted', provider: PROVIDER, status, providerMessageId };
  const { __type, message, Message } = refusal.parse(body);
  const type = typeOf(headers['x-amzn-errortype'], __type);
  const words = message ?? Message ?? '';
  const isLimit = LIMIT.has(type);
  return refusedBy(response, {
    reason: [type, words].filter(Boolean).join(': '),
    isOwn: type !== undefined,
    isLimit,
    // A 404 is of a wrong base URL, or of a configuration set that does not exist.
    isAccount: status === 404 || ACCOUNT.has(type) || (status === 400 && NOT_VERIFIED.test(words)),
    retryAfterMs: retryAfterMs(headers, nowMs) ?? (isLimit && DAILY.test(words) ? DAILY_RETRY_MS : undefined),
  });
}
