import type { Recorded } from '@leadstream/contracts/events';
import { stateAfter } from '@leadstream/lead/evolve';
import { withFooter } from '@leadstream/sequences/footer';
import { renderStep, Unrenderable, type Mail } from '@leadstream/sequences/render';
import { tokensOf } from '@leadstream/sequences/template-tokens';
import { tokenInputOf } from '@leadstream/sequences/token-input';
import type { SequenceStore } from '@leadstream/service/sequence-store';
import type { Config } from './config.ts';
import type { MailView } from './mail-schemas.ts';

type Settings = Pick<Config, 'BOOKING_URL' | 'FROM_NAME' | 'POSTAL_ADDRESS' | 'NAMES'>;

/**
 * The mail of a claim, made again: from the lead as it was then and the version of its sequence, with the names and
 * addresses of now. A text says why it cannot be made; undefined: the log has no such claim.
 */
export function mailOf(
  events: readonly Recorded[],
  sendId: string,
  store: Pick<SequenceStore, 'sequence' | 'rep'>,
  settings: Settings,
): MailView | string | undefined {
  const index = events.findIndex((event) => event.type === 'lead.send-started' && event.data.sendId === sendId);
  const claim = events[index];
  if (!claim) return undefined;
  const state = stateAfter(events.slice(0, index));
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
    const mail = renderStep(sequence, step.id, tokensOf(input), { action: step.action, leadId: claim.leadId });
    return {
      sendId,
      step: step.id,
      template: step.action,
      sequence: run.sequence,
      version: run.version,
      at: claim.at,
      from: fromName ?? null,
      to: step.audience === 'lead' ? contact.email : (rep?.name ?? 'the rep'),
      ...(step.audience === 'lead'
        ? withFooter(mail, { fromName: settings.FROM_NAME ?? '', postalAddress, wayOut: '#' })
        : whole(mail)),
    };
  } catch (error) {
    if (!(error instanceof Unrenderable)) throw error;
    return `It cannot be made again: ${error.message}`;
  }
}

const whole = ({ subject, text, html }: Mail) => ({ subject, text, html });

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
