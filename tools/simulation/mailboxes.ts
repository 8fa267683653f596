import { Unavailable } from '@leadstream/eventlog/errors';
import { PLACE_MS, type Mailboxes, type Wanted } from '@leadstream/service/mailboxes';
import { PATIENCE_MS } from './broker.ts';
import { promised, type Process, type World } from './world.ts';

/** The bucket `mailboxes`, whose entries no write of a simulated sender is lost of: compare-and-swap is for its own test to show. */
export class SharedMailboxes {
  readonly #world: World;
  readonly #places = new Map<string, Map<string, number>>();

  constructor(world: World) {
    this.#world = world;
  }

  /** What a process holds as the bucket. */
  dial(process: Process): Mailboxes {
    const take = (wanted: Wanted) => promised(this.#world.ask(process, 'take a place in the mailbox', {
      answer: () => this.#take(wanted), noAnswer: () => new Unavailable('no answer'), patienceMs: PATIENCE_MS,
    }));
    return { take } as unknown as Mailboxes;
  }

  #take({ key, id, max, now }: Wanted): Temporal.Instant | undefined {
    const nowMs = now.epochMilliseconds;
    const all = this.#places.get(key) ?? new Map<string, number>();
    const others = [...all].filter(([other, atMs]) => other !== id && nowMs - Math.min(atMs, nowMs) < PLACE_MS).map(([, atMs]) => Math.min(atMs, nowMs)).sort((a, b) => b - a);
    const inTheWay = others[max - 1];
    if (inTheWay !== undefined) return Temporal.Instant.fromEpochMilliseconds(inTheWay + PLACE_MS);
    this.#places.set(key, all.set(id, nowMs));
    return undefined;
  }
}
