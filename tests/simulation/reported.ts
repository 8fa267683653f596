import { WEBHOOKS, type EventBatch } from '@leadstream/contracts/feedback';

/** The providers of a run; the second one can be asked for a send. */
export type SimulatedEsp = 'sendgrid' | 'mailgun';

/** An event of a mail, in SendGrid's names. */
export interface EspEvent {
  event: string;
  email: string;
  timestamp: number;
  sg_message_id: string;
  send_id?: string;
  lead_id?: string;
  type?: string;
}

/** Mailgun's events by SendGrid's names; a bounce is a failure that blames the address. */
const OF_MAILGUN: Readonly<Record<string, object>> = {
  processed: { event: 'accepted' },
  delivered: { event: 'delivered' },
  bounce: { event: 'failed', severity: 'permanent', reason: 'bounce', 'delivery-status': { 'enhanced-code': '5.1.1' } },
  blocked: { event: 'failed', severity: 'permanent', reason: 'espblock', 'delivery-status': { code: 550 } },
  spamreport: { event: 'complained' },
  unsubscribe: { event: 'unsubscribed' },
  click: { event: 'clicked' },
};

/** A batch of one event, as inbound stores it; its JSON is built on use. */
export class Reported {
  readonly report: EspEvent;
  readonly provider: SimulatedEsp;

  constructor(report: EspEvent, provider: SimulatedEsp = 'sendgrid') {
    this.report = report;
    this.provider = provider;
  }

  get subject(): string {
    return WEBHOOKS[this.provider].events;
  }

  toJSON(): EventBatch {
    return { body: JSON.stringify(this.provider === 'mailgun' ? this.#ofMailgun() : [this.report]) };
  }

  #ofMailgun(): object {
    const { event, type, email, timestamp, sg_message_id: id, send_id, lead_id } = this.report;
    return {
      'event-data': {
        ...OF_MAILGUN[type === 'blocked' ? 'blocked' : event],
        id: `${event}-${id}`,
        timestamp,
        recipient: email,
        message: { headers: { 'message-id': id, to: email } },
        'user-variables': { send_id, lead_id },
      },
    };
  }
}
