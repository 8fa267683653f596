import { hmac } from '@leadstream/lead/hmac';

/** A number in [0, 1), always the same for one lead and purpose, and independent of other purposes. */
export function stableDraw(leadId: string, purpose: string): number {
  const [a = 0, b = 0, c = 0, d = 0] = hmac(purpose, leadId);
  return (((a * 256 + b) * 256 + c) * 256 + d) / 2 ** 32;
}
