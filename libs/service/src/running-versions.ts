import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { catalogue } from '@leadstream/contracts/events';
import type { Broker } from '@leadstream/eventlog/broker';
import { describeError } from '@leadstream/eventlog/errors';
import { STATE_VERSION } from '@leadstream/lead/state';
import type { Msg } from '@nats-io/transport-node';
import { z } from 'zod';
import { VERSION_SUBJECT } from './rights/subjects.ts';
import { VERSION } from './version.ts';

const readable = Object.entries(catalogue).map(([type, { version }]) => `${type}/${version}`);
/** What a build reads and folds: two builds of one version, as in development, can differ in it. */
export const BUILD = {
  version: VERSION,
  stateVersion: STATE_VERSION,
  /** A digest of the event types, each with the highest data version that this build reads. */
  events: createHash('sha256').update(readable.toSorted().join()).digest('hex').slice(0, 8),
};
export type Build = typeof BUILD;

const processVersion = z.object({
  /** The services of the process. */
  services: z.array(z.string()).min(1),
  version: z.string(),
  stateVersion: z.int(),
  events: z.string(),
  host: z.string(),
  pid: z.int(),
  startedAt: z.string(),
});
export type ProcessVersion = z.infer<typeof processVersion>;

/** Far longer than a running process takes to answer. */
export const VERSIONS_WAIT_MS = 2_000;
const RETRY_MS = 30_000;
const NO_RESPONDERS = 503;
/** NATS checks no right to a reply subject: one of a stream would store the answer there. */
const INBOX = '_INBOX';

/** Answers each request for the version of this process until `signal` aborts. */
export async function answerVersions(broker: Broker, services: readonly string[], signal: AbortSignal): Promise<void> {
  const startedAt = Temporal.Now.instant().toString({ smallestUnit: 'second' });
  const own = { services: [...services], ...BUILD, host: hostname(), pid: process.pid, startedAt };
  const answer = JSON.stringify(own satisfies ProcessVersion);
  while (!signal.aborted) {
    try {
      await broker.ready(signal);
      const subscription = broker.connection().subscribe(VERSION_SUBJECT);
      using leaving = new DisposableStack();
      const stop = () => subscription.unsubscribe();
      signal.addEventListener('abort', stop, { once: true });
      leaving.defer(() => signal.removeEventListener('abort', stop));
      if (signal.aborted) stop();
      for await (const request of subscription) if (request.reply?.startsWith(INBOX)) request.respond(answer);
    } catch (error) {
      // A server whose permissions were printed by an older version refuses the subject.
      if (!signal.aborted)
        broker.log.warn({ error: describeError(error) }, 'requests for the version cannot be received, trying again');
    }
    await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** The answers of all processes within `waitMs`; `unreadable` counts those of a build with another form of answer. */
export async function runningVersions(
  broker: Broker,
  waitMs: number,
): Promise<{ processes: ProcessVersion[]; unreadable: number }> {
  const nc = broker.connection();
  const processes: ProcessVersion[] = [];
  let unreadable = 0;
  const take = (_: Error | null, answer: Msg): void => {
    // The server's own answer where nobody listens.
    if (answer.headers?.code === NO_RESPONDERS) return;
    const { success, data } = processVersion.safeParse(parsed(answer.string()));
    if (success) processes.push(data);
    else unreadable++;
  };
  const reply = broker.inbox();
  const subscription = nc.subscribe(reply, { callback: take });
  nc.publish(VERSION_SUBJECT, '', { reply });
  await delay(waitMs);
  // Answers that have come to the server are ahead of the flush's: on a busy machine the wait may end before they are
  // read.
  await nc.flush();
  subscription.unsubscribe();
  const order = ({ services, host, pid }: ProcessVersion) => `${services.join()} ${host} ${pid}`;
  return { processes: processes.toSorted((a, b) => (order(a) < order(b) ? -1 : 1)), unreadable };
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
