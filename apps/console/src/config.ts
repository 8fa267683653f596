import { isIP } from 'node:net';
import {
  dataKeys,
  esp,
  every,
  field,
  intake,
  mongo,
  officeHours,
  region,
  scale,
  secret,
  traces,
} from '@leadstream/service/config';
import { z } from 'zod';
import { networks } from './networks.ts';
import { roleRules } from './oidc-roles.ts';
import { tokens } from './tokens.ts';

const header = z
  .string()
  .regex(/^[a-z\d-]{1,64}$/i, 'must be the name of an HTTP header')
  .toLowerCase();

export const config = z.object({
  ...every(3000),
  ...esp,
  ...mongo,
  ...dataKeys,
  ...scale,
  ...traces,
  ...officeHours,
  ...region,
  ...intake,
  BOOKING_URL: z.url().optional().describe('Where leads book a call, in mails that are shown again'),
  FROM_EMAIL: z.email().optional().describe('Address that mails come from: tells whether From is as it went out'),
  FROM_NAME: z.string().max(100).optional().describe('Name that mails come from, in those that are shown again'),
  POSTAL_ADDRESS: z.string().max(300).optional().describe('At the end of mails, in those that are shown again'),
  NAMES: z.enum(['trusted', 'always']).optional().describe('As the sender has it, for mails that are shown again'),
  CONSOLE_TOKENS: secret(tokens)
    .default([])
    .describe(
      'Comma list of `name:command|view|operate|admin:sha256:<hex>`: who may do what with `Authorization: Bearer`. ' +
        'Without it and `CONSOLE_USER_HEADER` everyone on this machine is `local operator`, and `HOST` must be a ' +
        'loopback address',
    ),
  CONSOLE_SESSION_SECRET: secret(field.key)
    .optional()
    .describe(
      'At least 16 characters: signs the sessions of browsers. Without it they end with the process, and two ' +
        'processes do not know each other’s',
    ),
  CONSOLE_LABEL: z.string().max(24).optional().describe('Shown beside the name on every page, e.g. `staging`'),
  CONSOLE_USER_HEADER: header
    .optional()
    .describe('Header in which a proxy names the signed-in user, e.g. `X-Forwarded-Email`'),
  CONSOLE_GROUPS_HEADER: header
    .optional()
    .describe('Header with the user’s groups, a comma list; without it the three lists of groups name users'),
  CONSOLE_VIEW_GROUPS: field.commaList.default([]).describe('Groups that may read; empty: every user of the proxy'),
  CONSOLE_OPERATE_GROUPS: field.commaList.default([]).describe('Groups that may also give commands'),
  CONSOLE_ADMIN_GROUPS: field.commaList.default([]).describe('Groups that may do everything, erase too'),
  CONSOLE_TRUSTED_PROXIES: networks
    .default([])
    .describe('Comma list of addresses or CIDR, required with `CONSOLE_USER_HEADER`: only theirs is believed'),
  CONSOLE_URL: z
    .url({ protocol: /^https?$/, error: 'must be an http(s) URL' })
    .optional()
    .describe(
      'Where browsers reach the console, required with `OIDC_ISSUER`: `<it>/v1/oidc/callback` is the redirect URI',
    ),
  OIDC_ISSUER: z
    .url({ protocol: /^https?$/, error: 'must be an http(s) URL' })
    .optional()
    .describe('Issuer of an OpenID Connect service that signs people in; over TLS, or on this machine'),
  OIDC_CLIENT_ID: z.string().min(1).max(500).optional().describe('The console’s id there, required with `OIDC_ISSUER`'),
  OIDC_CLIENT_SECRET: secret(z.string().min(1).max(2_000))
    .optional()
    .describe('The console’s secret there; without it the console is a public client, by PKCE alone'),
  OIDC_ROLES: roleRules
    .default([])
    .describe(
      'Comma list of `claim:value=view|operate|admin`, required with `OIDC_ISSUER`: who has which role, e.g. ' +
        '`groups:sales=operate`, `realm_access.roles:dpo=admin`, `sub:*=view`. The highest counts; `email` only if ' +
        'verified',
    ),
  OIDC_NAME: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe('Claim with the author of a person’s commands; default: `email` if verified, else `sub`'),
  OIDC_SCOPES: field.commaList
    .default(['openid', 'email', 'profile'])
    .describe('Comma list of the scopes that are asked for; default: `openid,email,profile`'),
  OIDC_SESSION_HOURS: field
    .wholeNumber(1, 24)
    .default(8)
    .describe('A person who is removed at the issuer stays signed in here for up to this'),
  PROMETHEUS_URL: z
    .url({ protocol: /^https?$/, error: 'must be an http(s) URL' })
    .refine((url) => !new URL(url).username && !new URL(url).password, 'must have no user and no password')
    .optional()
    .describe('The Prometheus that scrapes the services, for the alerts and the canary on the page of health'),
  CONSOLE_COMMANDS_PER_MINUTE: field
    .wholeNumber(1, 1_000_000)
    .default(1_200)
    .describe('Requests with commands of one caller'),
});
export type Config = z.infer<typeof config>;

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));

/** Faults that several variables make together. */
export function faultsOf(settings: Config): string[] {
  const {
    HOST,
    TRUST_PROXY,
    CONSOLE_TOKENS: known,
    CONSOLE_USER_HEADER: user,
    CONSOLE_TRUSTED_PROXIES: proxies,
  } = settings;
  const names = known.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  const ofProxy = [
    'CONSOLE_GROUPS_HEADER',
    'CONSOLE_VIEW_GROUPS',
    'CONSOLE_OPERATE_GROUPS',
    'CONSOLE_ADMIN_GROUPS',
    'CONSOLE_TRUSTED_PROXIES',
  ] as const;
  return [
    ...(twice === undefined ? [] : [`CONSOLE_TOKENS: two tokens have the name ${twice}`]),
    ...(user !== undefined && proxies.length === 0
      ? ['CONSOLE_TRUSTED_PROXIES: is required with CONSOLE_USER_HEADER, which anyone else could set']
      : []),
    ...ofProxy
      .filter((name) => user === undefined && settings[name] !== undefined && settings[name].length > 0)
      .map((name) => `${name}: has no effect without CONSOLE_USER_HEADER`),
    ...oidcFaults(settings),
    ...(isOpen(settings) && (!isLoopback(HOST) || TRUST_PROXY !== false)
      ? [
          'CONSOLE_TOKENS: is required, or CONSOLE_USER_HEADER, or OIDC_ISSUER, unless HOST is a loopback address ' +
            'without TRUST_PROXY: without them everyone who reaches the console may do everything',
        ]
      : []),
  ];
}

const isPlainElsewhere = (text: string): boolean => {
  const { protocol, hostname } = new URL(text);
  return protocol === 'http:' && !isLoopback(hostname.replaceAll(/[[\]]/g, ''));
};

function oidcFaults(settings: Config): string[] {
  const { OIDC_ISSUER: issuer, OIDC_SCOPES: scopes } = settings;
  const required = ['OIDC_CLIENT_ID', 'OIDC_ROLES', 'CONSOLE_URL'] as const;
  const ofIssuer = ['OIDC_CLIENT_ID', 'OIDC_CLIENT_SECRET', 'OIDC_ROLES', 'OIDC_NAME'] as const;
  const isSet = (name: (typeof required | typeof ofIssuer)[number]) =>
    settings[name] !== undefined && settings[name].length > 0;
  if (issuer === undefined) return ofIssuer.filter(isSet).map((name) => `${name}: has no effect without OIDC_ISSUER`);
  return [
    ...required.filter((name) => !isSet(name)).map((name) => `${name}: is required with OIDC_ISSUER`),
    ...(['OIDC_ISSUER', 'CONSOLE_URL'] as const)
      .filter((name) => isPlainElsewhere(settings[name] ?? issuer))
      .map((name) => `${name}: must be https, because sessions begin with what is sent there`),
    ...(scopes.includes('openid') ? [] : ['OIDC_SCOPES: openid is missing, without which the issuer names nobody']),
  ];
}

/** Whether nobody signs in. */
export const isOpen = ({ CONSOLE_TOKENS, CONSOLE_USER_HEADER, OIDC_ISSUER }: Config): boolean =>
  CONSOLE_TOKENS.length === 0 && CONSOLE_USER_HEADER === undefined && OIDC_ISSUER === undefined;
