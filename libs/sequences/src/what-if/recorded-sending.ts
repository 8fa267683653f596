import type { PlannedStep } from '@leadstream/contracts/events';
import type { ProviderResponse } from '@leadstream/lead/claim';
import type { Call, Lead } from '../simulator/shell.ts';
import type { Wait } from '../simulator/work.ts';
import type { Sending } from '../simulator/world.ts';
import type { Places } from './places.ts';
import type { RecordedCall } from './record.ts';

interface Parts {
  places: Places;
  unwritable: ReadonlySet<string>;
  /** The recorded call in the place of a claim; undefined: the record has none. */
  call: (sendId: string) => RecordedCall | undefined;
  after: (ms: number, then: () => void) => void;
}

/** Answers each call as the provider answered the one of the same step and number in the record. */
export class RecordedSending implements Sending {
  readonly closed = true;
  readonly isSourcePaused = false;
  readonly inLine = false;
  /** Calls that the record does not have: taken as accepted. */
  assumed = 0;
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Texts are not compared: a mail that could not be written then cannot be written here. */
  write({ state }: Lead, _: PlannedStep): string | undefined {
    const { places, unwritable } = this.#parts;
    const step = places.step(state);
    return step !== undefined && unwritable.has(step) ? 'as recorded' : undefined;
  }

  turn(): Wait<void> {
    return (resolve) => resolve();
  }

  take({ sendId }: Call): Wait<ProviderResponse> {
    const call = this.#parts.call(sendId);
    return (resolve) => {
      if (!call) {
        this.assumed++;
        return resolve({ kind: 'accepted', provider: 'what-if' });
      }
      const { answer } = call;
      // Without an answer the sweep ends the call.
      if (answer === 'none' || answer === 'stalled') return;
      this.#parts.after(answer.afterMs, () => resolve(answer.response));
    };
  }
}
