import type { Mutant } from './mutant.ts';

const of =
  (file: string, more: Partial<Mutant> = {}) =>
  (name: string, takeOut: string, putIn = '', behind?: string): Mutant => ({
    name: `outcome: ${name}`,
    file,
    takeOut,
    putIn,
    services: true,
    ...(behind ? { behind } : {}),
    ...more,
  });
const CONTROLLER = of('apps/projector/src/outcomes.controller.ts');
const STREAM = of('libs/eventlog/src/public-stream.ts');

/** Parts without which PUBLIC would lack, repeat or reorder an outcome, or tell too much. */
export const outcomeMutants: readonly Mutant[] = [
  CONTROLLER(
    'acknowledged before the append',
    'isDone = await this.publish(event, last);',
    'isDone = true;\n      void this.publish(event, last).catch(() => undefined);',
  ),
  CONTROLLER(
    'a conflict counts as done',
    'if (next === undefined) return false;',
    'if (next === undefined) return true;',
  ),
  CONTROLLER('a conflict is answered from a follower', 'this.told.last(event.leadId, true)', 'this.lastBefore(event)'),
  CONTROLLER(
    'only the delivered event is published',
    'trigger.prevOutcome === (last ? nameOf(last) : NO_OUTCOME)',
    'trigger.prevOutcome !== nameOf.name',
  ),
  CONTROLLER(
    'the remembered outcome is not compared with the event',
    'known && nameOf(known) === prevOutcome ? known :',
    'known ? known :',
    'the append expects it, and conflicts',
  ),
  CONTROLLER(
    'an erasure leaves what names a submission',
    'if (erased >= 0 && (await this.told.forget(leadId))) return false;',
    'void erased;',
  ),
  CONTROLLER('what has aged out is published again', 'this.isOld(event) || published', 'published'),
  {
    ...CONTROLLER(
      'a lost log’s outcomes are published again',
      ' || published?.has(event.id) ? null',
      ' || void published ? null',
    ),
    restores: true,
  },
  {
    ...STREAM(
      'a lost log’s outcomes are read from a follower',
      'const { streams } = await this.#broker.jsm();\n    const ids',
      'const { direct: streams } = await this.#broker.jsm();\n    const ids',
    ),
    restores: true,
  },
  STREAM('an append expects nothing', 'lastSubjectSequence: afterSeq,', ''),
  STREAM(
    'an append expects the last outcome of its own type',
    'lastSubjectSequenceSubject: filter',
    'lastSubjectSequenceSubject: outcomeSubject(outcome.type, leadId)',
  ),
  STREAM('the body has more than the contract', 'JSON.stringify(parsed.data)', 'JSON.stringify({ ...data, at })'),
  of('libs/lead/src/has-outcome.ts')(
    'a forged reply is told',
    'authenticated !== false && ',
    '(authenticated, true) && ',
  ),
];
