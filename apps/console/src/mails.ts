import type { PlannedStep, Recorded } from '@leadstream/contracts/events';
import { stateAfter } from '@leadstream/lead/evolve';
import type { LeadState } from '@leadstream/lead/state';
import type { Sequence } from '@leadstream/sequences/definition';
import { withFooter } from '@leadstream/sequences/footer';
import { mailHash, partyHash, type MailHash } from '@leadstream/sequences/mail-hash';
import { renderStep, Unrenderable, type Mail } from '@leadstream/sequences/render';
import { tokensOf } from '@leadstream/sequences/template-tokens';
import { tokenInputOf } from '@leadstream/sequences/token-input';
import type { SequenceStore } from '@leadstream/service/sequence-store';
import type { Config } from './config.ts';
import type { MailView } from './mail-schemas.ts';

type Settings = Pick<Config, 'BOOKING_URL' | 'FROM_EMAIL' | 'FROM_NAME' | 'POSTAL_ADDRESS' | 'NAMES'>;
type Claim = Recorded<'lead.send-started'>;
type Store = Pick<SequenceStore, 'sequence' | 'rep'>;

/**
 * The mail of a claim, made again: from the lead as it was then and the version of its sequence, with the names and
 * addresses of now; compared with the hash that the claim has of it. A text says why it cannot be made; undefined: the
 * log has no such claim.
 */
export function mailOf(
  events: readonly Recorded[],
  sendId: string,
  store: Store,
  settings: Settings,
): MailView | string | undefined {
  const index = events.findIndex((event) => event.type === 'lead.send-started' && event.data.sendId === sendId);
  const claim = events[index];
  if (claim?.type !== 'lead.send-started') return undefined;
  const { mailHash: recorded } = claim.data;
  const now = madeAgain(stateAfter(events.slice(0, index)), claim.leadId, store, settings);
  if (typeof now === 'string') return now;
  // The sender composed it before the claim, perhaps before the lead's data changed.
  const same = recorded && earliest(events, index, store, settings, (made) => made.hash.whole === recorded.whole);
  const made = same ?? now;
  return {
    ...made.shown,
    sendId,
    at: claim.at,
    parties: partiesOf(made, recorded),
    ...compared(made, recorded, madeAgainWith(events.slice(0, index), claim, store, settings)),
  };
}

interface Made {
  shown: Omit<MailView, 'sendId' | 'at' | 'match' | 'why' | 'parties'>;
  hash: MailHash;
  /** Undefined: the console does not have it. */
  parties: { [Party in 'to' | 'from']: string | undefined };
}

function madeAgain(state: LeadState, leadId: string, store: Store, settings: Settings): Made | string {
  const { run, contact, dossier, phase } = state;
  if (!run || !contact?.email || !dossier || !('step' in phase)) return 'The personal data of the lead is gone';
  const sequence = store.sequence(run.sequence, run.version);
  if (!sequence) return `${run.sequence} v${run.version} is not deployed any more`;
  const { step } = phase;
  const rep = store.rep(state.rep);
  const { BOOKING_URL: bookingUrl, POSTAL_ADDRESS: postalAddress = '', NAMES: names = 'always' } = settings;
  const fromName = (sequence.assign && rep?.name) ?? settings.FROM_NAME;
  try {
    const input = tokenInputOf({ ...state, contact, dossier, run }, step, sequence, { bookingUrl, fromName, names });
    const mail = renderStep(sequence, step.id, tokensOf(input), { action: step.action, leadId });
    const isText = step.channel === 'sms';
    const to = isText ? (contact.phone ?? '') : step.audience === 'lead' ? contact.email : rep?.email;
    const email = isText ? undefined : settings.FROM_EMAIL;
    const from =
      email === undefined ? {} : { from: { email, name: step.audience === 'lead' ? fromName : settings.FROM_NAME } };
    const footer =
      step.audience === 'lead' && !isText ? { fromName: settings.FROM_NAME ?? '', postalAddress } : undefined;
    return {
      shown: {
        ...aboutOf(sequence, step),
        from: fromName ?? null,
        to: step.audience === 'lead' ? (to ?? '') : (rep?.name ?? 'the rep'),
        ...(footer ? withFooter(mail, { ...footer, wayOut: '#' }) : whole(mail)),
      },
      hash: mailHash(leadId, mail, footer),
      parties: {
        to: undefined,
        from: undefined,
        ...partyHash(leadId, { to: to ?? '', ...from }),
        ...(to === undefined ? { to } : {}),
      },
    };
  } catch (error) {
    if (!(error instanceof Unrenderable)) throw error;
    return `It cannot be made again: ${error.message}`;
  }
}

const aboutOf = ({ id, version }: Sequence, { id: step, action }: PlannedStep) => ({
  step,
  template: action,
  sequence: id,
  version,
});
const whole = ({ subject, text, html }: Mail) => ({ subject, text, html });

/** The mail from the lead as it was before the claim, back to the event that made its step due. */
function earliest(
  events: readonly Recorded[],
  index: number,
  store: Store,
  settings: Settings,
  isIt: (made: Made) => boolean,
): Made | undefined {
  for (let end = index; end > 0; end -= 1) {
    const leadId = events[end - 1]?.leadId ?? '';
    const made = madeAgain(stateAfter(events.slice(0, end)), leadId, store, settings);
    if (typeof made !== 'string' && isIt(made)) return made;
    if (events[end - 1]?.type === 'lead.step-due') return undefined;
  }
  return undefined;
}

/** A text has no From of its own. */
function partiesOf({ parties }: Made, recorded: MailHash | undefined): MailView['parties'] {
  const of = (party: 'to' | 'from'): MailView['parties']['to'] => {
    if (recorded?.[party] === undefined) return 'not-recorded';
    if (parties[party] === undefined) return 'unknown-here';
    return parties[party] === recorded[party] ? 'as-sent' : 'another';
  };
  return { to: of('to'), from: of('from') };
}

/** What the mail uses of the settings of now: each is changed in turn, and the hash shows whether the mail has it. */
function madeAgainWith(events: readonly Recorded[], claim: Claim, store: Store, settings: Settings) {
  const state = stateAfter(events);
  return (changed: Partial<Settings>): MailHash | undefined => {
    const made = madeAgain(state, claim.leadId, store, { ...settings, ...changed });
    return typeof made === 'string' ? undefined : made.hash;
  };
}

const OTHER = 'another';
const SETTINGS = [
  ['its booking link (BOOKING_URL)', { BOOKING_URL: `https://${OTHER}.example/` }],
  ['the sender’s name (FROM_NAME)', { FROM_NAME: OTHER }],
  ['the postal address (POSTAL_ADDRESS)', { POSTAL_ADDRESS: OTHER }],
] as const satisfies readonly (readonly [string, Partial<Settings>])[];

function compared(
  { hash }: Made,
  recorded: MailHash | undefined,
  again: (changed: Partial<Settings>) => MailHash | undefined,
): Pick<MailView, 'match' | 'why'> {
  if (!recorded) return { match: 'not-recorded', why: [] };
  if (hash.whole === recorded.whole) return { match: 'exact', why: [] };
  const match = hash.words === recorded.words ? 'words' : 'changed';
  const names = NAMES.find((NAMES) => again({ NAMES })?.words === recorded.words);
  if (match === 'changed' && names) return { match, why: [`the names that mails may show (NAMES was ${names})`] };
  // A setting that the words have would have changed them.
  const isSuspect = (now: MailHash | undefined): boolean =>
    match === 'words' ? now?.words === hash.words && now.whole !== hash.whole : now?.words !== hash.words;
  const used = SETTINGS.filter(([, changed]) => isSuspect(again(changed))).map(([what]) => what);
  return { match, why: [...used, 'the rep and their name', 'the build of the sender'] };
}
const NAMES = ['trusted', 'always'] as const;

/** The mail as a document of its own; one in a frame of its sequence is whole already. */
export const documentOf = ({ html }: Pick<MailView, 'html'>): string =>
  /^<!doctype/i.test(html)
    ? html
    : '<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">' +
      '<style>body{margin:20px;font:16px/1.5 system-ui,sans-serif;color:#1a1f27;background:#fff;' +
      `overflow-wrap:anywhere}</style>${html}`;

/** The policy of a mail: it runs, loads and navigates nothing, and only the console's page may show it. */
export const MAIL_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; " +
  "frame-ancestors 'self'; sandbox";
