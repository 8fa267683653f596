import type { EventType, Recorded } from '@leadstream/contracts/events';
import type { ReceivedMail } from './mailbox.ts';

/** The facts of one mail of a round; times are RFC 3339. */
export interface MailFacts {
  plannedAt?: string;
  /** The time that it was first planned for. */
  dueFrom?: string;
  dueAt?: string;
  claimedAt?: string;
  acceptedAt?: string;
  deliveredAt?: string;
  receivedAt?: string;
  /** The latest reason for which it did not go out. */
  refusal?: string;
}

export interface RoundFacts {
  /** Absent: this process has not submitted the lead, and the log may have it all the same. */
  door?: { at: string } | { error: string };
  leadId?: string;
  trace?: string;
  triagedAt?: string;
  mails: readonly [MailFacts, MailFacts];
  /** The mailbox gave no answer. */
  blind?: string;
  answer?: { at: string } | { error: string };
  stoppedAt?: string;
  completedAt?: string;
}

const STEPS = 2;

/** The facts of a round: by the lead's log, and by the mails that its mailbox got. */
export function factsOf(
  events: readonly Recorded[],
  received: readonly ReceivedMail[],
  done: Pick<RoundFacts, 'door' | 'answer' | 'blind'>,
): RoundFacts {
  const [first] = events;
  const mails: [MailFacts, MailFacts] = [{}, {}];
  const stepOf = new Map<string, number>();
  const facts: RoundFacts = { ...done, mails };
  if (first) {
    facts.leadId = first.leadId;
    facts.triagedAt = first.at;
    const trace = first.traceparent?.split('-')[1];
    if (trace) facts.trace = trace;
  }
  for (const event of events) note({ facts, mails, stepOf }, event);
  for (const { sendId, at, isSpam } of received) {
    const mail = mails[stepOf.get(sendId) ?? STEPS];
    if (mail && isSpam) mail.refusal = 'it is in the folder for spam';
    else if (mail) mail.receivedAt ??= at;
  }
  const answered = received.flatMap(({ answeredAt }) => answeredAt ?? []).sort()[0];
  // This process knows the time of its own answer better than the mailbox.
  if (answered !== undefined && !(facts.answer && 'at' in facts.answer)) facts.answer = { at: answered };
  return facts;
}

/** A round while its events are read. */
interface Reading {
  facts: RoundFacts;
  mails: [MailFacts, MailFacts];
  stepOf: Map<string, number>;
}
type Note<K extends EventType> = (reading: Reading, event: Recorded<K>) => void;

/** Of another sequence's step nothing is noted. */
const ofStep = ({ mails }: Reading, step: number): MailFacts => mails[step] ?? {};
const ofSend = (reading: Reading, sendId = ''): MailFacts => ofStep(reading, reading.stepOf.get(sendId) ?? STEPS);

const planned: Note<'lead.enrolled' | 'lead.step-planned'> = (reading, { data, at }) => {
  const mail = ofStep(reading, data.planned.index);
  mail.plannedAt ??= at;
  mail.dueFrom ??= data.planned.at;
};
const refused: Note<'lead.send-deferred' | 'lead.send-failed' | 'lead.send-unknown'> = (reading, { data }) => {
  ofStep(reading, data.step).refusal = data.class;
};
const lost: Note<'lead.bounced' | 'lead.undelivered'> = (reading, { type, data }) => {
  ofSend(reading, data.sendId).refusal = type.replace('lead.', '');
};

/** The fact about a round in each event; null: none. */
const NOTES: { readonly [K in EventType]: Note<K> | null } = {
  'lead.enrolled': planned,
  'lead.step-planned': planned,
  'lead.step-due': (reading, { data, at }) => void (ofStep(reading, data.step).dueAt ??= at),
  'lead.send-started': (reading, { data, at }) => {
    reading.stepOf.set(data.sendId, data.step);
    ofStep(reading, data.step).claimedAt ??= at;
  },
  'lead.sent': (reading, { data, at }) => void (ofStep(reading, data.step).acceptedAt ??= at),
  'lead.send-deferred': refused,
  'lead.send-failed': refused,
  'lead.send-unknown': refused,
  'lead.send-skipped': (reading, { data }) => void (ofStep(reading, data.step).refusal = `held back: ${data.guard}`),
  'lead.delivered': (reading, { data, at }) => void (ofSend(reading, data.sendId).deliveredAt ??= at),
  'lead.bounced': lost,
  'lead.undelivered': lost,
  'lead.replied': ({ facts }, { data, at }) => {
    if (data.class === 'human' && data.authenticated !== false) facts.stoppedAt ??= at;
  },
  'lead.sequence-completed': ({ facts }, { data, at }) => {
    if (data.why === 'finished') facts.completedAt ??= at;
  },
  'lead.triaged': null,
  'lead.resubmitted': null,
  'lead.opened': null,
  'lead.clicked': null,
  'lead.complained': null,
  'lead.unsubscribed': null,
  'lead.suppressed': null,
  'lead.paused': null,
  'lead.resumed': null,
  'lead.restarted': null,
  'lead.moved': null,
  'lead.migrated': null,
  'lead.tagged': null,
  'lead.enriched': null,
  'lead.lapsed': null,
  'lead.assigned': null,
  'lead.noted': null,
  'lead.recovered': null,
  'lead.erased': null,
};

const note = <K extends EventType>(reading: Reading, event: Recorded<K>): void => NOTES[event.type]?.(reading, event);
