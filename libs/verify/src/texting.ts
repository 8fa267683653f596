import type { Channel, Recorded } from '@leadstream/contracts/events';

/**
 * What the log says about texts to the lead, by the events alone. Hashes of numbers are missing where the reader has no
 * key: then a consent counts for any number.
 */
export interface Texting {
  /** Of the contact's number. */
  number: string | null;
  consent: { number: string | undefined; seq: number; closed: number | null } | null;
  /** The time of the last unsubscribe. */
  ended: string | null;
  /** The number of each claim, by its id. */
  claims: ReadonlyMap<string, string | undefined>;
}

/** Channels to a phone: a message to the lead needs a consent to its number, and a zone that something shows. */
export const TO_PHONE = { email: false, sms: true, chat: false } as const satisfies Record<Channel, boolean>;

export const unasked: Texting = { number: null, consent: null, ended: null, claims: new Map() };

export function textingAfter(texting: Texting, event: Recorded): Texting {
  switch (event.type) {
    case 'lead.triaged':
    case 'lead.resubmitted':
      return submitted(texting, event);
    case 'lead.unsubscribed':
      return event.data.sequence === undefined ? ended(texting, event.at) : texting;
    case 'lead.replied':
      return event.data.class === 'unsubscribe' && event.data.authenticated !== false
        ? ended(texting, event.at)
        : texting;
    case 'lead.suppressed':
      return event.data.why === 'unsubscribed' ? ended(texting, event.at) : texting;
    case 'lead.send-started':
      return TO_PHONE[event.data.channel]
        ? { ...texting, claims: new Map([...texting.claims, [event.data.sendId, texting.consent?.number]]) }
        : texting;
    case 'lead.send-failed':
      return event.data.channel === 'sms' && (event.data.closed ?? event.data.optedOut)
        ? closed(texting, event)
        : texting;
    case 'lead.undelivered':
      return event.data.channel === 'sms' && event.data.closed ? closed(texting, event) : texting;
    case 'lead.erased':
      return unasked;
    case 'lead.recovered':
      return recovered(texting, event);
    default:
      return texting;
  }
}

const isAfter = (at: string, other: string | null): boolean =>
  other === null || Temporal.Instant.compare(at, other) > 0;

const laterOf = (one: string | null, other: string | undefined): string | null =>
  other !== undefined && isAfter(other, one) ? other : one;

const ended = (texting: Texting, at: string): Texting => ({
  ...texting,
  consent: null,
  ended: laterOf(texting.ended, at),
});

/** A stranger's number fills a gap; a stranger's consent is none. */
function submitted(texting: Texting, { seq, sealed, data }: Recorded<'lead.triaged' | 'lead.resubmitted'>): Texting {
  const isTrusted = data.trusted !== false;
  const number = isTrusted ? (data.number ?? texting.number) : (texting.number ?? data.number ?? null);
  if (!isTrusted || !data.smsConsent || (data.number === undefined && sealed === undefined))
    return { ...texting, number };
  // A consent from before the unsubscribe, reported again, brings nothing back.
  if (!isAfter(data.smsConsent.at, texting.ended)) return { ...texting, number };
  const { consent } = texting;
  const isSame = consent !== null && consent.number === data.number;
  return { ...texting, number, consent: { number: data.number, seq, closed: isSame ? consent.closed : null } };
}

function closed(texting: Texting, { seq, data }: Recorded<'lead.send-failed' | 'lead.undelivered'>): Texting {
  const { consent, claims } = texting;
  const number = claims.get(data.sendId ?? '') ?? consent?.number;
  return consent && consent.number === number ? { ...texting, consent: { ...consent, closed: seq } } : texting;
}

/** The read model outlived the log: a consent that it lacks was taken back. */
function recovered(texting: Texting, { seq, data }: Recorded<'lead.recovered'>): Texting {
  const number = texting.number ?? data.number ?? null;
  if (data.stop?.why === 'unsubscribed') return ended({ ...texting, number }, data.stop.at);
  if (data.witness !== 'projection' || data.stop?.why === 'erased') return { ...texting, number };
  const { sms } = data;
  return {
    ...texting,
    number,
    ended: laterOf(texting.ended, data.textsEndedAt),
    consent: sms ? { number: sms.number || undefined, seq, closed: sms.closed ? seq : null } : null,
  };
}

/** The faults of a text claimed now, each with the event that forbids it; null: nothing ever allowed it. */
export function textFaults({ number, consent }: Texting): { says: string; seq: number | null }[] {
  if (!consent) return [{ says: 'is a text without a consent', seq: null }];
  const isOther = consent.number !== undefined && number !== null && consent.number !== number;
  return [
    ...(isOther
      ? [{ says: `is a text to another number than that of the consent ${consent.seq}`, seq: consent.seq }]
      : []),
    ...(consent.closed === null
      ? []
      : [{ says: `is a text to a number that takes none since ${consent.closed}`, seq: consent.closed }]),
  ];
}
