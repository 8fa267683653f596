import { begins, type Recorded } from '@leadstream/contracts/events';
import { isInClear } from '@leadstream/contracts/personal';
import { streamFor } from '@leadstream/contracts/place';
import type { Finding } from './finding.ts';
import { absent, type Missing, type Unreadable } from './log.ts';

/** The gaps of a log that no erasure explains: any other missing event may have been a stop. */
export class Forgotten {
  readonly #partitions: number;
  readonly #missing: Missing[] = [];
  /** By stream, the sequences that erasures in it name. */
  readonly #deleted = new Map<string, Set<number>>();

  constructor(partitions = 1) {
    this.#partitions = partitions;
  }

  miss(missing: Missing): void {
    this.#missing.push(missing);
  }

  add({ leadId, type, data }: Recorded): void {
    if (type !== 'lead.erased' || !('forgets' in data)) return;
    const stream = streamFor(leadId, this.#partitions) ?? '';
    const deleted = this.#deleted.get(stream) ?? new Set();
    this.#deleted.set(stream, deleted);
    for (const seq of data.forgets ?? []) deleted.add(seq);
  }

  *unexplained(): Generator<Unreadable> {
    for (const { stream, first, last } of this.#missing) {
      const deleted = this.#deleted.get(stream);
      let from = first;
      for (let seq = first; seq <= last + 1; seq++) {
        if (seq <= last && !deleted?.has(seq)) continue;
        if (from < seq) yield absent({ stream, first: from, last: seq - 1 });
        from = seq + 1;
      }
    }
  }
}

/**
 * A lead's events without those that its erasure forgets, and what is wrong with that: some that are still there, or a
 * list that is not of exactly its events before. So no erasure explains what another lead lacks.
 */
export function withoutForgotten(all: readonly Recorded[]): { events: readonly Recorded[]; findings: Finding[] } {
  const at = all.findLastIndex(begins);
  const first = all[at];
  if (first?.type !== 'lead.erased') return { events: all, findings: [] };
  const {
    leadId,
    seq,
    version,
    prevSeq,
    data: { forgets = [] },
  } = first;
  const find = (rule: Finding['rule'], seqs: number[], says: string): Finding => ({ rule, leadId, seqs, says });
  const isOrdered = forgets.every((each, index) => each > (forgets[index - 1] ?? 0));
  const isWhole = isOrdered && forgets.length === version - 1 && (forgets.at(-1) ?? 0) === prevSeq;
  return {
    events: all.slice(at),
    findings: [
      ...(isWhole
        ? []
        : [
            find(
              'chain',
              [seq],
              `erasure ${seq} is version ${version} after ${prevSeq}, and forgets other events than those`,
            ),
          ]),
      ...all
        .slice(0, at)
        .map((left) => find('erased', [left.seq], `event ${left.seq} is still there, and erasure ${seq} forgets it`)),
    ],
  };
}

/**
 * Personal data of an erased lead that is still readable, although its key should be destroyed or the event deleted.
 */
export function stillReadable(events: readonly Recorded[]): Finding[] {
  // Events that the erasure forgets have findings of their own.
  if (events.some(begins)) return [];
  const erasedSeq = events.findLast(({ type }) => type === 'lead.erased')?.seq ?? 0;
  return events
    .filter(({ seq, type, data, sealed }) => seq < erasedSeq && sealed === undefined && isInClear(type, data))
    .map(({ leadId, seq }): Finding => ({
      rule: 'erased',
      leadId,
      seqs: [seq],
      says: `event ${seq} can be read, and erasure ${erasedSeq} should have ended that`,
    }));
}
