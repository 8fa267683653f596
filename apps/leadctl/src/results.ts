import { chosenBy, type EventType, type Recorded } from '@leadstream/contracts/events';

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

/** Whether the event begins a run, or says what became of a mail. */
const COUNTS = {
  'lead.triaged': false,
  'lead.resubmitted': false,
  'lead.enrolled': true,
  'lead.step-due': false,
  'lead.send-started': true,
  'lead.sent': true,
  'lead.send-deferred': false,
  'lead.send-failed': false,
  'lead.send-skipped': false,
  'lead.send-unknown': false,
  'lead.step-planned': false,
  'lead.sequence-completed': false,
  'lead.delivered': true,
  'lead.opened': false,
  'lead.clicked': true,
  'lead.bounced': false,
  'lead.undelivered': false,
  'lead.complained': false,
  'lead.unsubscribed': true,
  'lead.suppressed': false,
  'lead.replied': true,
  'lead.paused': false,
  'lead.resumed': false,
  'lead.restarted': false,
  'lead.moved': false,
  'lead.migrated': true,
  'lead.tagged': false,
  'lead.lapsed': false,
  'lead.assigned': false,
  'lead.enriched': false,
  'lead.noted': false,
  'lead.recovered': false,
  'lead.erased': false,
} as const satisfies Record<EventType, boolean>;

const isCounted = chosenBy(COUNTS);

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
    if (!isCounted(event)) return;
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
