import { espSchema } from '@leadstream/contracts/events';
import { dataKeys, every, field, guard, mongo, secret, tokenSecret } from '@leadstream/service/config';
import { TRY_EVERY_MS } from '@leadstream/service/tries';
import { z } from 'zod';

const address = z.email('must be an email address');
const url = z.url({ protocol: /^https?$/, error: 'must be an http(s) URL' });

export const config = z.object({
  ...every(3013),
  ...mongo,
  ...dataKeys,
  ...guard,
  ...tokenSecret,
  ESP: espSchema.default('sendgrid'),
  SENDGRID_API_KEY: secret(z.string().min(1)),
  SENDGRID_BASE_URL: url.default('https://api.sendgrid.com'),
  FROM_EMAIL: address,
  FROM_NAME: z.string().min(1).max(100),
  /** Required by law in every mail (CAN-SPAM). */
  POSTAL_ADDRESS: z.string().min(1).max(300),
  REPLY_DOMAIN: z.hostname('must be a host name'),
  PUBLIC_URL: url,
  SALES_REP_EMAIL: address,
  BOOKING_URL: url,
  /** Which leads' mails show names and companies: all, or only those from trusted callers. */
  NAMES: z.enum(['trusted', 'always']).default('always'),
  /** The limit of calls a second, shared by all senders of the account. */
  ESP_RATE_PER_SECOND: field.wholeNumber(1, 10_000).default(100),
  /** The limit of calls a UTC day, shared as well; 0: no limit. */
  ESP_DAILY_MAX: field.wholeNumber(0, 1_000_000_000).default(0),
  ESP_TIMEOUT_MS: field.wholeNumber(100, 60_000).default(15_000),
  /** The time from the breaker's opening until one mail tries. */
  ESP_BREAKER_RESET_MS: field.wholeNumber(1, 600_000).default(30_000),
  /** The interval between tries of an account that its bounces or its provider paused. */
  ESP_TRY_EVERY_MS: field.wholeNumber(100, 86_400_000).default(TRY_EVERY_MS),
  /**
   * Wait i of 5 is this times 2^i, plus up to as much again at random; the longest must end before the claim's
   * deadline.
   */
  RETRY_BASE_MS: field.wholeNumber(1, 4_000).default(1_000),
});
export type Config = z.infer<typeof config>;
