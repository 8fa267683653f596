import { chatSchema, espSchema, gatewaySchema } from '@leadstream/contracts/events';
import { z } from 'zod';
import { eventually } from '@leadstream/testing/eventually';

const strings = z.record(z.string(), z.string());

const status = z.number().optional().describe('The webhook’s last response; 0: none. Absent while it is under way');

const sandboxMessage = z.object({
  wire: z
    .enum([...espSchema.options, ...gatewaySchema.options, ...chatSchema.options])
    .describe('The API that the message came by'),
  id: z.string().describe('The X-Message-Id; further recipients of the same request get a numeric suffix'),
  sg_message_id: z.string(),
  smtp_id: z.string(),
  to: z.string().describe('The only recipient of this copy'),
  to_name: z.string().optional(),
  from: z.string(),
  from_name: z.string().optional(),
  reply_to: z.string().optional(),
  subject: z.string(),
  text: z.string().optional(),
  html: z.string().optional(),
  headers: strings,
  silent: z.literal(true).optional().describe('No event of it is posted by itself'),
  custom_args: strings,
  categories: z.array(z.string()),
  at: z.string(),
  events: z.array(z.object({ event: z.string(), sg_event_id: z.string(), at: z.string(), status })),
  replies: z.array(z.object({ at: z.string(), status })),
});

/** One mail to one recipient that the sandbox accepted, and the events posted about it. */
export type SandboxMessage = z.infer<typeof sandboxMessage>;

/** The webhook's last response (0: none), and the number of attempts. */
const delivery = z.object({ status: z.number(), attempts: z.number() });
export type WebhookDelivery = z.infer<typeof delivery>;

/** The outcome of the next `count` sends (default 1). */
export interface Fault {
  count?: number;
  /** Only sends to this address. */
  to?: string;
  /** The response status instead of 202; the mail is accepted only with `accept`. */
  status?: number;
  /** Accepts the mail although the response is an error. */
  accept?: boolean;
  /** Seconds, as `Retry-After`, and as `X-RateLimit-Reset` of a 429. */
  retryAfter?: number;
  /** The delay of the response; the mail itself is accepted at once. */
  latencyMs?: number;
  /** Resets the connection instead of responding, before or after the mail is accepted. */
  drop?: 'before' | 'after';
  /** No event follows by itself (Postmark's wire). */
  silent?: boolean;
  /** The response's body, text or JSON. */
  body?: unknown;
}

export interface Reply {
  messageId: string;
  text: string;
  /** Default: the address the message went to. */
  from?: string;
  /** Default: the message's reply address. */
  to?: string;
  subject?: string;
  headers?: Record<string, string>;
  /** The charset of every field, as Inbound Parse labels it. */
  charset?: 'utf-8' | 'iso-8859-1';
  /** Sent by another person: SPF fails, and the signature is of another domain. */
  forged?: boolean;
}

export type StrangerMail = Omit<Reply, 'messageId' | 'from' | 'to'> & { from: string; to: string };

/** The sandbox ESP's HTTP routes. Each call throws on a response other than 2xx. */
export function sandboxClient(url: string) {
  const call = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(new URL(path, url), {
      method,
      ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text.slice(0, 500)}`);
    return text ? JSON.parse(text) : undefined;
  };
  const messages = async (): Promise<SandboxMessage[]> => z.array(sandboxMessage).parse(await call('GET', '/messages'));
  return {
    messages,
    clear: () => call('DELETE', '/messages'),
    /** Waits until a mail to this address (or one that matches) has been accepted; returns the first. */
    waitForMessage: (
      to: string | ((message: SandboxMessage) => boolean),
      options?: Parameters<typeof eventually>[1],
    ): Promise<SandboxMessage> =>
      eventually(async () => {
        const fits = typeof to === 'string' ? (message: SandboxMessage) => message.to === to : to;
        const all = await messages();
        const found = all.find(fits);
        if (!found) throw new Error(`no such mail among ${all.length}: ${String(to)}`);
        return found;
      }, options),
    /** Posts a lead's reply to a message. Resolves when the inbound webhook has accepted it. */
    reply: async (reply: Reply): Promise<WebhookDelivery> => delivery.parse(await call('POST', '/reply', reply)),
    /** Posts a mail that is no reply. */
    mail: async (mail: StrangerMail): Promise<WebhookDelivery> => delivery.parse(await call('POST', '/mail', mail)),
    /** Posts a signed event about a message; other properties become fields of the event. */
    event: async (event: { messageId: string; event: string; [field: string]: unknown }): Promise<WebhookDelivery> =>
      delivery.parse(await call('POST', '/event', event)),
    faults: (fault: Fault) => call('POST', '/faults', fault),
    clearFaults: () => call('DELETE', '/faults'),
    /** For SENDGRID_EVENT_PUBLIC_KEYS. */
    publicKey: async (): Promise<string> =>
      z.object({ publicKey: z.string() }).parse(await call('GET', '/key')).publicKey,
  };
}

export type SandboxClient = ReturnType<typeof sandboxClient>;
