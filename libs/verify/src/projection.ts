import { isDeepStrictEqual } from 'node:util';
import { begins, catalogue, type Recorded } from '@leadstream/contracts/events';
import { leadFold, stateAfter } from '@leadstream/lead/evolve';
import { view } from '@leadstream/lead/state';
import type { HistoryEntry, LeadDocument } from '@leadstream/projection/collections';
import { searchKeysOf } from '@leadstream/projection/search';
import type { Finding } from './finding.ts';

const HISTORY_MAX = 50;
/** The fields of a document besides its view. */
const OWN: ReadonlySet<string> = new Set([
  '_id',
  'state',
  'history',
  'version',
  'lastSeq',
  'lastId',
  'prevId',
  'stateVersion',
  'createdAt',
  'updatedAt',
]);

/**
 * Compares a document with the fold of its lead's events up to the document's own last one, so that lag is no
 * difference. The services' fold is correct here: the check is whether the copy equals it. For a document of another
 * `stateVersion` only its position in the log and its history are compared; the projector folds it anew.
 */
export function documentFaults(document: LeadDocument, all: readonly Recorded[]): Finding[] {
  const { _id: leadId, lastSeq, version, stateVersion } = document;
  const find = (says: string): Finding[] => [{ rule: 'projection', leadId, seqs: [lastSeq], says }];
  const events = all.slice(Math.max(0, all.findLastIndex(begins)));
  const [first] = events;
  // Events before the erasure are gone and can't be compared: the document has yet to reach the erasure.
  if (first && begins(first) && lastSeq < first.seq) return [];
  const start = (first?.version ?? 1) - 1;
  const length = events.findIndex(({ seq }) => seq === lastSeq) + 1;
  if (length === 0) return find(`its document ends with event ${lastSeq}, which is not in its log`);
  if (version !== start + length)
    return find(`its document is version ${version} at event ${lastSeq}, the log has ${start + length} events by then`);
  const last = events[length - 1];
  const isOther = document.lastId !== undefined && document.lastId !== last?.id;
  if (isOther || document.updatedAt.getTime() !== Date.parse(last?.at ?? ''))
    return find(`its document names another event at ${lastSeq} than its log has there`);
  const told = isDeepStrictEqual(wordless(document.history), wordless(historyOf(events.slice(0, length))))
    ? []
    : ['history'];
  const folded = stateAfter(events.slice(0, length));
  // Sealed events were unreadable for the projector too, or their key is gone since: before the erasure the document
  // may still have their data.
  const isSealed = folded.stop?.why !== 'erased' && events.slice(0, length).some(({ sealed }) => sealed !== undefined);
  if (stateVersion !== leadFold.stateVersion || isSealed)
    return told.length === 0 ? [] : find(`its document at event ${lastSeq} does not tell what the log does: history`);
  const viewed = view(folded);
  const shown: Record<string, unknown> = { ...viewed, searchKeys: searchKeysOf(viewed) };
  const different = [
    ...(isDeepStrictEqual(read(document.state), plain(folded)) ? [] : ['state']),
    ...told,
    ...Object.keys(document).filter((name) => !OWN.has(name) && !Object.hasOwn(shown, name)),
    ...Object.keys(shown).filter(
      (name) => !isDeepStrictEqual(plain(document[name] ?? null), stored(name, shown[name])),
    ),
  ];
  return different.length === 0
    ? []
    : find(`its document at event ${lastSeq} is not what the log folds to: ${different.join(', ')}`);
}

/** The history of a lead's last events in a document. */
export const historyOf = (events: readonly Recorded[]): HistoryEntry[] =>
  events
    .slice(-HISTORY_MAX)
    .map(({ seq, version, type, at }) => ({ seq, version, type, at: new Date(at), summary: catalogue[type].says }));

/** Another release may have other texts. */
const wordless = (history: unknown): unknown =>
  JSON.parse(JSON.stringify(history ?? null, (name, value: unknown) => (name === 'summary' ? undefined : value)));

/** A lead whose events the projector has all acknowledged up to `projected` must have a document at least that far. */
export function missingDocument(
  document: LeadDocument | undefined,
  events: readonly Recorded[],
  projected: number,
): Finding[] {
  const owed = events.findLast(({ seq }) => seq <= projected);
  if (!owed || (document?.lastSeq ?? 0) >= owed.seq) return [];
  const says =
    `${document ? `its document ends with event ${document.lastSeq}` : 'it has no document'}` +
    `, and the projector has acknowledged ${owed.seq}`;
  return [{ rule: 'projection', leadId: owed.leadId, seqs: [owed.seq], says }];
}

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null)) as unknown;

/** ISO texts in fields that end in `At` are stored as dates, to the millisecond. */
const stored = (name: string, value: unknown): unknown =>
  plain(name.endsWith('At') && typeof value === 'string' ? new Date(value) : value);

function read(state: string): unknown {
  try {
    return JSON.parse(state);
  } catch {
    return undefined;
  }
}
