import { z } from 'zod';
import { Http, jsonOf, NoResponse, retryAfterMs, type HttpRequest, type HttpResponse } from '../http.ts';

/** The version in the paths of the API: https://developers.hubspot.com/docs/api-reference/2026-03. */
export const API = '2026-03';
/** A response about a hundred contacts has some 70 KiB. */
const BODY_BYTES_MAX = 1024 * 1024;
/** The interval of the limit, where a response does not name it. */
const INTERVAL_MS = 10_000;

export interface HubSpotAccess {
  HUBSPOT_TOKEN: string;
  HUBSPOT_BASE_URL: string;
}

/** One request to HubSpot, and its response. */
export type HubSpotCall = (request: Pick<HttpRequest, 'method' | 'path'> & { body?: object }) => Promise<HttpResponse>;

/**
 * Why a call did nothing that counts. `limited`: 429. `account`: the token, a scope, a property or the address, so that
 * each call fails. `refused`: something in this batch. `down`: no answer of HubSpot's own.
 */
export type Trouble = 'limited' | 'account' | 'refused' | 'down';

/** The message has a status and HubSpot's category, and no word of a contact. */
export class HubSpotTrouble extends Error {
  override readonly name = 'HubSpotTrouble';
  readonly kind: Trouble;
  /** When HubSpot can be asked again, where it said so. */
  readonly waitMs: number | undefined;
  readonly isDaily: boolean;

  constructor(kind: Trouble, reason: string, { waitMs, isDaily = false }: { waitMs?: number; isDaily?: boolean } = {}) {
    super(reason);
    this.kind = kind;
    this.waitMs = waitMs;
    this.isDaily = isDaily;
  }
}

/** A call rejects with HubSpotTrouble when there is no response, and repeats nothing. */
export function hubspotCall({ HUBSPOT_TOKEN, HUBSPOT_BASE_URL }: HubSpotAccess, timeoutMs: number): HubSpotCall {
  const http = new Http(HUBSPOT_BASE_URL, timeoutMs, undefined, BODY_BYTES_MAX);
  const headers = {
    authorization: `Bearer ${HUBSPOT_TOKEN}`,
    accept: 'application/json',
    'content-type': 'application/json',
    'user-agent': 'leadstream',
  };
  return async ({ body, ...request }) => {
    try {
      return await http.call({ ...request, headers, ...(body ? { body: JSON.stringify(body) } : {}) });
    } catch (error) {
      throw new HubSpotTrouble('down', error instanceof NoResponse ? error.code : 'no code');
    }
  };
}

const errorSchema = z.object({
  status: z.literal('error'),
  category: z.string().max(100).optional(),
  policyName: z.string().max(100).optional(),
  message: z.string().optional(),
  errors: z.array(z.object({ code: z.string().max(100).optional() })).optional(),
});
/** Of a validation error that each contact would meet: the property is missing, or the token may not write it. */
const OF_ALL = /PROPERTY_DOESNT_EXIST|does not exist|MISSING_SCOPES/;

/** The body of a 2xx. Throws HubSpotTrouble for every other response, and for a body that is no JSON object. */
export function bodyOf(response: HttpResponse): object {
  const { status } = response;
  if (status < 200 || status > 299) throw troubleOf(response);
  const body = jsonOf(response);
  if (Object.keys(body).length === 0) throw new HubSpotTrouble('down', `${status} without a body that can be read`);
  return body;
}

export function troubleOf(response: HttpResponse): HubSpotTrouble {
  const { status, headers } = response;
  const own = errorSchema.safeParse(jsonOf(response)).data;
  const code = own?.errors?.[0]?.code;
  const reason = [status, own?.category, code].filter((part) => part !== undefined).join(' ');
  const after = retryAfterMs(headers, Date.now());
  const asked = after === undefined ? {} : { waitMs: after };
  if (status === 429) return limitOf(response, own?.policyName, asked);
  // 404 answers a path, and never a contact: those are named within a 207.
  if (status === 401 || status === 403 || status === 404) return new HubSpotTrouble('account', reason);
  if (status >= 400 && status < 500 && status !== 408 && status !== 423 && status !== 477 && own)
    return new HubSpotTrouble(OF_ALL.test(`${code} ${own.message}`) ? 'account' : 'refused', reason);
  return new HubSpotTrouble('down', reason, asked);
}

/** Both policies of https://developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines. */
function limitOf({ headers }: HttpResponse, policy: string | undefined, asked: { waitMs?: number }): HubSpotTrouble {
  if (policy === 'DAILY') return new HubSpotTrouble('limited', '429 DAILY', { ...asked, isDaily: true });
  const interval = Number(headers['x-hubspot-ratelimit-interval-milliseconds']);
  const waitMs = asked.waitMs ?? (interval > 0 ? interval : INTERVAL_MS);
  return new HubSpotTrouble('limited', `429 ${policy ?? ''}`.trim(), { waitMs });
}

const usageSchema = z.object({ results: z.array(z.object({ resetsAt: z.iso.datetime({ offset: true }) })).min(1) });

/** When the day's calls begin anew: midnight in the account's zone; undefined when HubSpot does not say. */
export async function dayEndsMs(call: HubSpotCall): Promise<number | undefined> {
  try {
    const body = bodyOf(await call({ method: 'GET', path: `/account-info/${API}/api-usage/daily/private-apps` }));
    const resetsAt = usageSchema.safeParse(body).data?.results[0]?.resetsAt;
    return resetsAt === undefined ? undefined : Date.parse(resetsAt);
  } catch (error) {
    if (error instanceof HubSpotTrouble) return undefined;
    throw error;
  }
}
