import { isRefused, type Broker } from './broker.ts';
import { Unavailable } from './errors.ts';

/** The connections whose user may create nothing; asking again would only fill the log of the server. */
const refused = new WeakSet<Broker>();

/**
 * Creates a stream or bucket that is not there. Throws Unavailable, in words for `/readyz`, when this user may not: in
 * a NATS with users only `leadctl provision` does, and services wait for it.
 */
export async function createMissing<T>(broker: Broker, what: string, create: () => Promise<T>): Promise<T> {
  const words = `${what} is not there yet; leadctl provision creates it`;
  if (refused.has(broker)) throw new Unavailable(words);
  try {
    return await create();
  } catch (error) {
    if (!isRefused(error)) throw error;
    refused.add(broker);
    throw new Unavailable(words, { cause: error });
  }
}
