import { isUnavailable } from '@leadstream/eventlog/broker';
import { Unavailable } from '@leadstream/eventlog/errors';
import { Problem } from '@leadstream/service/problem';
import { MongoError } from 'mongodb';

const READ_MS_MAX = 5_000;
const RETRY_AFTER_SECONDS = 5;

/**
 * The result of `ask`. A server that is away, or frozen for 5 s, makes it a 503; the clients' own limits add up over
 * the requests of one answer, and the driver's first connect has none.
 */
export async function read<T>(ask: () => Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  // A question may go to both servers: the limit does not know which one is frozen.
  const none = new Unavailable(`no answer within ${READ_MS_MAX} ms`);
  const timer = setTimeout(() => late.reject(none), READ_MS_MAX);
  try {
    return await Promise.race([ask(), late.promise]);
  } catch (cause) {
    if (!(cause instanceof MongoError || cause instanceof Unavailable || isUnavailable(cause))) throw cause;
    const who = cause === none ? 'NATS or MongoDB' : cause instanceof MongoError ? 'MongoDB' : 'NATS';
    const detail = `${who} gives no answer`;
    throw new Problem('unavailable', detail, { cause, retryAfterSeconds: RETRY_AFTER_SECONDS });
  } finally {
    clearTimeout(timer);
  }
}
