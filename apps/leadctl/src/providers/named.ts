import { espSchema, type Esp } from '@leadstream/contracts/events';

/** What a provider's DNS records name. */
interface Named {
  title: string;
  /** The domain that an SPF record includes for it; null: the operator's own server. */
  spf: string | null;
  /** DKIM's selectors, where they are the same for every account. */
  selectors: readonly string[];
  /** The label of its return path below the sending domain; null: drawn for each account. */
  returnPath: string | null;
  /** The end of the host names that take mail for it. */
  inbound: RegExp | null;
}

/** From the providers' manuals; `docs/providers/` has the set-up of each. */
export const NAMED = {
  sendgrid: {
    title: 'SendGrid',
    spf: 'sendgrid.net',
    selectors: ['s1', 's2'],
    returnPath: null,
    inbound: /(^|\.)mx\.sendgrid\.net$/,
  },
  postmark: {
    title: 'Postmark',
    spf: 'spf.mtasv.net',
    selectors: [],
    returnPath: 'pm-bounces',
    inbound: /(^|\.)inbound\.postmarkapp\.com$/,
  },
  mailgun: {
    title: 'Mailgun',
    spf: 'mailgun.org',
    selectors: [],
    returnPath: null,
    inbound: /^mx[ab]\.(eu\.)?mailgun\.org$/,
  },
  ses: {
    title: 'SES',
    spf: 'amazonses.com',
    selectors: [],
    returnPath: null,
    inbound: /^inbound-smtp\.[a-z0-9-]+\.amazonaws\.com$/,
  },
  smtp: { title: 'the mail server', spf: null, selectors: [], returnPath: null, inbound: null },
} as const satisfies Record<Esp, Named>;

/** The provider whose inbound mail a host takes. Every provider's inbound is served, whichever sends. */
export const inboundOf = (host: string): Esp | undefined =>
  espSchema.options.find((esp) => NAMED[esp].inbound?.test(host.toLowerCase().replace(/\.$/, '')));
