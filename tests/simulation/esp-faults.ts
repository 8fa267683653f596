import type { ProviderResponse } from '@leadstream/lead/claim';

/** Whether the provider accepts the mail, the kind of its response, and the sender's reading of it. */
export interface EspFault {
  takes: boolean;
  answered: 'accepted' | 'error' | 'nothing';
  answer: ProviderResponse;
}

type Named = readonly [string, EspFault];
const refusal = (
  kind: 'rate-limited' | 'server-error' | 'unreachable' | 'account' | 'breaker-open',
  retryAfterMs?: number,
): ProviderResponse => ({ kind: 'refused', class: kind, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });

/** Faults of a provider call. */
export const ESP_FAULTS: readonly [Named, ...Named[]] = [
  ['returns 429', { takes: false, answered: 'error', answer: refusal('rate-limited') }],
  ['returns 503', { takes: false, answered: 'error', answer: refusal('server-error') }],
  ['returns 429 with Retry-After: 600', { takes: false, answered: 'error', answer: refusal('rate-limited', 600_000) }],
  ['accepts it and returns 500', { takes: true, answered: 'error', answer: refusal('server-error') }],
  [
    'accepts it and drops the connection',
    { takes: true, answered: 'nothing', answer: { kind: 'unknown', class: 'connection-lost' } },
  ],
  ['loses the mail', { takes: false, answered: 'nothing', answer: { kind: 'unknown', class: 'timeout' } }],
  ['is unreachable', { takes: false, answered: 'error', answer: refusal('unreachable') }],
  ['returns 400', { takes: false, answered: 'error', answer: { kind: 'permanent', class: 'permanent' } }],
  ['returns 401', { takes: false, answered: 'error', answer: refusal('account') }],
  ['is not called: the breaker is open', { takes: false, answered: 'error', answer: refusal('breaker-open') }],
];
export const ACCEPTED: EspFault = {
  takes: true,
  answered: 'accepted',
  answer: { kind: 'accepted', provider: 'sendgrid' },
};
