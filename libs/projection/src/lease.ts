import { randomUUID } from 'node:crypto';
import type { Db } from 'mongodb';
import { aliases, provisionAlias } from './alias.ts';

const LEASE_MS = 30_000;
/** Number of former collections kept for a rollback. */
const PREVIOUS_MAX = 2;

/** Another process is making a collection, or has taken over from this one. */
export class MakingElsewhere extends Error {
  override readonly name = 'MakingElsewhere';
  readonly code = 'MAKING_ELSEWHERE';
}

/**
 * The right to make the next live collection, held by one process at a time and renewed in the background. A process
 * that dies loses it within 30 s; one that lost it can't swap any more, whenever it resumes.
 */
export class Lease {
  readonly #db: Db;
  readonly #holder = randomUUID();
  readonly #leaseMs: number;
  #renewing: NodeJS.Timeout | undefined;

  private constructor(db: Db, leaseMs: number) {
    this.#db = db;
    this.#leaseMs = leaseMs;
  }

  /** Throws MakingElsewhere while another process holds it. */
  static async take(db: Db, collection: string, leaseMs = LEASE_MS): Promise<Lease> {
    await provisionAlias(db);
    const lease = new Lease(db, leaseMs);
    const making = { holder: lease.#holder, collection, until: lease.#until };
    const free = { _id: 'leads' as const, $expr: { $not: { $gt: ['$making.until', '$$NOW'] } } };
    const { matchedCount } = await aliases(db).updateOne(free, [{ $unset: 'making' }, { $set: { making } }]);
    if (matchedCount === 0) {
      const other = (await aliases(db).findOne({ _id: 'leads' }))?.making;
      throw new MakingElsewhere(
        `${other?.collection ?? 'another collection'} is being made at this moment; if ` +
          `no process works on it any more, try again in ${leaseMs / 1_000} s`,
      );
    }
    lease.#renewing = setInterval(
      () => void lease.#change([{ $set: { 'making.until': lease.#until } }]).catch(() => undefined),
      leaseMs / 3,
    ).unref();
    return lease;
  }

  /** After the response, all events that the projector acknowledges are in this collection too. */
  async follow(): Promise<void> {
    await this.#change([{ $set: { 'making.followed': true, 'making.until': this.#until } }]);
  }

  /** Makes `name` the live collection, and the present one the first for a rollback. */
  async swap(name: string): Promise<void> {
    const others = { $filter: { input: { $ifNull: ['$previous', []] }, cond: { $ne: ['$$this', name] } } };
    const previous = { $slice: [{ $concatArrays: [['$collection'], others] }, PREVIOUS_MAX] };
    await this.#change([{ $set: { collection: name, previous } }, { $unset: 'making' }]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#renewing);
    await aliases(this.#db).updateOne({ _id: 'leads', 'making.holder': this.#holder }, { $unset: { making: '' } });
  }

  get #until() {
    return { $dateAdd: { startDate: '$$NOW', unit: 'millisecond', amount: this.#leaseMs } };
  }

  async #change(pipeline: object[]): Promise<void> {
    const mine = { _id: 'leads' as const, 'making.holder': this.#holder, $expr: { $gt: ['$making.until', '$$NOW'] } };
    const { matchedCount } = await aliases(this.#db).updateOne(mine, pipeline);
    if (matchedCount === 0)
      throw new MakingElsewhere(
        'this was held up for so long that another process may have taken over; nothing was swapped',
      );
  }
}
