import { z } from 'zod';
import { parseJson, type AccountPause, type AccountStore } from './account.ts';

/** Tries in a row that must arrive before an account paused by bounces or complaints resumes. */
export const TRIES_NEEDED = 3;
export const TRY_EVERY_MS = 600_000;
/** Factor of the wait for a test mail that may be in flight: greylisting takes an hour. */
const LOST_AFTER = 6;

const instant = z.iso.datetime({ offset: true });
const tryEntrySchema = z.object({
  pausedAt: instant.describe('Which pause it is of'),
  startedAt: instant,
  by: z.string().describe('The sender, until it has ended'),
  open: z.boolean(),
  sendId: z.string().optional().describe('Its mail, from just before the call'),
  arrived: z.number().int().min(0).describe('How many in a row'),
});
export type TryEntry = z.infer<typeof tryEntrySchema>;

/**
 * The tries of a paused account, one at a time for all its senders: one entry that they change by compare-and-swap.
 * A sender that crashes with a try open delays the next one; a second try is not opened beside it.
 */
export class Tries {
  readonly #account: AccountStore;
  readonly #everyMs: number;
  readonly #now: () => number;

  constructor(account: AccountStore, everyMs = TRY_EVERY_MS, now: () => number = Date.now) {
    this.#account = account;
    this.#everyMs = everyMs;
    this.#now = now;
  }

  /** The stored try; undefined when there was none, or it cannot be read. Throws Unavailable. */
  async last(): Promise<TryEntry | undefined> {
    const entry = await this.#account.entry('tries');
    return entry && tryEntrySchema.safeParse(parseJson(entry.string())).data;
  }

  /** Whether `by`, and no other sender, may try one mail now. Throws Unavailable. */
  async begin({ at: pausedAt }: AccountPause, by: string): Promise<boolean> {
    const was = await this.#account.entry('tries');
    const stored = was && tryEntrySchema.safeParse(parseJson(was.string())).data;
    const before = stored?.pausedAt === pausedAt ? stored : undefined;
    const waitMs = this.#everyMs * (before?.open && before.sendId !== undefined ? LOST_AFTER : 1);
    if (this.#now() < Date.parse(before?.startedAt ?? pausedAt) + waitMs) return false;
    const startedAt = new Date(this.#now()).toISOString();
    const next: TryEntry = { pausedAt, startedAt, by, open: true, arrived: before?.arrived ?? 0 };
    return this.#account.write('tries', JSON.stringify(next), was);
  }

  /** Just before the call: false when the try now belongs to another sender, or has its mail. Throws Unavailable. */
  async name(by: string, sendId: string): Promise<boolean> {
    return (
      (await this.#change((entry) =>
        entry.by === by && entry.sendId === undefined ? { ...entry, sendId } : undefined,
      )) !== undefined
    );
  }

  /** Ends the try of `by`, which did not reach a mailbox. Throws Unavailable. */
  async end(by: string): Promise<void> {
    await this.#change((entry) => (entry.by === by ? { ...entry, open: false } : undefined));
  }

  /**
   * Records the outcome of the try's mail from `outcomes`, by its sendId; undefined: none new. Throws Unavailable.
   */
  settle(outcomes: ReadonlyMap<string, boolean>): Promise<TryEntry | undefined> {
    return this.#change((entry) => {
      const hasArrived = entry.sendId === undefined ? undefined : outcomes.get(entry.sendId);
      return hasArrived === undefined
        ? undefined
        : { ...entry, open: false, arrived: hasArrived ? entry.arrived + 1 : 0 };
    });
  }

  async #change(decide: (open: TryEntry) => TryEntry | undefined): Promise<TryEntry | undefined> {
    for (;;) {
      const was = await this.#account.entry('tries');
      const stored = was && tryEntrySchema.safeParse(parseJson(was.string())).data;
      const next = stored?.open ? decide(stored) : undefined;
      if (next === undefined || (await this.#account.write('tries', JSON.stringify(next), was))) return next;
    }
  }
}
