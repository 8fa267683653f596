/** Access to an account: its SID with the auth token, or with the SID and secret of an API key. */
export interface TwilioAccess {
  TWILIO_ACCOUNT_SID: string;
  TWILIO_API_KEY?: string | undefined;
  TWILIO_API_SECRET: string;
  TWILIO_BASE_URL: string;
}

export const authorizationOf = ({ TWILIO_ACCOUNT_SID, TWILIO_API_KEY, TWILIO_API_SECRET }: TwilioAccess): string =>
  `Basic ${Buffer.from(`${TWILIO_API_KEY ?? TWILIO_ACCOUNT_SID}:${TWILIO_API_SECRET}`).toString('base64')}`;

/** Twilio repeats a post only where its URL asks for it: five times, at any failure ("Connection overrides"). */
export const RETRIES = '#rc=5&rp=all';

/** The path of the status callbacks; their query has our ids, because Twilio keeps none. */
export const EVENTS_PATH = '/v1/twilio/events';
/** The path of the texts that people write to our number. */
export const INBOUND_PATH = '/v1/twilio/inbound';

// Codes of https://www.twilio.com/docs/api/errors, in answers and in status callbacks.
/** The number takes no texts: invalid, no mobile, a landline, a short code. */
export const DEAD_NUMBER: ReadonlySet<number> = new Set([21211, 21265, 21614, 21635, 30006]);
/** The owner of the number has told our number to stop. */
export const OPTED_OUT = 21610;
/**
 * Authentication, a suspended or trial account, a From that is not ours or may not send, a messaging service that is
 * gone or empty; not the text.
 */
export const ACCOUNT: ReadonlySet<number> = new Set([
  10001, 20003, 20005, 20006, 20403, 20404, 21212, 21601, 21603, 21606, 21608, 21659, 21660, 21661, 21701, 21704, 21705,
]);
/** Too many requests, or too many texts in the queue of our number. */
export const LIMIT: ReadonlySet<number> = new Set([20429, 21611, 14107]);
