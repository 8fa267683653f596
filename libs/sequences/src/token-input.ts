import type { Contact, Dossier, PlannedStep } from '@leadstream/contracts/events';
import { UNPROVEN_MAX, type LeadState, type Run } from '@leadstream/lead/state';
import type { Sequence } from './definition.ts';
import type { TokenInput } from './template-tokens.ts';

interface Settings {
  bookingUrl?: string | undefined;
  fromName?: string | undefined;
  /** `trusted`: mails to the lead show no name or company from an untrusted caller. */
  names: 'trusted' | 'always';
}
type Mailed = LeadState & { contact: Contact; dossier: Dossier; run: Run };

/** The values for the mail of a step, as the sender and the simulator fill them in. */
export const tokenInputOf = (
  state: Mailed,
  step: Pick<PlannedStep, 'audience'>,
  sequence: Pick<Sequence, 'titles'>,
  { names, ...settings }: Settings,
): TokenInput => ({
  ...(step.audience === 'lead' && names === 'trusted'
    ? proven(state)
    : { contact: state.contact, dossier: state.dossier }),
  tags: [state.run.route.tag],
  sequence,
  ...answersOf(state),
  settings,
});

/** The replies that a mail to the rep may show: the text of those proven to be the lead's, the number of the others. */
const answersOf = ({
  answer,
  unproven: { count },
}: LeadState): Pick<TokenInput, 'reply' | 'news' | 'unprovenAnswers'> => ({
  ...(answer?.text ? { [answer.news ? 'news' : 'reply']: answer.text } : {}),
  ...(count > 0 ? { unprovenAnswers: count < UNPROVEN_MAX ? String(count) : `${UNPROVEN_MAX} or more` } : {}),
});

/**
 * The data without unproven input: the templates' fallbacks replace it. Mails to the lead show the dossier's company
 * only.
 */
const proven = ({ fromStrangers, contact, dossier }: Mailed): Pick<TokenInput, 'contact' | 'dossier'> => ({
  contact: {
    ...contact,
    ...Object.fromEntries(fromStrangers.filter((what) => what !== 'dossier').map((name) => [name, undefined])),
  },
  dossier: fromStrangers.includes('dossier') ? { source: dossier.source } : dossier,
});
