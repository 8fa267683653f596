import type { Mutant } from './mutant.ts';

/** The guards of the tag have no person in a run who tries them. */
const specs = ['libs/lead/src/canary.spec.ts'];

/** The uses that leave the canary's leads out, and the guards of its tag. */
export const canaryMutants: readonly Mutant[] = [
  {
    name: 'the rep is told of the canary’s answer',
    file: 'libs/lead/src/feedback.ts',
    takeOut: "REPLIES[replyClass].isForRep && countsFor('rep', state) &&",
    putIn: "countsFor('rep', { tags: [] }) && REPLIES[replyClass].isForRep &&",
  },
  {
    name: 'the rep is told of what the canary submits again',
    file: 'libs/lead/src/triage.ts',
    takeOut: "if (held && (!countsFor('rep', state) || !isNews(",
    putIn: "if (held && (!countsFor('rep', { tags: [] }) || !isNews(",
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
    name: 'the canary’s reports count for the account',
    file: 'apps/inbound/src/feedback-recorder.ts',
    takeOut: "if (!countsFor('reputation', state)) return;",
    putIn: "if (!countsFor('reputation', { tags: [] })) return;",
    services: true,
  },
  {
    name: 'the canary is in lists of people',
    file: 'libs/sequences/src/submission.ts',
    takeOut: '!isCanarySubmission(dossier.source, contact.address, canaryDomain)',
    putIn: '!isCanarySubmission(dossier.source, contact.address, undefined)',
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
  },
];
