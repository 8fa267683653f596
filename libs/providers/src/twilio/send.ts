import { z } from 'zod';
import { Http, jsonOf, refusedBy, retryAfterMs, withoutResponse, type HttpResponse } from '../http.ts';
import type { Outcome, Send, Sms } from '../port.ts';
import {
  ACCOUNT,
  authorizationOf,
  DEAD_NUMBER,
  EVENTS_PATH,
  LIMIT,
  OPTED_OUT,
  RETRIES,
  type TwilioAccess,
} from './access.ts';

const PROVIDER = 'twilio';

export interface TwilioSettings extends TwilioAccess {
  /** A number in E.164, or the SID of a messaging service. */
  TWILIO_FROM: string;
  /** The public address of inbound: Twilio posts there what becomes of a text. */
  PUBLIC_URL: string;
  ESP_TIMEOUT_MS: number;
}

/** Twilio's Messages API. Resolves always: any response, and the lack of one, is an outcome. It repeats nothing. */
export function twilioSend(config: TwilioSettings): Send<'sms'> {
  const http = new Http(config.TWILIO_BASE_URL, config.ESP_TIMEOUT_MS);
  const path = `/2010-04-01/Accounts/${encodeURIComponent(config.TWILIO_ACCOUNT_SID)}/Messages.json`;
  const headers = {
    authorization: authorizationOf(config),
    accept: 'application/json',
    'content-type': 'application/x-www-form-urlencoded',
    'user-agent': 'leadstream',
  };
  return async (sms) => {
    try {
      const body = formOf(sms, config).toString();
      return outcomeOf(await http.call({ method: 'POST', path, headers, body }), Date.now());
    } catch (error) {
      return withoutResponse(error);
    }
  };
}

function formOf({ to, text, validitySeconds, sendId, leadId }: Sms, config: TwilioSettings): URLSearchParams {
  const ids = new URLSearchParams({ send_id: sendId, lead_id: leadId });
  const from = config.TWILIO_FROM;
  return new URLSearchParams({
    To: to,
    ...(from.startsWith('MG') ? { MessagingServiceSid: from } : { From: from }),
    Body: text,
    StatusCallback: `${config.PUBLIC_URL.replace(/\/$/, '')}${EVENTS_PATH}?${ids.toString()}${RETRIES}`,
    // Twilio would keep a text for hours, and deliver it at night.
    ValidityPeriod: String(validitySeconds),
  });
}

const acceptance = z.object({ sid: z.string().min(1).max(100) });
const refusal = z.object({ code: z.number(), message: z.string() });

function outcomeOf(response: HttpResponse, nowMs: number): Outcome {
  const { status } = response;
  const body = jsonOf(response);
  if (status >= 200 && status < 300) {
    const sid = acceptance.safeParse(body).data?.sid;
    return sid
      ? { kind: 'accepted', provider: PROVIDER, status, providerMessageId: sid }
      : { kind: 'unknown', class: 'gateway', reason: `${status} without an id`, status };
  }
  const { code, message } = refusal.safeParse(body).data ?? {};
  const outcome = refusedBy(response, {
    reason: code === undefined ? undefined : `${code} ${message}`,
    // Twilio has no idempotency key, and its own 20500 says that the text may have been sent.
    isOwn: false,
    isAccount: status === 402 || status === 404 || (code !== undefined && ACCOUNT.has(code)),
    isLimit: code !== undefined && LIMIT.has(code),
    retryAfterMs: retryAfterMs(response.headers, nowMs),
  });
  if (outcome.kind !== 'permanent' || code === undefined) return outcome;
  if (code === OPTED_OUT) return { ...outcome, isClosed: true, hasOptedOut: true };
  return DEAD_NUMBER.has(code) ? { ...outcome, isClosed: true } : outcome;
}
