import type { Guard, PlannedStep, Recorded } from '@leadstream/contracts/events';
import { textFaults, textingAfter, unasked, type Texting } from '@leadstream/verify/texting';
import type { Deployment } from './deployment.ts';
import type { Post } from './calls.ts';
import type { Mail } from './esp.ts';
import type { AcceptedText } from './gateway.ts';

/** Guards that leave a step out, and the run goes on; a late one of the texts' sequence is left out. */
const SETTLING: ReadonlySet<Guard> = new Set(['condition', 'late', 'no-phone', 'no-consent', 'no-zone']);
const LACKS: ReadonlySet<Guard> = new Set(['no-phone', 'no-consent']);
const E164 = /^\+[1-9]\d{6,14}$/;
/** The end of the hours that texts may arrive in; ADR 36. */
const NIGHT_HOUR = 20;
/** A sender's clock may be an hour off. */
const SKEW_MS = 3_600_000;

/** Violations around texts that the log alone does not show. */
export const textsFaults = (
  events: readonly Recorded[],
  { esp: { gateway, mails }, people: { submitted }, unplaced }: Deployment,
): string[] => [
  ...gateway.texts.flatMap((text) => [
    ...(E164.test(text.to) ? [] : [`${text.sendId} went to ${text.to}, which is not E.164`]),
    ...nightly(events, text),
  ]),
  ...judged(events, (event, texting) => {
    if (event.type === 'lead.send-started')
      return misdirected(event, consentedPhone(events, texting, submitted), mails);
    if (event.type === 'lead.bounced' && event.data.channel === 'sms')
      return [`${event.seq} ends the mails for a text`];
    const isLeftOut = event.type === 'lead.send-skipped' && LACKS.has(event.data.guard);
    return isLeftOut && textFaults(texting).length === 0
      ? [`${event.seq} leaves a text out, and its consent is there`]
      : [];
  }),
  ...(events.some(({ type }) => type === 'lead.erased') ? [] : unplaced),
  ...postponed(events),
];

/** A retry that gives a text more time than its first plan: as long hold refused calls the mails behind it. */
function postponed(events: readonly Recorded[]): string[] {
  const plans = events.filter((event) => event.type === 'lead.enrolled' || event.type === 'lead.step-planned');
  const lastMs = ({ at, latenessMaxMs = Infinity }: PlannedStep): number => Date.parse(at) + latenessMaxMs;
  return plans.flatMap(({ seq, type, data }, index) => {
    const before = plans[index - 1]?.data.planned;
    if (type !== 'lead.step-planned' || data.why !== 'retry' || before?.whenLate !== 'skip') return [];
    const isKept = lastMs(data.planned) <= Math.max(lastMs(before), Date.parse(data.planned.at));
    return isKept ? [] : [`${seq} plans the text again with a later deadline`];
  });
}

/** Judges each event by what the ones before it say about texts. */
function judged(
  events: readonly Recorded[],
  faultsOf: (event: Recorded, texting: Texting) => readonly string[],
): string[] {
  let texting = unasked;
  return events.flatMap((event) => {
    const faults = faultsOf(event, texting);
    texting = textingAfter(texting, event);
    return faults;
  });
}

/** The phone of the submission whose consent counts. */
function consentedPhone(
  events: readonly Recorded[],
  { consent }: Texting,
  submitted: Deployment['people']['submitted'],
): string | undefined {
  const event = consent && events.find(({ seq }) => seq === consent.seq);
  const key = event && 'intake' in event.data ? event.data.intake.key : undefined;
  return submitted.find(({ by, id }) => by === 'crm' && `${by}/${id}` === key)?.phone;
}

/** A claim's message goes by its channel, and a text to the number that the consent is for. */
const misdirected = (
  { data: { sendId, channel } }: Recorded<'lead.send-started'>,
  phone: string | undefined,
  mails: readonly Mail[],
): string[] =>
  mails
    .filter((mail) => mail.sendId === sendId)
    .flatMap(({ provider, to }) => [
      ...((provider === 'twilio') === (channel === 'sms')
        ? []
        : [`${sendId}, claimed by ${channel}, went by ${provider}`]),
      ...(provider !== 'twilio' || to === phone ? [] : [`${sendId} went to a number that the consent is not for`]),
    ]);

/** A text that a phone may still take at night, in every zone that the lead was said to live in. */
function nightly(events: readonly Recorded[], { sendId, atMs, validitySeconds = 0 }: AcceptedText): string[] {
  const untilMs = Math.floor(atMs) + validitySeconds * 1_000 - SKEW_MS;
  const zones = new Set(events.flatMap(({ data }) => ('zone' in data && data.zone ? [data.zone.id] : [])));
  const isNight = (zone: string): boolean => {
    const at = Temporal.Instant.fromEpochMilliseconds(untilMs).toZonedDateTimeISO(zone);
    return at.hour >= NIGHT_HOUR;
  };
  return zones.size > 0 && [...zones].every(isNight) ? [`${sendId} may arrive at night`] : [];
}

export const isSettledBy = ({ guard }: Recorded<'lead.send-skipped'>['data']): boolean => SETTLING.has(guard);

/**
 * A text without a report is what the operator says it is, because the gateway is not asked, and so is a mail or a
 * post without one from then on.
 */
export const isDenied = ({ type, data }: Recorded, { provider, isSilent }: Mail | Post): boolean =>
  type === 'lead.send-failed' ||
  (type === 'lead.send-skipped' && !((provider === 'twilio' || isSilent) && data.guard === 'operator'));
