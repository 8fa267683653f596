import { z } from 'zod';
import { refusedBy, retryAfterMs, withoutResponse } from '../http.ts';
import type { Email, Outcome, Send } from '../port.ts';
import { Mail, MailService } from './classes.ts';
import { KeptConnections, type Response } from './client.ts';

const PROVIDER = 'sendgrid';

export interface SendgridSettings {
  SENDGRID_API_KEY: string;
  SENDGRID_BASE_URL: string;
  ESP_TIMEOUT_MS: number;
}

/**
 * SendGrid's v3 Mail Send. Resolves always: any response, and the lack of one, is an outcome. It repeats nothing, and
 * has its own deadline.
 */
export function sendgridSend(config: SendgridSettings): Send<'email'> {
  const service = new MailService();
  service.setClient(
    new KeptConnections({
      apiKey: config.SENDGRID_API_KEY,
      baseUrl: config.SENDGRID_BASE_URL,
      timeoutMs: config.ESP_TIMEOUT_MS,
    }),
  );
  return async (email) => {
    try {
      const [response] = await service.send(mailOf(email));
      return outcomeOf(response, Date.now());
    } catch (error) {
      return withoutResponse(error);
    }
  };
}

/** SendGrid's links and lists would conflict with ours, and its pixel is no evidence about people. */
const TRACKING = {
  clickTracking: { enable: false },
  openTracking: { enable: false },
  subscriptionTracking: { enable: false },
};

/** By setters: of one object the class makes two copies. */
function mailOf({ sendId, leadId, to, from, replyTo, subject, text, html, headers = {} }: Email): Mail {
  const mail = new Mail();
  mail.addTo(to, [], []);
  mail.setFrom(from);
  mail.setReplyTo(replyTo);
  mail.setSubject(subject);
  mail.addTextContent(text);
  mail.addHtmlContent(html);
  mail.setHeaders(headers);
  mail.setCustomArgs({ send_id: sendId, lead_id: leadId });
  mail.setTrackingSettings(TRACKING);
  return mail;
}

const errorBody = z.object({
  errors: z.array(z.looseObject({ message: z.string().nullish(), field: z.string().nullish() })).min(1),
});

function outcomeOf({ statusCode: status, headers, body }: Response, nowMs: number): Outcome {
  if (status >= 200 && status < 300) {
    const id = headers['x-message-id'];
    return {
      kind: 'accepted',
      provider: PROVIDER,
      status,
      ...(typeof id === 'string' ? { providerMessageId: id } : {}),
    };
  }
  const errors = errorBody.safeParse(body).data?.errors;
  return refusedBy(
    { status },
    {
      reason: errors?.map(({ field, message }) => [field, message].filter(Boolean).join(': ')).join('; '),
      isOwn: errors !== undefined,
      retryAfterMs: retryAfterMs(headers, nowMs),
    },
  );
}
