import type { Chat, Provider } from '@leadstream/contracts/events';
import { chatWire } from './chat-wire.ts';
import { inboundPost } from './inbound-parse.ts';
import { mailgunWire } from './mailgun-webhook.ts';
import { postmarkWire } from './postmark-webhook.ts';
import { smtpWire } from './smtp-wire.ts';
import { twilioWire } from './twilio-webhook.ts';
import { sesWire } from './sns-webhook.ts';
import { eventOf, eventPost, retriesEvents, retriesMail } from './webhook.ts';
import type { Wire } from './wire.ts';

export const wires: Readonly<Record<Provider | Chat, Wire>> = {
  sendgrid: {
    automatic: ['processed', 'delivered'],
    event: eventOf,
    posts: (events, { key }) => [eventPost(events, key)],
    inbound: inboundPost,
    retriesEvents,
    retriesMail,
  },
  postmark: postmarkWire,
  mailgun: mailgunWire,
  ses: sesWire,
  smtp: smtpWire,
  twilio: twilioWire,
  slack: chatWire,
  teams: chatWire,
};

/** A provider's webhook, where the sandbox was given another one's: the path names the provider. */
export const urlOf = (url: string, wire: Provider): string => url.replace(/\/v1\/[a-z]+\//, `/v1/${wire}/`);
