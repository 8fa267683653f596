import type { Change, Contact, Dossier, SmsConsent } from '@leadstream/contracts/events';
import type { LeadCreated } from '@leadstream/contracts/lead-created';
import { ADDRESS_RULES, mended, readMailbox } from './address.ts';
import { readSmsConsent } from './consent.ts';
import { countryGiven } from './countries.ts';
import { present, readDossier } from './dossier.ts';
import { meaningOf } from './intake/names.ts';
import { apart, readName } from './names.ts';
import type { PhonePlace } from './phone-zones.ts';
import { readPhones } from './phones.ts';
import { isStandIn } from './stand-ins.ts';
import { applyRules, change, cleanLine } from './text.ts';
import { countryOf } from './weeks.ts';
import { readZone } from './zone-names.ts';

const PHONE_LENGTH_MAX = 100;
const EXTENSION_LENGTH_MAX = 10;
const TIME_ZONE_LENGTH_MAX = 100;

export interface CleanLead {
  contact: Contact;
  dossier: Dossier;
  /** Every alteration, in the order it was made. */
  changes: Change[];
  phonePlace?: PhonePlace;
  /** Evidence, whoever reports it; the fold decides whether it counts. */
  smsConsent?: SmsConsent;
  /** Evidence for the country; never part of an event. */
  ip?: string;
  /** The given text without outer spaces; `inferZone` judges it. */
  timeZone?: string;
}

/**
 * Cleans a submission; it is rejected only for an address that can't receive mail. Other invalid values are dropped and
 * recorded. A name of one case throughout gets a name's case. Cleaning twice changes nothing more.
 * `defaultRegion` (ISO 3166-1 alpha-2) is the region of a phone number without country code.
 */
export function clean(
  lead: LeadCreated,
  options: { defaultRegion: string },
): CleanLead | { refused: { field: string; reason: string } } {
  const changes: Change[] = [];
  const raw = applyRules('email', lead.email, [...ADDRESS_RULES, mended], changes);
  const mailbox = readMailbox(raw);
  if ('reason' in mailbox) return { refused: { field: 'email', reason: mailbox.reason } };
  if (mailbox.email !== raw) changes.push(change('email', 'a-label', raw, mailbox.email));
  const names = readNames(lead, changes);
  const dossier = readDossier(lead, changes);
  const timeZone = zoneGiven(cleanLine('timeZone', lead.timeZone ?? '', changes, TIME_ZONE_LENGTH_MAX), dossier);
  const regions = regionsOf(dossier, timeZone, options.defaultRegion);
  const { phone, place, extension, others } = readPhone(lead, regions, changes);
  return present({
    contact: present({ ...mailbox, ...names, phone, phoneExtension: extension }),
    dossier: others.length ? { ...dossier, other: { ...dossier.other, otherPhones: others } } : dossier,
    changes,
    phonePlace: place,
    smsConsent: readSmsConsent(lead.consent, phone, changes),
    ip: readIp(lead.ip, changes),
    timeZone,
  });
}

function readNames(lead: LeadCreated, changes: Change[]): Pick<Contact, 'firstName' | 'lastName'> {
  const given = isOneStandIn(lead) ? { firstName: undefined, lastName: undefined } : lead;
  if (given !== lead)
    for (const field of ['firstName', 'lastName'] as const) changes.push(change(field, 'stand-in', lead[field] ?? ''));
  const first = readName('firstName', given.firstName, changes);
  const last = readName('lastName', given.lastName, changes, { isBesideGiven: first !== undefined });
  const names = apart(first, last);
  if (first !== undefined && names.firstName !== first)
    changes.push(change('firstName', 'names-apart', first, names.firstName));
  if (names.lastName !== last) changes.push(change('lastName', 'names-apart', last ?? '', names.lastName));
  return names;
}

/** "Keine Angabe", "First Name" in two fields. */
const isOneStandIn = ({ firstName, lastName }: LeadCreated): boolean =>
  Boolean(firstName?.trim() && lastName?.trim()) && isStandIn(`${firstName} ${lastName}`, { name: true });

/** The zone given; one that cannot be read gives way to another field of the form that can. */
function zoneGiven(given: string, { fields }: Dossier): string | undefined {
  const isReadable = (text: string): boolean => text.length <= TIME_ZONE_LENGTH_MAX && readZone(text).kind !== 'none';
  if (given && isReadable(given)) return given;
  const other = Object.entries(fields ?? {}).find(
    (entry): entry is [string, string] =>
      typeof entry[1] === 'string' && meaningOf(entry[0])?.known === 'timeZone' && isReadable(entry[1]),
  );
  return (other?.[1] ?? given) || undefined;
}

/** Likely countries of a number without country code: the one given, the deployment's, that of the zone named. */
function regionsOf(dossier: Dossier, timeZone: string | undefined, defaultRegion: string): string[] {
  const zone = timeZone ? readZone(timeZone) : undefined;
  const ofZone = zone?.kind === 'place' ? countryOf(zone.id) : undefined;
  return [countryGiven(dossier), defaultRegion, ofZone].filter((region) => region !== undefined);
}

/** The number to call, and the text of the field where it had more or other than that. */
function readPhone(lead: LeadCreated, regions: readonly string[], changes: Change[]) {
  const text = cleanLine('phone', lead.phone ?? '', changes, PHONE_LENGTH_MAX);
  const extension = cleanLine('phoneExtension', lead.phoneExtension ?? '', changes, EXTENSION_LENGTH_MAX) || undefined;
  if (!text) return { extension, others: [] };
  if (isStandIn(text)) {
    changes.push(change('phone', 'stand-in', text));
    return { extension, others: [] };
  }
  const { first, place, others, ...found } = readPhones(text, regions);
  if (first !== text) changes.push(change('phone', first ? 'e164' : 'not-a-phone-number', text, first));
  // Whatever it is, the rep may be able to read it.
  return { phone: first, place, extension: found.extension ?? extension, others: first ? others : [text] };
}

/** The only field whose changes never quote it. */
function readIp(raw: string | null | undefined, changes: Change[]): string | undefined {
  const ip = raw?.trim();
  if (!ip || /^[\da-f.:]{2,45}$/i.test(ip)) return ip || undefined;
  changes.push(change('ip', 'not-an-ip-address'));
  return undefined;
}
