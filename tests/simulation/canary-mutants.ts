import type { Mutant } from './mutant.ts';

/** The runs have no lead of the canary: a spec has each of its cases. */
const specs = ['libs/lead/src/canary.spec.ts'];

/** The uses that leave the canary's leads out, and the guards of its tag. */
export const canaryMutants: readonly Mutant[] = [
  {
    name: 'the rep is told of the canary’s answer',
    file: 'libs/lead/src/feedback.ts',
    takeOut: "REPLIES[replyClass].isForRep && countsFor('rep', state) &&",
    putIn: "countsFor('rep', { tags: [] }) && REPLIES[replyClass].isForRep &&",
    specs,
    titles: 'stops at its answer',
  },
  {
    name: 'the canary gets a check-in',
    file: 'libs/lead/src/state.ts',
    takeOut: "if (!countsFor('re-engagement', state)) return null;",
    putIn: "if (!countsFor('re-engagement', { tags: [] })) return null;",
    specs,
    titles: 'no check-in',
  },
  {
    name: 'an operator hides a lead by the canary’s tag',
    file: 'libs/lead/src/command.ts',
    takeOut: 'const reserved = [STOP_TAG, CANARY_TAG]',
    putIn: 'const reserved = [CANARY_TAG, STOP_TAG].slice(1)',
    specs,
    titles: 'keeps its tag',
  },
  {
    name: 'a form hides its lead by the canary’s source',
    file: 'libs/lead/src/canary.ts',
    takeOut: "address.slice(address.lastIndexOf('@') + 1) === domain.toLowerCase()",
    putIn: 'domain.length > 0',
    specs,
    titles: 'needs the source and the domain',
  },
];
