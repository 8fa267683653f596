import { Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import { failed, passed, skipped, type Check } from './check.ts';

const ANSWER_MS = 3_000;
/** RFC 2606 and RFC 6761: names that no DNS has. */
export const RESERVED = /(?:^|\.)(?:example(?:\.(?:com|net|org))?|test|invalid|localhost|local)$/;

export interface Records {
  mx: readonly string[];
  txt: readonly string[];
  dmarc: readonly string[];
}

/** The records of the domain that sends; DKIM's selector is the provider's to check. */
export function judgedSender(domain: string, { txt, dmarc }: Omit<Records, 'mx'>): Check[] {
  const spf = txt.some((text) => /^v=spf1(?: |$)/.test(text));
  return [
    spf
      ? passed('dns', `${domain} has an SPF record`)
      : failed(
          'dns',
          `${domain} (FROM_EMAIL) has no SPF record`,
          `publish TXT ${domain} as the provider's console shows it`,
        ),
    dmarc.some((text) => /^v=DMARC1/.test(text))
      ? passed('dns', `${domain} has a DMARC record`)
      : failed(
          'dns',
          `${domain} (FROM_EMAIL) has no DMARC record`,
          `publish TXT _dmarc.${domain} "v=DMARC1; p=none; …"`,
        ),
  ];
}

export const judgedReplies = (domain: string, mx: readonly string[]): Check =>
  mx.length > 0
    ? passed('dns', `mail to ${domain} goes to ${mx.join(', ')}`)
    : failed(
        'dns',
        `${domain} (REPLY_DOMAIN) has no MX record: no reply arrives`,
        `publish MX ${domain} as the provider's console shows it for inbound mail`,
      );

export interface Named {
  FROM_EMAIL?: string | undefined;
  REPLY_DOMAIN?: string | undefined;
  PUBLIC_URL?: string | undefined;
}

/** Records by name; none where there are none. No answer at all is thrown. */
export interface Answers {
  txt: (name: string) => Promise<string[]>;
  mx: (name: string) => Promise<string[]>;
  addresses: (name: string) => Promise<number>;
}

/** `server`: asked instead of the system's DNS servers. */
export function answersOf(server?: string): Answers {
  const resolver = new Resolver({ timeout: ANSWER_MS, tries: 2 });
  if (server !== undefined) resolver.setServers([server]);
  return {
    txt: (name) => resolver.resolveTxt(name).then((rows) => rows.map((parts) => parts.join('')), none),
    mx: (name) => resolver.resolveMx(name).then((rows) => rows.map(({ exchange }) => exchange), none),
    addresses: async (name) =>
      (await resolver.resolve4(name).catch(none)).length + (await resolver.resolve6(name).catch(none)).length,
  };
}

export async function dnsChecks(named: Named, server?: string): Promise<Check[]> {
  const { txt, mx, addresses } = answersOf(server);
  const of = async (name: keyof Named, domain: string | undefined, look: (domain: string) => Promise<Check[]>) => {
    if (!domain) return [skipped('dns', `${name} is not set here`)];
    if (RESERVED.test(domain) || !/[.:]/.test(domain))
      return [skipped('dns', `${domain} (${name}) is a reserved name`)];
    if (isIP(domain.replaceAll(/[[\]]/g, '')) > 0)
      return [skipped('dns', `${domain} (${name}) is an address, which no DNS has to find`)];
    return look(domain).catch((error: unknown) => [
      failed(
        'dns',
        `no DNS server answers for ${domain} (${codeOf(error)})`,
        'see the resolver of this machine, or --dns <server>',
      ),
    ]);
  };
  const found = await Promise.all([
    of('FROM_EMAIL', named.FROM_EMAIL?.split('@')[1], async (domain) =>
      judgedSender(domain, { txt: await txt(domain), dmarc: await txt(`_dmarc.${domain}`) }),
    ),
    of('REPLY_DOMAIN', named.REPLY_DOMAIN, async (domain) => [judgedReplies(domain, await mx(domain))]),
    of('PUBLIC_URL', hostOf(named.PUBLIC_URL), async (host) =>
      (await addresses(host)) > 0
        ? [passed('dns', `${host} has an address`)]
        : [
            failed(
              'dns',
              `${host} (PUBLIC_URL) has no address: unsubscribe links are dead`,
              `publish A or AAAA ${host}`,
            ),
          ],
    ),
  ]);
  return found.flat();
}

/** An answer without records; no answer at all is thrown on. */
function none(error: unknown): [] {
  if (['ENODATA', 'ENOTFOUND'].includes(codeOf(error))) return [];
  throw error;
}

export const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : String(error);

const hostOf = (url: string | undefined): string | undefined =>
  url !== undefined && URL.canParse(url) ? new URL(url).hostname : undefined;
