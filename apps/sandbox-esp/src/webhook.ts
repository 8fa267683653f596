import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { SandboxMessage, WebhookDelivery } from './client.ts';

/** A complete webhook request: repeats and retries have the same bytes. */
export interface Post {
  headers: Record<string, string>;
  body: Buffer<ArrayBuffer>;
  /** Of the URL, with its question mark. */
  query?: string;
  /** The provider makes no second attempt. */
  isOnce?: boolean;
}

export interface SigningKey {
  /** Base64 SPKI DER, as SendGrid's console shows it. */
  publicKey: string;
  sign(bytes: Buffer): string;
}

/** ECDSA P-256, from a PEM private key or a fresh one. */
export function signingKey(pem?: string): SigningKey {
  const key: KeyObject = pem ? createPrivateKey(pem) : generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  return {
    publicKey: createPublicKey(key).export({ type: 'spki', format: 'der' }).toString('base64'),
    sign: (bytes) => sign('sha256', bytes, { key, dsaEncoding: 'der' }).toString('base64'),
  };
}

export type Event = Record<string, unknown> & { event: string; sg_event_id: string };

/** Fields that SendGrid adds to an event of this name. */
const typical: Record<string, Record<string, unknown>> = {
  delivered: { response: '250 2.0.0 OK', tls: 1 },
  deferred: { response: '451 4.7.1 Please try again later', attempt: '1' },
  bounce: {
    type: 'bounce',
    status: '5.1.1',
    reason: '550 5.1.1 The mailbox does not exist',
    bounce_classification: 'Invalid Address',
  },
  dropped: { reason: 'Bounced Address', status: '5.0.0' },
  open: { useragent: 'Mozilla/5.0 (sandbox)', ip: '203.0.113.7', sg_machine_open: false },
  click: {
    useragent: 'Mozilla/5.0 (sandbox)',
    ip: '203.0.113.7',
    url: 'https://example.com/',
    url_offset: { index: 0, type: 'html' },
  },
};
const WITH_SMTP_ID = ['processed', 'dropped', 'delivered', 'deferred', 'bounce'];

/**
 * An event about a message in its wire form: custom arguments flattened; SendGrid's own field names take precedence.
 */
export function eventOf(message: SandboxMessage, event: string, extra: Record<string, unknown> = {}): Event {
  const { categories, custom_args, sg_message_id, smtp_id } = message;
  return {
    ...custom_args,
    ...(categories.length ? { category: categories.length === 1 ? categories[0] : categories } : {}),
    ...(WITH_SMTP_ID.includes(event) ? { 'smtp-id': smtp_id } : {}),
    ...typical[event],
    email: message.to,
    timestamp: Math.floor(Date.now() / 1_000),
    sg_message_id,
    ...extra,
    event,
    sg_event_id: randomBytes(24).toString('base64url'),
  };
}

/**
 * The signed request. Its body differs from any JSON.stringify: CRLF after each event, `<` escaped. So a receiver that
 * verifies re-serialised JSON fails here, not with the real ESP.
 */
export function eventPost(events: Event[], key: SigningKey): Post {
  const json = events
    .map((event) => JSON.stringify(event).replace(/[<>&]/g, (char) => `\\u00${char.charCodeAt(0).toString(16)}`))
    .join(',\r\n');
  const body = Buffer.from(`[${json}]\r\n`);
  const timestamp = String(Math.floor(Date.now() / 1_000));
  return {
    body,
    headers: {
      'content-type': 'application/json',
      'user-agent': 'SendGrid Event API',
      'x-twilio-email-event-webhook-signature': key.sign(Buffer.concat([Buffer.from(timestamp), body])),
      'x-twilio-email-event-webhook-timestamp': timestamp,
    },
  };
}

export interface Retry {
  /** Delays between attempts; SendGrid's continue for a day (events) or three (mail), these end soon. */
  delaysMs: number[];
  /** Whether a request with this status (0: no response) is retried. */
  again: (status: number) => boolean;
  signal: AbortSignal;
}

export const retriesEvents = (status: number): boolean => status < 200 || status > 299;
/** Inbound Parse gives up at once on 4xx and 3xx, and the mail is lost. */
export const retriesMail = (status: number): boolean => status === 0 || status > 499;

export async function deliver(
  url: string,
  { headers, body }: Post,
  { delaysMs, again, signal }: Retry,
): Promise<WebhookDelivery> {
  for (let attempts = 1; ; attempts++) {
    const status = await fetch(url, {
      method: 'POST',
      headers,
      body,
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(10_000)]),
    }).then(
      async (response) => {
        await response.body?.cancel();
        return response.status;
      },
      () => 0,
    );
    const delay = delaysMs[attempts - 1];
    if (!again(status) || delay === undefined || signal.aborted) return { status, attempts };
    await wait(delay, undefined, { signal }).catch(() => undefined);
  }
}
