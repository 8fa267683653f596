import { authorizationOf, EVENTS_PATH, INBOUND_PATH } from '@leadstream/providers/twilio/access';
import { z } from 'zod';
import { failed, passed, type Check } from '../doctor/check.ts';
import { asked, judgedWebhook } from './reach.ts';

const ANSWER_MS = 10_000;
/** A list's pages that are read, of fifty entries each. */
const PAGES_MAX = 40;
const NEEDS = ['TWILIO_ACCOUNT_SID', 'TWILIO_API_SECRET', 'TWILIO_FROM'] as const;

type Env = Readonly<Record<string, string | undefined>>;

// Of https://www.twilio.com/docs/phone-numbers/api/incomingphonenumber-resource and …/messaging/services/api.
const numberSchema = z.object({
  phone_number: z.string(),
  capabilities: z.object({ sms: z.boolean() }),
  sms_url: z.string().nullish(),
  sms_method: z.string().nullish(),
  sms_application_sid: z.string().nullish(),
});
const numbersSchema = z.object({
  incoming_phone_numbers: z.array(numberSchema),
  next_page_uri: z.string().nullish(),
});
const serviceSchema = z.object({
  inbound_request_url: z.string().nullish(),
  inbound_method: z.string().nullish(),
  use_inbound_webhook_on_number: z.boolean().nullish(),
});
const sendersSchema = z.object({
  phone_numbers: z.array(z.object({ phone_number: z.string(), capabilities: z.array(z.string()) })),
  meta: z.object({ next_page_url: z.string().nullish() }).nullish(),
});

type Ask = (path: string, host?: 'messaging') => Promise<unknown>;
class Told extends Error {
  readonly check: Check;
  constructor(what: string, mend: string) {
    super(what);
    this.check = failed('provider', what, mend);
  }
}

/**
 * Whether Twilio takes the key, the number or messaging service of TWILIO_FROM exists and can send texts, and what is
 * texted to it comes to inbound. Reads only. None where no text can be sent: TWILIO_* is unset.
 */
export async function textChecks(env: Env): Promise<Check[]> {
  const set = NEEDS.filter((name) => env[name]);
  if (set.length === 0) return [];
  const missing = NEEDS.filter((name) => !env[name]);
  if (missing.length > 0)
    return [
      failed('provider', `texts: ${missing.join(' and ')} is not set here`, 'set it; the sender needs all three'),
    ];
  const callback = reportsCheck(env);
  try {
    const from = env['TWILIO_FROM'] ?? '';
    const ask = asker(env);
    const found = await (from.startsWith('MG') ? serviceChecks(ask, from, env) : numberChecks(ask, from, env));
    return [...found, ...(await callback)];
  } catch (error) {
    if (error instanceof Told) return [error.check, ...(await callback)];
    throw error;
  }
}

/** Throws Told for a key that is refused, and where Twilio gives no answer that can be read. */
function asker(env: Env): Ask {
  const base = env['TWILIO_BASE_URL'] || 'https://api.twilio.com';
  const access = {
    TWILIO_ACCOUNT_SID: env['TWILIO_ACCOUNT_SID'] ?? '',
    TWILIO_API_KEY: env['TWILIO_API_KEY'] || undefined,
    TWILIO_API_SECRET: env['TWILIO_API_SECRET'] ?? '',
    TWILIO_BASE_URL: base,
  };
  const headers = { authorization: authorizationOf(access), accept: 'application/json' };
  return async (path, host) => {
    const url = new URL(path, base);
    // The API of messaging services has a host of its own; the sandbox has one for both.
    if (host && url.hostname.endsWith('.twilio.com')) url.hostname = url.hostname.replace(/^api\./, `${host}.`);
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(ANSWER_MS) }).catch(() => undefined);
    if (!response) throw new Told(`${url.origin} gives no answer`, 'see the network policy and TWILIO_BASE_URL');
    if (response.status === 401 || response.status === 403)
      throw new Told(
        `Twilio refuses the key (${response.status})`,
        'a key and a secret of this account: TWILIO_ACCOUNT_SID, TWILIO_API_KEY, TWILIO_API_SECRET; a restricted key ' +
          'needs to read numbers and messaging services',
      );
    if (response.status === 404) return undefined;
    if (!response.ok) throw new Told(`Twilio answers ${response.status}`, 'see its status page, then try again');
    return response.json().catch(() => ({}));
  };
}

/** The pages of a list, until `next` names no further one; of its address only the path is followed. */
async function* pagesOf<Page>(
  first: string,
  pageOf: (path: string) => Promise<Page>,
  next: (page: Page) => string | null | undefined,
): AsyncGenerator<Page> {
  let path: string | undefined = first;
  for (let page = 0; path !== undefined && page < PAGES_MAX; page++) {
    const found: Page = await pageOf(path);
    yield found;
    const after = next(found);
    const url = after ? URL.parse(after, 'https://api.twilio.com') : null;
    path = url ? url.pathname + url.search : undefined;
  }
}

async function numberOf(ask: Ask, number: string, env: Env): Promise<z.infer<typeof numberSchema> | undefined> {
  const sid = encodeURIComponent(env['TWILIO_ACCOUNT_SID'] ?? '');
  // The filter is a pattern: longer numbers match it too.
  const query = new URLSearchParams({ PhoneNumber: number, PageSize: '50' });
  const first = `/2010-04-01/Accounts/${sid}/IncomingPhoneNumbers.json?${query.toString()}`;
  const pageOf = async (path: string) => {
    const body = await ask(path);
    if (body !== undefined) return read(numbersSchema, body);
    throw new Told('Twilio knows no account of TWILIO_ACCOUNT_SID', 'copy it from the console: AC…');
  };
  for await (const { incoming_phone_numbers: numbers } of pagesOf(first, pageOf, (page) => page.next_page_uri)) {
    const found = numbers.find(({ phone_number }) => phone_number === number);
    if (found) return found;
  }
  return undefined;
}

async function numberChecks(ask: Ask, number: string, env: Env): Promise<Check[]> {
  const found = await numberOf(ask, number, env);
  if (!found)
    return [
      failed('provider', `${number} (TWILIO_FROM) is no number of the account`, 'buy it, or name one of the account'),
    ];
  return [
    found.capabilities.sms
      ? passed('provider', `${number} is the account’s, and can send texts`)
      : failed('provider', `${number} cannot send texts`, 'buy a number with SMS, or name one that has it'),
    inboundCheck(number, found, env),
  ];
}

/** Where texts to a number go: a TwiML application outranks its webhook. */
function inboundCheck(
  number: string,
  { sms_application_sid, sms_url, sms_method }: z.infer<typeof numberSchema>,
  env: Env,
): Check {
  if (sms_application_sid)
    return failed(
      'provider',
      `texts to ${number} go to the application ${sms_application_sid}`,
      `${MEND(env)}; take the application out`,
    );
  return webhookCheck(number, sms_url, sms_method, env);
}

async function serviceChecks(ask: Ask, sid: string, env: Env): Promise<Check[]> {
  const path = `/v1/Services/${encodeURIComponent(sid)}`;
  const body = await ask(path, 'messaging');
  if (body === undefined)
    return [failed('provider', `${sid} (TWILIO_FROM) is no messaging service of the account`, 'copy its SID: MG…')];
  const service = read(serviceSchema, body);
  const pageOf = async (of: string) => read(sendersSchema, await ask(of, 'messaging'));
  const pages = pagesOf(`${path}/PhoneNumbers?PageSize=50`, pageOf, ({ meta }) => meta?.next_page_url);
  const senders: z.infer<typeof sendersSchema>['phone_numbers'] = [];
  for await (const { phone_numbers: numbers } of pages) senders.push(...numbers);
  const able = senders.filter(({ capabilities }) => capabilities.includes('SMS'));
  if (able.length === 0)
    return [failed('provider', `${sid} has no number that can send texts`, 'add one to its sender pool')];
  const sending = passed('provider', `${sid} sends by ${able.length} number${able.length === 1 ? '' : 's'}`);
  if (!service.use_inbound_webhook_on_number)
    return [sending, webhookCheck(sid, service.inbound_request_url, service.inbound_method, env)];
  // It leaves texts to the webhooks of its numbers.
  const own = await Promise.all(
    able.map(async ({ phone_number: number }) => {
      const found = await numberOf(ask, number, env);
      return found ? [inboundCheck(number, found, env)] : [];
    }),
  );
  return [sending, ...own.flat()];
}

const publicUrlOf = (env: Env): string | undefined => env['PUBLIC_URL']?.replace(/\/$/, '') || undefined;
const MEND = (env: Env): string =>
  `set "A message comes in" to ${publicUrlOf(env) ?? '<PUBLIC_URL>'}${INBOUND_PATH}#rc=5&rp=all, HTTP POST`;

function webhookCheck(of: string, url: string | null | undefined, method: string | null | undefined, env: Env): Check {
  const base = publicUrlOf(env);
  if (base === undefined) return failed('provider', 'PUBLIC_URL is not set here', 'set it: Twilio signs by it');
  if (!url) return failed('provider', `texts to ${of} go nowhere: a STOP is lost`, MEND(env));
  const [address, overrides = ''] = url.split('#', 2);
  if (address !== `${base}${INBOUND_PATH}`)
    return failed('provider', `texts to ${of} do not come to ${base}${INBOUND_PATH}`, MEND(env));
  if (method && method !== 'POST') return failed('provider', `texts to ${of} come by ${method}`, MEND(env));
  return new URLSearchParams(overrides).has('rc')
    ? passed('provider', `texts to ${of} come to inbound`)
    : failed('provider', `a text to ${of} that inbound cannot take is not posted again`, MEND(env));
}

/** Each text names the address of its reports, so that nothing is set for them at Twilio. */
async function reportsCheck(env: Env): Promise<Check[]> {
  const base = publicUrlOf(env);
  if (base === undefined || !URL.canParse(base)) return [];
  const url = `${base}${EVENTS_PATH}`;
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  return [judgedWebhook(url, await asked(url, { method: 'POST', headers: form, body: 'MessageStatus=sent' }))];
}

function read<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const { data } = schema.safeParse(body);
  if (data === undefined) throw new Told('Twilio’s answer cannot be read', 'see TWILIO_BASE_URL');
  return data;
}
