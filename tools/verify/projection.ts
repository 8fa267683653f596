import { isDeepStrictEqual } from 'node:util';
import type { Recorded } from '@leadstream/contracts/events';
import { leadFold } from '@leadstream/lead/evolve';
import { view } from '@leadstream/lead/state';
import type { LeadDocument } from '@leadstream/projection/collections';
import type { Finding } from './finding.ts';

/**
 * Compares a document with the fold of its lead's events up to the document's own last one, so that lag is no difference.
 * The services' fold is right here: this asks whether the copy is the one that the fold makes. Of a document of another
 * `stateVersion` only its place in the log is compared; the projector folds it anew.
 */
export function documentFaults(document: LeadDocument, events: readonly Recorded[]): Finding[] {
  const { _id: leadId, lastSeq, version, stateVersion } = document;
  const find = (says: string): Finding[] => [{ rule: 'projection', leadId, seqs: [lastSeq], says }];
  const length = events.findIndex(({ seq }) => seq === lastSeq) + 1;
  if (length === 0) return find(`its document ends with event ${lastSeq}, which is not in its log`);
  if (version !== length) return find(`its document is version ${version} at event ${lastSeq}, the log has ${length} events by then`);
  if (stateVersion !== leadFold.stateVersion) return [];
  const folded = events.slice(0, length).reduce(leadFold.evolve, leadFold.initial);
  const shown = view(folded);
  const different = [
    ...(isDeepStrictEqual(read(document.state), plain(folded)) ? [] : ['state']),
    ...Object.keys(shown).filter((name) => !isDeepStrictEqual(plain(document[name] ?? null), stored(name, shown[name]))),
  ];
  return different.length === 0 ? [] : find(`its document at event ${lastSeq} is not what the log folds to: ${different.join(', ')}`);
}

/** A lead whose events the projector has acknowledged up to `projected`, all of them, must have a document at least as far. */
export function missingDocument(document: LeadDocument | undefined, events: readonly Recorded[], projected: number): Finding[] {
  const owed = events.findLast(({ seq }) => seq <= projected);
  if (!owed || (document?.lastSeq ?? 0) >= owed.seq) return [];
  const says = `${document ? `its document ends with event ${document.lastSeq}` : 'it has no document'}, and the projector has acknowledged ${owed.seq}`;
  return [{ rule: 'projection', leadId: owed.leadId, seqs: [owed.seq], says }];
}

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null)) as unknown;

/** ISO texts in fields that end in `At` are stored as dates, to the millisecond. */
const stored = (name: string, value: unknown): unknown => plain(name.endsWith('At') && typeof value === 'string' ? new Date(value) : value);

function read(state: string): unknown {
  try {
    return JSON.parse(state);
  } catch {
    return undefined;
  }
}
