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
    ...(isOpen(settings) && (!isLoopback(HOST) || TRUST_PROXY !== false)
      ? [
          'CONSOLE_TOKENS: is required, or CONSOLE_USER_HEADER, unless HOST is a loopback address without ' +
            'TRUST_PROXY: ' +
            'without them everyone who reaches the console may do everything',
        ]
      : []),
  ];
}

/** Whether nobody signs in. */
export const isOpen = ({ CONSOLE_TOKENS, CONSOLE_USER_HEADER }: Config): boolean =>
  CONSOLE_TOKENS.length === 0 && CONSOLE_USER_HEADER === undefined;
