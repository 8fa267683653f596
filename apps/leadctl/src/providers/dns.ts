import type { Esp } from '@leadstream/contracts/events';
import { failed, skipped, type Check } from '../doctor/check.ts';
import { answersOf, codeOf, RESERVED, type Answers } from '../doctor/dns.ts';
import { NAMED } from './named.ts';
import { judgedDmarc, judgedKeyRecord, judgedMx, judgedSpf, unknownSelector, type Sending } from './records.ts';
import { spfOf } from './spf.ts';

export interface Asked {
  esp: Esp;
  env: Readonly<Record<string, string | undefined>>;
  selectors: readonly string[];
  returnPath: string | undefined;
  /** Asked instead of the system's DNS servers. */
  server: string | undefined;
}

/** SPF, DKIM and DMARC of the sending domain, and the MX record of the reply addresses. */
export async function recordChecks({ esp, env, selectors, returnPath, server }: Asked): Promise<Check[]> {
  const answers = answersOf(server);
  const domain = env['FROM_EMAIL']?.split('@')[1]?.toLowerCase();
  const replies = env['REPLY_DOMAIN']?.toLowerCase();
  const found = await Promise.all([
    of('FROM_EMAIL', domain, (from) => senderChecks(answers, sendingOf(esp, from, env, returnPath), selectors)),
    of('REPLY_DOMAIN', replies, async (name) => [judgedMx(esp, name, await answers.mx(name))]),
  ]);
  return found.flat();
}

function sendingOf(esp: Esp, from: string, env: Asked['env'], returnPath: string | undefined): Sending {
  const signed = (esp === 'mailgun' ? env['MAILGUN_DOMAIN']?.toLowerCase() : undefined) ?? from;
  const { returnPath: label } = NAMED[esp];
  // Mailgun's mails return to the domain that signs them.
  const usual = label === null ? (esp === 'mailgun' ? signed : undefined) : `${label}.${from}`;
  return { esp, from, signed, returnPath: returnPath?.toLowerCase() ?? usual };
}

async function senderChecks(answers: Answers, sending: Sending, given: readonly string[]): Promise<Check[]> {
  const { esp, from, signed, returnPath } = sending;
  const selectors = given.length > 0 ? given : NAMED[esp].selectors;
  const keys = selectors.map(async (selector) =>
    judgedKeyRecord(signed, selector, await answers.txt(`${selector}._domainkey.${signed}`)),
  );
  return Promise.all([
    spfOf(returnPath ?? from, NAMED[esp].spf, answers.txt).then((spf) => judgedSpf(sending, spf)),
    ...(keys.length > 0 ? keys : [unknownSelector(esp)]),
    answers.txt(`_dmarc.${from}`).then((records) => judgedDmarc(sending, records)),
  ]);
}

async function of(
  name: string,
  domain: string | undefined,
  look: (domain: string) => Promise<Check[]>,
): Promise<Check[]> {
  if (!domain) return [skipped('dns', `${name} is not set here`)];
  if (RESERVED.test(domain) || !domain.includes('.')) return [skipped('dns', `${domain} (${name}) is a reserved name`)];
  return look(domain).catch((error: unknown) => [
    failed(
      'dns',
      `no DNS server answers for ${domain} (${codeOf(error)})`,
      'see the resolver of this machine, or --dns <server>',
    ),
  ]);
}
