import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import type { Fault } from './client.ts';
import { apiError } from './mail-send.ts';

const faultSchema = z.strictObject({
  count: z.int().min(1).default(1),
  to: z.string().optional(),
  status: z.int().min(200).max(599).optional(),
  accept: z.boolean().optional(),
  retryAfter: z.number().min(0).optional(),
  latencyMs: z.number().min(0).optional(),
  drop: z.enum(['before', 'after']).optional(),
  silent: z.boolean().optional(),
  body: z.unknown().optional(),
});

/** Faults in the order of their requests; each counts down with every request it applies to. */
export class Faults {
  #pending: z.infer<typeof faultSchema>[] = [];

  get pending(): readonly Fault[] {
    return this.#pending;
  }

  add(body: unknown): void {
    this.#pending.push(faultSchema.parse(body));
  }

  clear(): void {
    this.#pending = [];
  }

  /** The next fault, if any, and if it is for such a request; those for other addresses than `to` wait. */
  take(isFor: (fault: Fault) => boolean = () => true, to?: string): Fault | undefined {
    const next = this.#pending.find((fault) => fault.to === undefined || fault.to === to);
    if (!next || !isFor(next)) return undefined;
    if (--next.count === 0) this.#pending = this.#pending.filter((fault) => fault !== next);
    return next;
  }
}

/** Whether a send with this fault is accepted nevertheless. */
export const accepts = ({ status, accept, drop }: Fault): boolean =>
  drop ? drop === 'after' : status === undefined || status < 300 || accept === true;

export interface EspResponse {
  status: number;
  headers: Record<string, string>;
  body: unknown;
}

const TEXTS: Record<number, string> = {
  401: 'The provided authorization grant is invalid, expired, or revoked',
  403: 'The from address does not match a verified Sender Identity. Mail cannot be sent until this error is resolved.',
  429: 'too many requests',
  503: 'The SendGrid v3 Web API is not available',
};
/** Responses from the proxy in front of the API, as HTML. */
const PROXIED = [413, 502, 504];

/** SendGrid's response for this status; `retryAfter` (seconds) becomes its headers. */
export function errorResponse(
  status: number,
  { retryAfter, body }: Pick<Fault, 'retryAfter' | 'body'> = {},
): EspResponse {
  const title = `${status} ${STATUS_CODES[status]}`;
  const html = PROXIED.includes(status)
    ? `<html>\r\n<head><title>${title}</title></head>\r\n` +
      `<body>\r\n<center><h1>${title}</h1></center>\r\n</body>\r\n</html>\r\n`
    : undefined;
  const reset = Math.ceil(Date.now() / 1_000 + (retryAfter ?? 1));
  return {
    status,
    headers: {
      'content-type': html && body === undefined ? 'text/html' : 'application/json',
      ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
      ...(status === 429
        ? { 'x-ratelimit-limit': '600', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(reset) }
        : {}),
    },
    body: body ?? html ?? apiError(TEXTS[status] ?? STATUS_CODES[status] ?? 'error'),
  };
}
