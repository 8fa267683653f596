import { setTimeout as delay } from 'node:timers/promises';
import { placeOf, placeText, type Place } from '@leadstream/contracts/place';
import { Unavailable } from '@leadstream/eventlog/errors';
import type { Manifest } from './folder.ts';

export interface Following {
  everyMs: number;
  signal: AbortSignal;
  note: (text: string) => void;
  /** Identity and end of the log. */
  look: () => Promise<{ created: string; end: Place }>;
  bring: (stream: string, upTo: Place) => Promise<Manifest>;
  onBrought: (made: Manifest) => void;
  /** Absent: nothing else gets the export. */
  send: ((made: Manifest) => Promise<void>) | undefined;
}

/**
 * Brings an export up to date whenever the log has more, until the signal, which ends no export half-way. A look
 * without news writes no file. A log or a bucket that gives no answer is tried again at the next look.
 */
export async function follow({ everyMs, signal, note, look, bring, onBrought, send }: Following, made: Manifest) {
  let latest = made;
  onBrought(latest);
  let isSent = send === undefined;
  for (;;) {
    if (!isSent && send)
      isSent = await send(latest).then(
        () => true,
        (error: unknown) => {
          if (signal.aborted) throw error;
          note(`leadctl: ${messageOf(error)}; the bucket gets it with the next look at the log`);
          return false;
        },
      );
    if (!signal.aborted) await delay(everyMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return latest;
    try {
      const { created, end } = await look();
      if (created === latest.stream && placeText(end) === placeText(placeOf(latest.upTo))) continue;
      latest = await bring(created, end);
      onBrought(latest);
      isSent = send === undefined;
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      note(`leadctl: ${error.message}; tried again with the next look at the log`);
    }
  }
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
