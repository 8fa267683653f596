import type { ProviderResponse } from '@leadstream/lead/claim';

/** Whether it has the letter, what its answer sounded like, and what the sender makes of it. */
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

/** What a provider may do with a letter instead of taking it. */
export const ESP_FAULTS: readonly [Named, ...Named[]] = [
  ['says 429', { takes: false, answered: 'error', answer: refusal('rate-limited') }],
  ['says 503', { takes: false, answered: 'error', answer: refusal('server-error') }],
  ['says 429, come back in ten minutes', { takes: false, answered: 'error', answer: refusal('rate-limited', 600_000) }],
  ['takes it and says 500', { takes: true, answered: 'error', answer: refusal('server-error') }],
  [
    'takes it and says nothing',
    { takes: true, answered: 'nothing', answer: { kind: 'unknown', class: 'connection-lost' } },
  ],
  ['loses the letter', { takes: false, answered: 'nothing', answer: { kind: 'unknown', class: 'timeout' } }],
  ['can not be reached', { takes: false, answered: 'error', answer: refusal('unreachable') }],
  ['says 400', { takes: false, answered: 'error', answer: { kind: 'permanent', class: 'permanent' } }],
  ['says 401', { takes: false, answered: 'error', answer: refusal('account') }],
  ['is not asked: the breaker has opened', { takes: false, answered: 'error', answer: refusal('breaker-open') }],
];
export const ACCEPTED: EspFault = {
  takes: true,
  answered: 'accepted',
  answer: { kind: 'accepted', provider: 'sendgrid' },
};
