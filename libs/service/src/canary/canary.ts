import type { Recorded } from '@leadstream/contracts/events';
import { CANARY_TAG } from '@leadstream/lead/canary';
import type { LeadLists } from '@leadstream/projection/lists';
import type { CanarySettings } from './config.ts';
import { reasonOf, submit } from './door.ts';
import { factsOf, type RoundFacts } from './facts.ts';
import { judge, type Verdict } from './judge.ts';
import type { Mailbox, ReceivedMail } from './mailbox.ts';
import type { Round } from './rounds.ts';

export interface CanarySight {
  lists: Pick<LeadLists, 'list'>;
  /** All events of a lead, oldest first. */
  history: (leadId: string) => Promise<readonly Recorded[]>;
  mailbox: Mailbox;
}

interface Seen {
  facts: RoundFacts;
  received: readonly ReceivedMail[];
}

/** A submission is repeated at this interval until the log has its lead. */
const AGAIN_MS = 5_000;

/**
 * Takes rounds on, and judges them. What a round needs next derives from the clock, the log and the mailbox: a process
 * that dies at any place is followed by another one that goes on. What is done twice has the same ids.
 */
export class Canary {
  /** This process's own attempts; the facts of the log come first. */
  readonly #done = new Map<string, Pick<RoundFacts, 'door' | 'answer'> & { triedMs?: number }>();

  readonly #settings: CanarySettings;
  readonly #sight: CanarySight;
  readonly #nowMs: () => number;

  constructor(settings: CanarySettings, sight: CanarySight, nowMs: () => number) {
    this.#settings = settings;
    this.#sight = sight;
    this.#nowMs = nowMs;
  }

  /** Forgets all rounds but these. */
  keep(rounds: readonly Round[]): void {
    const ids = new Set(rounds.map(({ id }) => id));
    for (const id of this.#done.keys()) if (!ids.has(id)) this.#done.delete(id);
  }

  /** Does what the round needs now, and judges it. Rejects when the log or the read model does not answer. */
  async visit(round: Round): Promise<Verdict> {
    const seen = await this.#look(round).catch((error: unknown) => ({ error }));
    await this.#submitted(round, 'error' in seen ? undefined : seen.facts);
    if ('error' in seen) throw seen.error;
    await this.#answered(round, seen);
    const facts = { ...seen.facts, ...this.#doneOf(round, seen.facts) };
    return judge(round, facts, this.#nowMs(), this.#settings.limits);
  }

  async #look({ id, address }: Round): Promise<Seen> {
    const { lists, history, mailbox } = this.#sight;
    const [[lead], received] = await Promise.all([
      lists.list({ search: address, tag: CANARY_TAG }, 1),
      mailbox.received(address).catch((error: unknown) => reasonOf(error)),
    ]);
    const events = lead ? await history(lead._id) : [];
    const done = this.#done.get(id) ?? {};
    return typeof received === 'string'
      ? { facts: factsOf(events, [], { ...done, blind: received }), received: [] }
      : { facts: factsOf(events, received, done), received };
  }

  /** Submits the lead, also while the log cannot be read: a repetition is the same submission. */
  async #submitted(round: Round, facts: RoundFacts | undefined): Promise<void> {
    const nowMs = this.#nowMs();
    const done = this.#done.get(round.id) ?? {};
    const isDone = facts?.triagedAt !== undefined || (done.door !== undefined && 'at' in done.door);
    const isSoon = nowMs > round.atMs + this.#settings.limits.patienceMs || nowMs - (done.triedMs ?? 0) < AGAIN_MS;
    if (isDone || isSoon) return;
    const door = await attempt(() => submit(round, this.#settings), this.#nowMs);
    this.#done.set(round.id, { ...done, door, triedMs: nowMs });
  }

  async #answered(round: Round, { facts, received }: Seen): Promise<void> {
    const first = received.find(({ isSpam }) => !isSpam);
    if (round.kind !== 'answering' || first === undefined || facts.stoppedAt !== undefined) return;
    const isAnswered = facts.answer !== undefined && 'at' in facts.answer;
    if (isAnswered || this.#nowMs() > Date.parse(first.at) + this.#settings.limits.patienceMs) return;
    const answer = await attempt(() => this.#sight.mailbox.answer(round.address), this.#nowMs);
    this.#done.set(round.id, { ...this.#done.get(round.id), answer });
  }

  #doneOf({ id }: Round, { answer }: RoundFacts): Pick<RoundFacts, 'door' | 'answer'> {
    const done = this.#done.get(id) ?? {};
    return {
      ...(done.door ? { door: done.door } : {}),
      ...(answer === undefined && done.answer ? { answer: done.answer } : {}),
    };
  }
}

async function attempt(work: () => Promise<void>, nowMs: () => number): Promise<{ at: string } | { error: string }> {
  try {
    await work();
    return { at: new Date(nowMs()).toISOString() };
  } catch (error) {
    return { error: reasonOf(error) };
  }
}
