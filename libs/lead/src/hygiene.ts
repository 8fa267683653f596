import type { Change, Contact, Dossier } from '@leadstream/contracts/events';
import type { LeadCreated } from '@leadstream/contracts/lead-created';
// Max metadata, the same build as in zones.ts: with less, toll-free numbers and countries that share a code can't be
// told apart.
import { isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { ADDRESS_RULES, readMailbox } from './address.ts';
import { present, readDossier } from './dossier.ts';
import { asRead, isCallable, isLinkable } from './linkable.ts';
import { applyRules, change, cleanLine } from './text.ts';

const NAME_LENGTH_MAX = 100;
const PHONE_LENGTH_MAX = 100;
const TIME_ZONE_LENGTH_MAX = 100;

/** Entries in a name field that must never follow "Hi", from people and programs. */
const NO_NAME: readonly (readonly [rule: string, test: (name: string) => boolean])[] = [
  ['name-is-an-address', (name) => asRead(name).includes('@')],
  ['name-without-letters', (name) => !/\p{L}/u.test(name)],
  ['name-is-a-url', (name) => isLinkable(name) && !TITLED.test(name)],
  ['name-is-a-phone-number', isCallable],
  ['name-is-markup', (name) => /[<>{}]/.test(name)],
  ['name-is-mangled', (name) => name.includes('\ufffd')],
];
/** Kept in the log, shown in no mail: `.win` and the like are top-level domains. */
const TITLED = /^(?:Dr|Prof|Mr|Mrs|Ms|St|Sr|Jr|Ing)\.\p{Lu}[\p{L}\p{M}'’-]+$/u;

export interface CleanLead {
  contact: Contact;
  dossier: Dossier;
  /** Every alteration, in the order it was made. */
  changes: Change[];
  /** Evidence for the country; never part of an event. */
  ip?: string;
  /** The given text without outer spaces; `inferZone` judges it. */
  timeZone?: string;
}

/**
 * Cleans a submission; it is rejected only for an address that can't receive mail. Other invalid values are dropped and
 * recorded. Letters keep their case (McDonald, van der Berg), except in `source`. Cleaning twice changes nothing more.
 * `defaultRegion` (ISO 3166-1 alpha-2) is the region of a phone number without country code.
 */
export function clean(
  lead: LeadCreated,
  options: { defaultRegion: string },
): CleanLead | { refused: { field: string; reason: string } } {
  const changes: Change[] = [];
  const raw = applyRules('email', lead.email, ADDRESS_RULES, changes);
  const mailbox = readMailbox(raw);
  if ('reason' in mailbox) return { refused: { field: 'email', reason: mailbox.reason } };
  if (mailbox.email !== raw) changes.push(change('email', 'a-label', raw, mailbox.email));
  const contact = present({
    ...mailbox,
    firstName: readName('firstName', lead.firstName, changes),
    lastName: readName('lastName', lead.lastName, changes),
    phone: readPhone(lead.phone, options.defaultRegion, changes),
  });
  const timeZone = cleanLine('timeZone', lead.timeZone ?? '', changes, TIME_ZONE_LENGTH_MAX) || undefined;
  return present({ contact, dossier: readDossier(lead, changes), changes, ip: readIp(lead.ip, changes), timeZone });
}

function readName(field: string, raw: string | null | undefined, changes: Change[]): string | undefined {
  const name = cleanLine(field, raw ?? '', changes, NAME_LENGTH_MAX);
  if (!name) return undefined;
  const rule = NO_NAME.find(([, test]) => test(name))?.[0];
  if (rule) changes.push(change(field, rule, name));
  return rule ? undefined : name;
}

/**
 * Possible by its length, not proven to be assigned: numbering plans change faster than metadata. Extensions are lost.
 */
function readPhone(raw: string | null | undefined, defaultRegion: string, changes: Change[]): string | undefined {
  const text = cleanLine('phone', raw ?? '', changes, PHONE_LENGTH_MAX);
  if (!text) return undefined;
  const number = parsePhoneNumberFromString(text, {
    // A number inside a sentence may belong to another person.
    extract: false,
    ...(isSupportedCountry(defaultRegion) ? { defaultCountry: defaultRegion } : {}),
  });
  const phone = number?.isPossible() ? number.number : undefined;
  if (phone !== text) changes.push(change('phone', phone ? 'e164' : 'not-a-phone-number', text, phone));
  return phone;
}

/** The only field whose changes never quote it. */
function readIp(raw: string | null | undefined, changes: Change[]): string | undefined {
  const ip = raw?.trim();
  if (!ip || /^[\da-f.:]{2,45}$/i.test(ip)) return ip || undefined;
  changes.push(change('ip', 'not-an-ip-address'));
  return undefined;
}
