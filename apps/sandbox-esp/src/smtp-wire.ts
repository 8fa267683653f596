import { inboundPost } from './inbound-parse.ts';
import { retriesEvents, retriesMail } from './webhook.ts';
import type { Wire } from './wire.ts';

/** A mail server posts nothing. Replies come by the inbound webhook of SendGrid, as any provider may receive them. */
export const smtpWire: Wire = {
  automatic: [],
  event: () => undefined,
  posts: () => [],
  inbound: inboundPost,
  inboundBy: 'sendgrid',
  retriesEvents,
  retriesMail,
};
