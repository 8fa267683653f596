import type { Mutant } from './mutant.ts';

const of =
  (file: string) =>
  (name: string, takeOut: string, putIn = '', behind?: string): Mutant => ({
    name: `webhook: ${name}`,
    file,
    takeOut,
    putIn,
    specs: ['tests/simulation/webhooks.spec.ts'],
    ...(behind ? { behind } : {}),
  });
const DELIVERY = of('apps/webhooks/src/delivery.ts');

/** Of the delivery of PUBLIC to an endpoint; its runs are a spec. */
export const webhookMutants: readonly Mutant[] = [
  DELIVERY(
    'a refused event does not hold back its lead',
    'if (!(await this.#deliver(state, event))) return;',
    'await this.#deliver(state, event);',
  ),
  DELIVERY('new events of a held lead are posted', ' || found.has(event.key)'),
  DELIVERY('what a failed step has read stays', '    } catch (error) {\n      this.forget();', '    } catch (error) {'),
  DELIVERY(
    'a replaced PUBLIC goes on at the old place',
    'if (!isOther) return state;',
    'if (isOther || !isOther) return state;',
  ),
  DELIVERY('the place is kept without its event', 'if (lastId !== undefined) state.lastId = lastId;'),
  DELIVERY(
    'an event that is given up is no dead letter',
    'await this.#parts.endpoints.bury({ endpoint, generation, seq, id, type, attempts, at, why });',
    'void [endpoint, generation, seq, id, type, attempts, at];',
  ),
  DELIVERY(
    'a dead letter is another event after a restore',
    'event?.id === letter.id ? await',
    'event ? await',
    'the endpoint gets that event in any case; only its order could break, and too few runs show it',
  ),
  DELIVERY(
    'a rotated secret signs for ever',
    'until === undefined || Date.parse(until) > this.#nowMs',
    'until !== null',
  ),
  DELIVERY(
    'a paused endpoint is posted to',
    'if (this.#endpoint.paused || this.#isQuiet) return false;',
    'if (this.#isQuiet) return false;',
    'each lane asks once more before it posts',
  ),
  DELIVERY(
    'a dead letter that failed again is forgotten',
    'await endpoints.bury({ ...rest, attempts,',
    'await endpoints.unbury({ ...rest, attempts,',
  ),
  DELIVERY(
    'a process without the lease stores its place',
    "if (!this.#parts.isHolder()) throw new Unavailable('another process delivers now');",
    '',
    'its place is a true one, only older: what comes behind it is posted again',
  ),
];
