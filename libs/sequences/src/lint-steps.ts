import { CANARY_TAG } from '@leadstream/lead/canary';
import type { Sequence, Step } from './definition.ts';
import { lintTextStep, lintTextTemplate, type StepFinding } from './lint-text.ts';
import { actionsOf } from './variants.ts';

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

function lintTiming(step: Step, { triggers }: Sequence): [key: keyof Step, rule: string, message: string][] {
  const { wait, window, latenessMax, whenLate, audience, channel } = step;
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
  // The canary has to prove the nights, too.
  if (audience === 'lead' && channel === 'email' && window === 'none' && !isForCanary(triggers))
    found.push(['window', 'window', 'a mail to a lead needs a window, or it goes out at night']);
  return found;
}

const isForCanary = (triggers: readonly string[]): boolean =>
  triggers.length > 0 && triggers.every((tag) => tag === CANARY_TAG);

const both = <T>(some: readonly T[] = [], others: readonly T[] = []): T | undefined =>
  some.find((one) => others.includes(one));

/** A condition that never holds makes its step unreachable. */
function lintCondition(
  { when }: Step,
  { triggers, stopWhen }: Sequence,
): [key: keyof Step, rule: string, message: string][] {
  if (!when) return [];
  const { tagged, notTagged, happened, notHappened } = when;
  if (Object.values(when).every((part) => Object.keys(part).length === 0))
    return [['when', 'condition', 'it names no condition: leave it out']];
  const never = (why: string): ['when', string, string] => ['when', 'unreachable', `the step is never sent: ${why}`];
  const [tag, happening, exit] = [both(tagged, notTagged), both(happened, notHappened), both(tagged, stopWhen)];
  return [
    ...(tag ? [never(`the tag ${tag} can’t be present and absent`)] : []),
    ...(happening ? [never(`the lead can’t both have ${happening} and not`)] : []),
    ...(exit ? [never(`the tag ${exit} ends the sequence`)] : []),
    ...(triggers.length > 0 && triggers.every((one) => notTagged?.includes(one))
      ? [never('each tag that starts the sequence rules it out')]
      : []),
  ];
}

/** Problems of the steps of a sequence and of their templates, template texts excluded. */
export function lintSteps(sequence: Sequence): StepFinding[] {
  const { steps, templates, businessHours, stopWhen, triggers } = sequence;
  const found: StepFinding[] = [];
  const exit = both(stopWhen, triggers);
  if (exit !== undefined)
    found.push({ path: ['stopWhen'], rule: 'unreachable', message: `no step is sent: ${exit} starts the sequence` });
  if (businessHours && !opens(businessHours))
    found.push({ path: ['businessHours'], rule: 'window', message: neverOpens(businessHours) });
  steps.forEach((step, index) => {
    const at = (key: keyof Step, rule: string, message: string) =>
      found.push({ path: ['steps', index, key], rule, message });
    const ofText = step.channel === 'sms' ? lintTextStep(step, sequence) : [];
    for (const finding of [...lintTiming(step, sequence), ...lintCondition(step, sequence), ...ofText]) at(...finding);
    if (steps.findIndex(({ id }) => id === step.id) < index)
      at('id', 'unreachable', `a step before it is called ${step.id} too, and would be taken for it`);
    if (!Object.hasOwn(templates, step.action))
      at('action', 'unknown-template', `there is no template ${step.action}.md`);
    for (const name of (step.variants ?? []).filter((one) => !Object.hasOwn(templates, one)))
      at('variants', 'unknown-template', `there is no template ${name}.md`);
    if (new Set(actionsOf(step)).size < actionsOf(step).length)
      at('variants', 'unreachable', 'a template is named twice: each is one variant');
    const first = steps.find(({ audience, channel }) => audience === step.audience && channel === 'email');
    if (step.thread && first !== step && first?.when)
      at('thread', 'thread', `${first.id} may be left out: then there is no mail to go on with`);
    if (step.thread && first === step)
      at('thread', 'thread', `no mail to ${step.audience} goes before it: there is no thread to go on with`);
  });
  for (const [name, { subject, body }] of Object.entries(templates)) {
    const users = steps.filter((step) => actionsOf(step).includes(name));
    const template = (key: string, rule: string, message: string) =>
      found.push({ path: ['templates', name, key], rule, message });
    if (users.length === 0) template('body', 'unused-template', 'no step sends it');
    const isText = users.length > 0 && users.every(({ channel }) => channel === 'sms');
    if (isText) found.push(...lintTextTemplate(name, subject, body));
    else if (users.some(({ channel }) => channel === 'sms'))
      template('body', 'sms', 'a mail and a text are written apart: give the text a template of its own');
    if (body.trim() === '') template('body', 'empty', 'it has no body');
    if (subject !== undefined && /\n/.test(subject.trim())) template('subject', 'subject', 'a subject is one line');
    if (!subject?.trim() && users.some(({ thread, channel }) => !thread && channel === 'email'))
      template('subject', 'subject', 'it has no subject');
    if (subject !== undefined && users.length > 0 && users.every(({ thread }) => thread)) {
      template('subject', 'subject', 'a follow-up takes the subject of the first mail: this one would never be seen');
    }
  }
  return found;
}
