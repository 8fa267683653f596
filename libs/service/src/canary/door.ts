import { CANARY_SOURCE } from '@leadstream/lead/canary';
import type { Round } from './rounds.ts';

const TIMEOUT_MS = 5_000;

/** Submits the round's lead, as another team does. Its key makes a repetition the same submission. Rejects with why. */
export async function submit({ id, address }: Round, { ingest, key }: { ingest: string; key: string | undefined }) {
  const response = await fetch(new URL('/v1/leads', ingest), {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'idempotency-key': id,
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
    },
    body: JSON.stringify({ email: address, leadData: { source: CANARY_SOURCE } }),
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch((error: unknown) => {
    throw new Error(reasonOf(error));
  });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`${response.status}`);
}

/** fetch says "fetch failed", and its cause why. */
export function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined;
  if (typeof code === 'string') return code;
  return cause instanceof Error ? cause.message.slice(0, 200) : String(cause);
}
