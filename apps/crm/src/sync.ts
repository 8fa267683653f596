import { randomUUID } from 'node:crypto';
import { isUnavailable } from '@leadstream/eventlog/broker';
import { describeError, KeyLost } from '@leadstream/eventlog/errors';
import type { LeadState } from '@leadstream/lead/state';
import { BATCH_MAX } from '@leadstream/providers/hubspot/contacts';
import { HubSpotTrouble, type HubSpotCall } from '@leadstream/providers/hubspot/access';
import type { Told, ToldEntry, ToldStore } from '@leadstream/service/crm/told';
import type { ToldOutcome } from '@leadstream/service/crm/words';
import type { Logger } from 'pino';
import { tellHubSpot, type Results } from './telling.ts';
import { wishOf, type Wish } from './wish.ts';

/** A call begins at most this long after the records that announce it, and lasts at most `CALL_MS`. */
const BEGIN_MS = 30_000;
export const CALL_MS = 10_000;
/** An announcement of another process is passed over once it has not changed for so long of our own clock. */
const PASS_OVER_MS = 60_000;
const SOON_MS = 1_000;
const LATER_MS = 20_000;
const UNREADABLE_MS = 60_000;
/** Far more than dying processes leave announced: a batch each. */
const MET_MAX = 10_000;

export interface SyncParts {
  /** The lead's newest state, from the log's leader. */
  load: (leadId: string) => Promise<LeadState>;
  told: ToldStore;
  call: HubSpotCall;
  create: boolean;
  log: Logger;
  counted: (outcome: ToldOutcome) => void;
  /** A monotonic clock. */
  nowMs?: () => number;
}

interface Announced {
  wish: Wish;
  revision: number;
}

interface Met {
  revision: number;
  sinceMs: number;
}

/**
 * Makes HubSpot say what the log says of leads. Several processes may do so at once, late, or die between any two
 * lines; the newest state is the last one at HubSpot, because
 * - a call is announced in the record of the lead, with the revision that was read as the expectation, and the state is
 *   read after that: announcements of a lead are in the order of their states;
 * - a state counts as told only while the record is the one that was read before the state;
 * - a call is settled with the revision of its announcement. A process that was passed over meanwhile may have called
 *   late: it announces again and owes the newest state, whoever has acknowledged the message by now;
 * - an announcement that is not settled is never taken for a state that HubSpot has.
 */
export class Sync {
  readonly #parts: Required<SyncParts>;
  readonly #by = randomUUID();
  /** Announcements of other processes that were met, and since when. */
  readonly #met = new Map<string, Met>();
  /**
   * Leads that may have an older state at HubSpot because of a late call of this process, each with the time of its
   * next attempt: one that cannot be read holds up no other.
   */
  readonly #owed = new Map<string, number>();

  constructor(parts: SyncParts) {
    this.#parts = { nowMs: () => performance.now(), ...parts };
  }

  /**
   * Tells HubSpot of up to a hundred leads. Returns those that are to be asked for again, with a delay. Throws
   * HubSpotTrouble after settling what is certain, and Unavailable.
   */
  async tell(leadIds: readonly string[]): Promise<Map<string, number>> {
    const again = new Map<string, number>();
    const announced: Announced[] = [];
    const startedMs = this.#parts.nowMs();
    const found = await Promise.all(leadIds.map((leadId) => this.#announce(leadId)));
    for (const [index, one] of found.entries())
      if (typeof one === 'number') again.set(leadIds[index] ?? '', one);
      else if (one) announced.push(one);
    if (announced.length === 0) return again;
    const results: Results = new Map();
    const { create } = this.#parts;
    try {
      await tellHubSpot(
        announced.map(({ wish }) => wish),
        { call: this.#within(startedMs), create, results },
      );
    } finally {
      for (const leadId of await this.#settle(announced, results)) {
        this.#owed.set(leadId, -Infinity);
        again.set(leadId, SOON_MS);
      }
    }
    return again;
  }

  /** Whether a lead is owed that is to be told now. */
  get owes(): boolean {
    return this.#due().length > 0;
  }

  /** Tells again what is owed and due; throws as `tell` does. */
  async tellOwed(): Promise<void> {
    const leadIds = this.#due().slice(0, BATCH_MAX);
    const again = await this.tell(leadIds);
    for (const leadId of leadIds) {
      const ms = again.get(leadId);
      if (ms === undefined) this.#owed.delete(leadId);
      else if (ms === UNREADABLE_MS) this.#owed.set(leadId, this.#parts.nowMs() + ms);
    }
  }

  #due(): string[] {
    const nowMs = this.#parts.nowMs();
    return [...this.#owed].filter(([, atMs]) => atMs <= nowMs).map(([leadId]) => leadId);
  }

  /** A delay: not now. undefined: HubSpot has the state. */
  async #announce(leadId: string): Promise<Announced | number | undefined> {
    const { told } = this.#parts;
    const was = await told.read(leadId);
    if (this.#isUnderWay(leadId, was)) return LATER_MS;
    try {
      const wish = await this.#wish(leadId);
      if (!wish) return undefined;
      if (was.told && 'digest' in was.told && was.told.digest === wish.digest)
        // Another process may have announced an older state meanwhile.
        return (await told.read(leadId)).revision === was.revision ? undefined : SOON_MS;
      const revision = await told.write(leadId, { by: this.#by, at: new Date().toISOString() }, was.revision);
      if (revision === undefined) return SOON_MS;
      // What was read before may be older than what another process has found told meanwhile.
      return { wish: (await this.#wish(leadId)) ?? wish, revision };
    } catch (error) {
      if (isUnavailable(error) && !(error instanceof KeyLost)) throw error;
      await this.#name(leadId, was, error);
      return UNREADABLE_MS;
    }
  }

  /** Once a cause, in the lead's record: the lead is tried again each minute, for as long as that lasts. */
  async #name(leadId: string, { told: was, revision }: ToldEntry, error: unknown): Promise<void> {
    const { told, counted, log } = this.#parts;
    const why = describeError(error).name;
    if (was && 'outcome' in was && was.outcome === 'unreadable' && was.why === why) return;
    const entry: Told = { digest: '', outcome: 'unreadable', why, at: new Date().toISOString() };
    // Another process has announced a call meanwhile: it names the lead, or can read it.
    if ((await told.write(leadId, entry, revision)) === undefined) return;
    counted('unreadable');
    log.error({ leadId, error: describeError(error) }, 'HubSpot is not told of a lead that cannot be read');
  }

  async #wish(leadId: string): Promise<Wish | undefined> {
    return wishOf(leadId, await this.#parts.load(leadId));
  }

  #isUnderWay(leadId: string, { told, revision }: ToldEntry): boolean {
    if (!told || !('by' in told) || told.by === this.#by) {
      this.#met.delete(leadId);
      return false;
    }
    const nowMs = this.#parts.nowMs();
    const known = this.#met.get(leadId);
    if (known?.revision !== revision) this.#meet(leadId, { revision, sinceMs: nowMs });
    return known?.revision !== revision || nowMs - known.sinceMs < PASS_OVER_MS;
  }

  /** Of a lead whose next message another process takes, nothing else would remove the announcement. */
  #meet(leadId: string, announcement: Met): void {
    this.#met.delete(leadId);
    this.#met.set(leadId, announcement);
    const [oldest] = this.#met.keys();
    if (this.#met.size > MET_MAX && oldest !== undefined) this.#met.delete(oldest);
  }

  /** After a pause of the process a call would come late, perhaps behind another one's. */
  #within(startedMs: number): HubSpotCall {
    const { call, nowMs } = this.#parts;
    return (request) => {
      if (nowMs() - startedMs > BEGIN_MS) return Promise.reject(new HubSpotTrouble('down', 'too late to begin a call'));
      return call(request);
    };
  }

  /**
   * Returns the leads that were passed over. What has no result may have reached HubSpot all the same: it stays
   * announced, and is passed over as others are.
   */
  async #settle(announced: readonly Announced[], results: Results): Promise<string[]> {
    const { told, counted, log } = this.#parts;
    const passed = await Promise.all(
      announced.map(async ({ wish: { leadId, digest }, revision }) => {
        const result = results.get(leadId);
        const at = new Date().toISOString();
        const record = result ? { digest, ...result, at } : { by: this.#by, at };
        if ((await told.write(leadId, record, revision)) === undefined) {
          await this.#announceAnew(leadId);
          return [leadId];
        }
        if (result) counted(result.outcome);
        if (result?.outcome === 'refused') log.warn({ leadId, why: result.why }, 'HubSpot refuses a contact');
        return [];
      }),
    );
    return passed.flat();
  }

  async #announceAnew(leadId: string): Promise<void> {
    const { told } = this.#parts;
    for (;;) {
      const { revision } = await told.read(leadId);
      const announcement = { by: this.#by, at: new Date().toISOString() };
      if ((await told.write(leadId, announcement, revision)) !== undefined) return;
    }
  }
}
