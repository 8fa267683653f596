import type { ProviderResponse } from '@leadstream/lead/claim';

/** Whether the provider accepts the mail, the kind of its response, and the sender's reading of it. */
export interface EspFault {
  takes: boolean;
  answered: 'accepted' | 'error' | 'nothing';
  answer: ProviderResponse;
}

export type Named = readonly [string, EspFault];
const refused = (
  kind: 'rate-limited' | 'server-error' | 'unreachable' | 'account' | 'breaker-open',
  retryAfterMs?: number,
): ProviderResponse => ({ kind: 'refused', class: kind, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });

/** Faults of a provider call. */
export const ESP_FAULTS: readonly [Named, ...Named[]] = [
  ['returns 429', { takes: false, answered: 'error', answer: refused('rate-limited') }],
  ['returns 503', { takes: false, answered: 'error', answer: refused('server-error') }],
  ['returns 429 with Retry-After: 600', { takes: false, answered: 'error', answer: refused('rate-limited', 600_000) }],
  ['accepts it and returns 500', { takes: true, answered: 'error', answer: refused('server-error') }],
  [
    'accepts it and drops the connection',
    { takes: true, answered: 'nothing', answer: { kind: 'unknown', class: 'connection-lost' } },
  ],
  ['loses the mail', { takes: false, answered: 'nothing', answer: { kind: 'unknown', class: 'timeout' } }],
  ['is unreachable', { takes: false, answered: 'error', answer: refused('unreachable') }],
  ['returns 400', { takes: false, answered: 'error', answer: { kind: 'permanent', class: 'permanent' } }],
  ['returns 401', { takes: false, answered: 'error', answer: refused('account') }],
  ['is not called: the breaker is open', { takes: false, answered: 'error', answer: refused('breaker-open') }],
];
export const ACCEPTED: EspFault = {
  takes: true,
  answered: 'accepted',
  answer: { kind: 'accepted', provider: 'sendgrid' },
};

const unknown = (kind: 'gateway' | 'timeout' | 'connection-lost'): ProviderResponse => ({
  kind: 'unknown',
  class: kind,
});
/** An answer about the number: the gateway gives it to each later text, too. */
const closed = (hasOptedOut: boolean): EspFault => ({
  takes: false,
  answered: 'error',
  answer: { kind: 'permanent', class: 'permanent', isClosed: true, ...(hasOptedOut ? { hasOptedOut: true } : {}) },
});
export const OPTED_OUT: Named = ['returns 21610', closed(true)];
export const DEAD: Named = ['returns 21614', closed(false)];

/** Faults of a call of the SMS gateway: each 5xx leaves it open whether the text goes out. */
export const GATEWAY_FAULTS: readonly [Named, ...Named[]] = [
  ['returns 429', { takes: false, answered: 'error', answer: refused('rate-limited') }],
  ['returns 429 with Retry-After: 600', { takes: false, answered: 'error', answer: refused('rate-limited', 600_000) }],
  ['accepts it and returns 500', { takes: true, answered: 'nothing', answer: unknown('gateway') }],
  ['returns 503', { takes: false, answered: 'nothing', answer: unknown('gateway') }],
  ['accepts it and drops the connection', { takes: true, answered: 'nothing', answer: unknown('connection-lost') }],
  ['loses the text', { takes: false, answered: 'nothing', answer: unknown('timeout') }],
  ['is unreachable', { takes: false, answered: 'error', answer: refused('unreachable') }],
  ['returns 21408', { takes: false, answered: 'error', answer: { kind: 'permanent', class: 'permanent' } }],
  ['returns 20003', { takes: false, answered: 'error', answer: refused('account') }],
  ['is not called: the breaker is open', { takes: false, answered: 'error', answer: refused('breaker-open') }],
];

/** Faults of a post to a chat: a 5xx and a lost connection leave it open whether the rep has it. */
export const CHAT_FAULTS: readonly [Named, ...Named[]] = [
  ['returns 429', { takes: false, answered: 'error', answer: refused('rate-limited') }],
  ['returns 429 with Retry-After: 600', { takes: false, answered: 'error', answer: refused('rate-limited', 600_000) }],
  ['returns 400', { takes: false, answered: 'error', answer: { kind: 'permanent', class: 'permanent' } }],
  ['returns 404', { takes: false, answered: 'error', answer: refused('account') }],
  ['posts it and returns 500', { takes: true, answered: 'nothing', answer: unknown('gateway') }],
  ['returns 503', { takes: false, answered: 'nothing', answer: unknown('gateway') }],
  ['posts it and closes the connection', { takes: true, answered: 'nothing', answer: unknown('connection-lost') }],
  ['does not answer in time', { takes: false, answered: 'nothing', answer: unknown('timeout') }],
  ['is unreachable', { takes: false, answered: 'error', answer: refused('unreachable') }],
  ['is not called: the breaker is open', { takes: false, answered: 'error', answer: refused('breaker-open') }],
];
