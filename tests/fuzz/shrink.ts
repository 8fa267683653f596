import type { Payload } from './payload.ts';

const TRIES_MAX = 400;

/** A payload that is as short as cutting makes it, and that fails in the same way. */
export async function shortest(payload: Payload, fails: (other: Payload) => Promise<boolean>): Promise<Payload> {
  let best = payload;
  let tries = 0;
  for (let size = Math.ceil(best.body.length / 2); size > 0 && tries < TRIES_MAX; size = Math.floor(size / 2))
    for (let from = 0; from < best.body.length && tries < TRIES_MAX;) {
      const body = Buffer.concat([best.body.subarray(0, from), best.body.subarray(from + size)]);
      tries++;
      if (await fails({ ...best, body })) best = { ...best, body };
      else from += size;
    }
  return best;
}
