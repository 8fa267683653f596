import { getDomain } from 'tldts';
import { hmac } from './hmac.ts';

/** A provider's second domains: the same local part is the same mailbox there. */
const SAME: ReadonlyMap<string, string> = new Map(
  Object.entries({
    'gmail.com': ['googlemail.com'],
    'icloud.com': ['me.com', 'mac.com'],
    'proton.me': ['protonmail.com', 'protonmail.ch', 'pm.me'],
    'yandex.com': ['yandex.ru', 'ya.ru', 'yandex.by', 'yandex.kz', 'yandex.ua'],
  }).flatMap(([name, others]) => others.map((other) => [other, name] as const)),
);

/** Signs that a domain ignores in the local part. */
const IGNORED: ReadonlyMap<string, RegExp> = new Map([
  ['gmail.com', /\./g],
  ['proton.me', /[._-]/g],
]);
/** Names there contain no hyphen: it begins the keyword of a disposable address. */
const HYPHENATED = /^(?:yahoo|ymail|rocketmail)\./;
/** `anything@name.fastmail.com` is `name@fastmail.com`. */
const SUBDOMAINS = /^([^.]+)\.(fastmail\.(?:com|fm))$/;

/** Providers whose users share no company: without a cap per domain. */
const FREEMAIL: ReadonlySet<string> = new Set([
  'gmail.com',
  'icloud.com',
  'proton.me',
  'yandex.com',
  'aol.com',
  'msn.com',
  'mail.com',
  'mail.ru',
  'zoho.com',
  'hey.com',
  'tutanota.com',
  'tuta.com',
  'fastmail.com',
  'fastmail.fm',
  'qq.com',
  '163.com',
  '126.com',
  'naver.com',
  'web.de',
  'freenet.de',
  't-online.de',
  'posteo.de',
  'mailbox.org',
  'orange.fr',
  'free.fr',
  'laposte.net',
  'sfr.fr',
  'libero.it',
  'virgilio.it',
  'tiscali.it',
  'wp.pl',
  'o2.pl',
  'interia.pl',
  'onet.pl',
  'seznam.cz',
  'bol.com.br',
  'uol.com.br',
  'terra.com.br',
  'rediffmail.com',
  'comcast.net',
  'verizon.net',
  'att.net',
  'sbcglobal.net',
  'btinternet.com',
  'bluewin.ch',
]);
/** The same for providers with one domain per country. */
const FREEMAIL_BRANDS = /^(?:yahoo|ymail|rocketmail|hotmail|outlook|live|gmx)\.(?:[a-z]{2,3}|com?\.[a-z]{2})$/;
export const isFreeMail = (domain: string): boolean => FREEMAIL.has(domain) || FREEMAIL_BRANDS.test(domain);
/** RFC 2606 and 6761: reserved, so mail to them reaches no person. */
const RESERVED = /(?:^|\.)(?:example\.(?:com|net|org)|example|test|invalid|localhost)$/;

export interface Mailbox {
  /** The address without the parts that its provider ignores: addresses with the same name reach the same person. */
  name: string;
  /** The registered domain: its owner controls all its subdomains. */
  domain: string;
  /** Whether the domain's users may belong to one company or be one person. */
  isCompany: boolean;
}

/** The mailbox of a canonical address (`canonicalAddress`), as far as is certain. Not an address to send to. */
export function mailboxOf(address: string): Mailbox {
  const at = address.lastIndexOf('@');
  const [, subject, host] = SUBDOMAINS.exec(address.slice(at + 1)) ?? [];
  const given = host ?? address.slice(at + 1);
  const domain = SAME.get(given) ?? given;
  const name = `${subject ?? untagged(address.slice(0, at), domain)}@${domain}`;
  const registered = getDomain(domain, { allowPrivateDomains: true }) ?? domain;
  const isShared = isFreeMail(registered) || RESERVED.test(domain);
  return { name, domain: registered, isCompany: !isShared };
}

function untagged(local: string, domain: string): string {
  const [base = ''] = local.split('+');
  const [first = ''] = HYPHENATED.test(domain) ? base.split('-') : [base];
  return first.replace(IGNORED.get(domain) ?? '', '') || local;
}

/** 32 hex characters that represent a phone number, in E.164, in events and in the read model. */
export function numberHash(secret: string, phone: string): string {
  return hmac(secret, `phone\0${phone}`).slice(0, 32);
}

/**
 * 32 hex characters that represent a mailbox or a domain in events and keys. Reveals nothing about ids and hashes in
 * logs.
 */
export function mailboxHash(secret: string, mailbox: string): string {
  return hmac(secret, `mailbox\0${mailbox}`).slice(0, 32);
}
