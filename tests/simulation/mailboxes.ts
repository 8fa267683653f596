import { Unavailable } from '@leadstream/eventlog/errors';
import { PLACE_MS, type Mailboxes, type Wanted } from '@leadstream/service/mailboxes';
import { CALL_TIMEOUT_MS } from './broker.ts';
import { promised, type Process, type SimulatedRun } from './faults.ts';

/** The bucket `mailboxes`, with lost answers. Concurrent writers have a test of their own. */
export class SharedMailboxes {
  readonly #run: SimulatedRun;
  readonly #places = new Map<string, Map<string, number>>();

  constructor(run: SimulatedRun) {
    this.#run = run;
  }

  /** The bucket's connection of one process. */
  dial(process: Process): Mailboxes {
    const take = (wanted: Wanted) =>
      promised(
        this.#run.call(process, 'take a place in the mailbox', {
          answer: () => this.#take(wanted),
          timeoutError: () => new Unavailable('no answer'),
          timeoutMs: CALL_TIMEOUT_MS,
        }),
      );
    return { take } as unknown as Mailboxes;
  }

  #take({ key, id, max, now }: Wanted): Temporal.Instant | undefined {
    const nowMs = now.epochMilliseconds;
    const all = this.#places.get(key) ?? new Map<string, number>();
    const others = [...all]
      .map(([other, atMs]) => ({ other, atMs: Math.min(atMs, nowMs) }))
      .filter(({ other, atMs }) => other !== id && nowMs - atMs < PLACE_MS)
      .map(({ atMs }) => atMs)
      .sort((a, b) => b - a);
    const inTheWay = others[max - 1];
    if (inTheWay !== undefined) return Temporal.Instant.fromEpochMilliseconds(inTheWay + PLACE_MS);
    this.#places.set(key, all.set(id, nowMs));
    return undefined;
  }
}
