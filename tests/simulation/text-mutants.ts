import type { Mutant } from './mutant.ts';

const of =
  (file: string, specs?: readonly string[]) =>
  (name: string, takeOut: string, putIn = ''): Mutant => ({
    name: `text: ${name}`,
    file,
    takeOut,
    putIn,
    ...(specs ? { specs } : {}),
  });
const CLAIM = of('libs/lead/src/claim.ts');
/** The next visit is in its hours: no run ends otherwise, only later. */
const HOURS = of('libs/lead/src/claim.ts', ['libs/lead/src/claim.spec.ts']);
const EVOLVE = of('libs/lead/src/evolve.ts');
/** Another guard stands behind each of these in a run. */
const FOLD = of('libs/lead/src/evolve.ts', ['libs/verify/src/texting.spec.ts']);
const STATE = of('libs/lead/src/state.ts');
const PLAN = of('libs/sequences/src/plan.ts');
const SENDER = of('apps/sender/src/sender.controller.ts');
/** The simulation has one lead; the spec has two with one number. */
const INBOUND = of('apps/inbound/src/text-feedback.controller.ts', ['apps/inbound/src/texts.int.spec.ts']);
const RESTORED = of('libs/lead/src/recover.ts', ['libs/lead/src/recover.spec.ts']);
const RECOVERED = of('libs/lead/src/evolve.ts', ['libs/lead/src/recover.spec.ts']);
const ORDER = of('libs/verify/src/order.ts', ['libs/verify/src/texting.spec.ts']);
const VERIFY = of('libs/verify/src/texting.ts', ['libs/verify/src/texting.spec.ts']);

/** What allows a text, removed. */
export const textMutants: readonly Mutant[] = [
  CLAIM('a dead number gets texts', '!contact?.phone || sms?.closed === true', '!contact?.phone'),
  CLAIM('no consent is needed', 'sms === null || sms.number !== number', 'sms !== null && sms.number !== number'),
  CLAIM('a consent is for every number', 'sms === null || sms.number !== number', 'sms === null'),
  CLAIM('the default zone shows the hours', "zone === null || zone.source === 'default'", 'zone === null'),
  EVOLVE('a consent outlives an unsubscribe', 'sms: null, textsEndedAt: later(', 'textsEndedAt: later('),
  EVOLVE(
    'an old consent, reported again, is a new one',
    'if (textsEndedAt !== null && Temporal.Instant.compare(smsConsent.at, textsEndedAt) <= 0) return sms;',
  ),
  FOLD('a stranger’s consent counts', 'sms: trusted ? consented(state, data) : null,', 'sms: consented(state, data),'),
  FOLD(
    'a stranger’s number is the lead’s',
    'number: trusted ? (data.number ?? null) : null,',
    'number: data.number ?? null,',
  ),
  FOLD('another consent opens a dead number', 'closed: sms?.number === number && sms.closed }', 'closed: false }'),
  STATE('an answer finds no lead', 'numbers: numbersOf(state),', 'numbers: [],'),
  EVOLVE(
    'a dead number stops the mails',
    "if (data.channel !== 'sms' || !(data.closed || data.optedOut)) return parked(",
    "if (data.channel !== 'sms') return parked(",
  ),
  EVOLVE(
    'a dead number is forgotten',
    'return event.data.closed ? numberClosed(next, event.data.sendId) : next;',
    'return next;',
  ),
  SENDER(
    'a text goes by mail',
    "return this.isFreed(state, step) ? 'no-provider' : 'other-sender';",
    'return undefined;',
  ),
  SENDER(
    'a late text waits for its own sender',
    '|| (isPast(state, step, this.now()) && !this.esp.holds(originName(state)))',
  ),
  HOURS(
    'a visit at night leaves a late text to the next one',
    "isForProvider && first === 'window' && isPast(state, phase.step, now) ? 'late' : first",
    'first',
  ),
  PLAN('a retry of a text has all of its time again', "if (why !== 'retry' || ", 'if (true || '),
  INBOUND(
    'only the first lead of a phone hears what it texts',
    'await this.recorder.record({ leadIds }, answerOf(',
    'await this.recorder.record({ leadIds: leadIds.slice(0, 1) }, answerOf(',
  ),
  INBOUND('a word that stops is an answer', "return kind === 'stop'", "return kind === 'keyword'"),
  INBOUND(
    "a number's owner who told the gateway to stop is not heard",
    "kind: 'unsubscribed', via: 'provider'",
    "kind: 'delivered'",
  ),
  INBOUND(
    'a dead number in a report closes nothing',
    "classification: 'dead-number', closed: true,",
    "classification: 'dead-number',",
  ),
  INBOUND(
    'a stop from a number that is not shown yet is dropped',
    "if (ageMs < UNKNOWN_MS_MAX) throw new Retry('no lead has this number yet', UNKNOWN_EVERY_MS);",
    'if (ageMs < UNKNOWN_MS_MAX) return;',
  ),
  RESTORED('a restore forgets the last unsubscribe', 'textsEndedAt: was.textsEndedAt ?? undefined,'),
  RECOVERED(
    'a restored log forgets the last unsubscribe',
    'textsEndedAt: later(state.textsEndedAt, textsEndedAt)',
    'textsEndedAt: state.textsEndedAt',
  ),
  VERIFY(
    'a consent from before a restored unsubscribe is one',
    'ended: laterOf(texting.ended, data.textsEndedAt),',
    'ended: texting.ended,',
  ),
  VERIFY(
    'a text without a consent is no fault',
    "if (!consent) return [{ says: 'is a text without a consent', seq: null }];",
    'if (!consent) return [];',
  ),
  ORDER(
    'a text is planned again only with all of its time',
    '[next.plan, { ...next.plan, ...keptDeadline(next.plan, plan.at) }]',
    '[next.plan]',
  ),
];
