import type { Gateway } from '@leadstream/contracts/events';
import type { GatewayReceiver } from './port.ts';
import { twilioReceiver } from './twilio/receive.ts';

/** Each SMS gateway's webhooks, with settings of its own. */
export const gateways = {
  twilio: twilioReceiver,
} satisfies Record<Gateway, GatewayReceiver<never>>;
