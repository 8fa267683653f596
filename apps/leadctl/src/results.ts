import type { Recorded } from '@leadstream/contracts/events';

/** The mails of one template in one version of a sequence: the number of mails, each counted once in a column. */
export interface Result {
  version: number;
  step: string;
  variant: string;
  sent: number;
  delivered: number;
  clicked: number;
  replied: number;
  unsubscribed: number;
}
type Column = 'sent' | 'delivered' | 'clicked' | 'replied' | 'unsubscribed';

/** One mail: a step of a run, with all its attempts. */
interface Mail {
  result: Result;
  counted: Set<Column>;
}

const count = (mail: Mail | undefined, column: Column): void => {
  if (!mail || mail.counted.has(column)) return;
  mail.counted.add(column);
  mail.result[column]++;
};

/** Counts what became of a sequence's mails to leads, from the events of LEADS in their order. */
export class Results {
  readonly #sequence: string;
  readonly #versions = new Map<string, number>();
  readonly #results = new Map<string, Result>();
  readonly #mails = new Map<string, Mail>();
  readonly #sends = new Map<string, Mail>();
  /** By lead: its latest mail, also of other sequences (undefined). An answer without a mail's id is to that one. */
  readonly #latest = new Map<string, Mail | undefined>();

  constructor(sequence: string) {
    this.#sequence = sequence;
  }

  /** By version and step; in a step the one with the most mails first. */
  get rows(): Result[] {
    return [...this.#results.values()].sort((a, b) => a.version - b.version);
  }

  add(event: Recorded): void {
    const { leadId } = event;
    switch (event.type) {
      case 'lead.enrolled':
        return this.#begin(event.data.sequence, event.data.runId, event.data.version);
      case 'lead.migrated':
        return this.#begin(event.data.sequence, event.id, event.data.to);
      case 'lead.send-started':
        return this.#claim(event.data);
      case 'lead.sent': {
        if (event.data.audience !== 'lead') return;
        const mail = this.#sends.get(event.data.sendId);
        this.#latest.set(leadId, mail);
        return count(mail, 'sent');
      }
      case 'lead.delivered':
        return this.#fact(event.data.sendId, 'delivered');
      case 'lead.clicked':
        return this.#fact(event.data.sendId, 'clicked');
      case 'lead.unsubscribed':
        return count(this.#meant(leadId, event.data.sendId), 'unsubscribed');
      case 'lead.replied': {
        const { class: kind, authenticated, sendId } = event.data;
        const mail = this.#meant(leadId, sendId);
        if (authenticated === false) return;
        if (kind === 'human' || kind === 'left') count(mail, 'replied');
        if (kind === 'unsubscribe') count(mail, 'unsubscribed');
        return;
      }
      case 'lead.triaged':
      case 'lead.resubmitted':
      case 'lead.step-due':
      case 'lead.send-deferred':
      case 'lead.send-failed':
      case 'lead.send-skipped':
      case 'lead.send-unknown':
      case 'lead.step-planned':
      case 'lead.sequence-completed':
      case 'lead.opened':
      case 'lead.bounced':
      case 'lead.undelivered':
      case 'lead.complained':
      case 'lead.paused':
      case 'lead.resumed':
      case 'lead.restarted':
      case 'lead.moved':
      case 'lead.tagged':
      case 'lead.lapsed':
      case 'lead.assigned':
      case 'lead.noted':
      case 'lead.recovered':
      case 'lead.erased':
        return;
      default:
        return event satisfies never;
    }
  }

  #begin(sequence: string, runId: string, version: number): void {
    if (sequence === this.#sequence) this.#versions.set(runId, version);
  }

  #claim({ runId, step, stepId, sendId, action, audience }: Recorded<'lead.send-started'>['data']): void {
    const version = this.#versions.get(runId);
    if (version === undefined || audience !== 'lead') return;
    const place = `${runId}/${step}`;
    const mail = this.#mails.get(place) ?? { result: this.#resultOf(version, stepId, action), counted: new Set() };
    this.#mails.set(place, mail);
    this.#sends.set(sendId, mail);
  }

  #resultOf(version: number, step: string, variant: string): Result {
    const key = `${version}/${step}/${variant}`;
    const result = this.#results.get(key) ?? {
      version,
      step,
      variant,
      sent: 0,
      delivered: 0,
      clicked: 0,
      replied: 0,
      unsubscribed: 0,
    };
    this.#results.set(key, result);
    return result;
  }

  /** The provider's event proves that the mail was sent, whatever its response was. */
  #fact(sendId: string | undefined, column: Column): void {
    const mail = sendId === undefined ? undefined : this.#sends.get(sendId);
    count(mail, 'sent');
    count(mail, column);
  }

  #meant(leadId: string, sendId: string | undefined): Mail | undefined {
    return sendId === undefined ? this.#latest.get(leadId) : this.#sends.get(sendId);
  }
}
