import type { Mutant } from './mutant.ts';

const of =
  (file: string, specs: readonly string[]) =>
  (name: string, takeOut: string, putIn = ''): Mutant => ({ name: `text: ${name}`, file, takeOut, putIn, specs });
const TEXTING = ['libs/verify/src/texting.spec.ts'];
const CLAIM = of('libs/lead/src/claim.ts', TEXTING);
const EVOLVE = of('libs/lead/src/evolve.ts', TEXTING);
const STATE = of('libs/lead/src/state.ts', TEXTING);
const RESTORED = of('libs/lead/src/recover.ts', ['libs/lead/src/recover.spec.ts']);
const RECOVERED = of('libs/lead/src/evolve.ts', ['libs/lead/src/recover.spec.ts']);
const VERIFY = of('libs/verify/src/texting.ts', TEXTING);

/** What allows a text, removed; the simulation has no gateway, and specs have to notice. */
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
  EVOLVE(
    'a stranger’s consent counts',
    'sms: trusted ? consented(state, data) : null,',
    'sms: consented(state, data),',
  ),
  EVOLVE(
    'a stranger’s number is the lead’s',
    'number: trusted ? (data.number ?? null) : null,',
    'number: data.number ?? null,',
  ),
  EVOLVE('another consent opens a dead number', 'closed: sms?.number === number && sms.closed }', 'closed: false }'),
  STATE('an answer finds no lead', 'numbers: numbersOf(state),', 'numbers: [],'),
  RESTORED('a restore forgets the last unsubscribe', 'textsEndedAt: was.textsEndedAt ?? undefined,'),
  RECOVERED(
    'a restored log forgets the last unsubscribe',
    'textsEndedAt: later(state.textsEndedAt, textsEndedAt),',
    'textsEndedAt: state.textsEndedAt,',
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
];
