import { hmac } from '@leadstream/lead/hmac';

/** A number in [0, 1), always the same for one lead and purpose, and independent of other purposes. */
export const stableDraw = (leadId: string, purpose: string): number =>
  Number.parseInt(hmac(purpose, leadId).slice(0, 8), 16) / 2 ** 32;
