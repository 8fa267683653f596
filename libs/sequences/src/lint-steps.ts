import type { Sequence, Step } from './definition.ts';

export interface StepFinding {
  path: (string | number)[];
  rule: string;
  message: string;
}

/**
 * A shorter limit is used up by a claim with its retries and the hunter's rounds: the step would be planned again for
 * ever.
 */
const LATENESS_MIN_SECONDS = 300;

/** Definitions contain no months or years, so a day may count as 24 hours here. */
const seconds = (duration: string): number =>
  Temporal.Duration.from(duration).total({ unit: 'seconds', relativeTo: '2026-01-01' });
const isTime = (time: string): boolean => /^([01]\d|2[0-3]):[0-5]\d$/.test(time) || time === '24:00';

interface Hours {
  from: string;
  to: string;
}
const opens = ({ from, to }: Hours): boolean => isTime(from) && isTime(to) && from < to;
const neverOpens = ({ from, to }: Hours): string => `a window from ${from} to ${to} never opens`;

function lintTiming({
  wait,
  window,
  latenessMax,
  whenLate,
  audience,
}: Step): [key: keyof Step, rule: string, message: string][] {
  const found: [keyof Step, string, string][] = [];
  if (wait && 'min' in wait && seconds(wait.min) > seconds(wait.max))
    found.push(['wait', 'min-max', `min ${wait.min} is longer than max ${wait.max}`]);
  if (typeof window === 'object' && !opens(window)) found.push(['window', 'window', neverOpens(window)]);
  if (latenessMax !== undefined && seconds(latenessMax) < LATENESS_MIN_SECONDS) {
    found.push([
      'latenessMax',
      'unreachable',
      `with latenessMax ${latenessMax} the step may never go out; a send with its retries takes up to PT5M`,
    ]);
  }
  if (whenLate && latenessMax === undefined)
    found.push(['whenLate', 'unreachable', 'without latenessMax no step is late']);
  const longest = wait && ('max' in wait ? wait.max : wait.fixed);
  if (audience === 'lead' && (!longest || seconds(longest) === 0))
    found.push(['wait', 'wait', 'a mail to a lead that comes at once is an obvious machine: give it a wait']);
  if (audience === 'lead' && window === 'none')
    found.push(['window', 'window', 'a mail to a lead needs a window, or it goes out at night']);
  return found;
}

/** Problems of the steps of a sequence and of their templates, template texts excluded. */
export function lintSteps({ steps, templates, businessHours }: Sequence): StepFinding[] {
  const found: StepFinding[] = [];
  if (businessHours && !opens(businessHours))
    found.push({ path: ['businessHours'], rule: 'window', message: neverOpens(businessHours) });
  steps.forEach((step, index) => {
    const at = (key: keyof Step, rule: string, message: string) =>
      found.push({ path: ['steps', index, key], rule, message });
    for (const finding of lintTiming(step)) at(...finding);
    if (steps.findIndex(({ id }) => id === step.id) < index)
      at('id', 'unreachable', `a step before it is called ${step.id} too, and would be taken for it`);
    if (!Object.hasOwn(templates, step.action))
      at('action', 'unknown-template', `there is no template ${step.action}.md`);
    const isFirst = steps.findIndex(({ audience }) => audience === step.audience) === index;
    if (step.thread && isFirst)
      at('thread', 'thread', `no mail to ${step.audience} goes before it: there is no thread to go on with`);
  });
  for (const [name, { subject, body }] of Object.entries(templates)) {
    const users = steps.filter(({ action }) => action === name);
    const template = (key: string, rule: string, message: string) =>
      found.push({ path: ['templates', name, key], rule, message });
    if (users.length === 0) template('body', 'unused-template', 'no step sends it');
    if (body.trim() === '') template('body', 'empty', 'it has no body');
    if (subject !== undefined && /\n/.test(subject.trim())) template('subject', 'subject', 'a subject is one line');
    if (!subject?.trim() && users.some(({ thread }) => !thread)) template('subject', 'subject', 'it has no subject');
    if (subject !== undefined && users.length > 0 && users.every(({ thread }) => thread)) {
      template('subject', 'subject', 'a follow-up takes the subject of the first mail: this one would never be seen');
    }
  }
  return found;
}
