import type { PlannedStep, Provider, StepChannel } from '@leadstream/contracts/events';
import type { LeadState } from '@leadstream/lead/state';
import type { Message } from '@leadstream/providers/port';
import type { Rep } from '@leadstream/sequences/reps';
import type { Sequence } from '@leadstream/sequences/definition';
import type { MailHash } from '@leadstream/sequences/mail-hash';
import type { Config } from './config.ts';
import { addressed, composeMail, type UnsentMail } from './mail.ts';
import { composeText, validityOf, type UnsentText } from './text.ts';

/** A message before its claim, without the ids of a send, and its hash. */
export type Draft<C extends StepChannel> = Unsent[C] & { hash: MailHash };

interface Unsent {
  email: UnsentMail;
  sms: UnsentText;
}

interface Composer<C extends StepChannel> {
  /** The message of one step, before it is claimed. Throws Unrenderable. */
  compose: (
    leadId: string,
    state: LeadState,
    step: PlannedStep,
    sequence: Sequence,
    config: Config,
    rep: Rep | undefined,
    now: Temporal.Instant,
  ) => Draft<C>;
  /** A notice to the rep as a chat has it; undefined for what no chat takes. */
  notice: (draft: Draft<C>) => { subject: string; text: string } | undefined;
  /** Completes a draft with its send's ids, right before the call. */
  addressed: (draft: Draft<C>, leadId: string, sendId: string, config: Config, now: Temporal.Instant) => Message<C>;
}

/** Each channel's composer; what goes to a chat is composed as the mail that is planned. */
export const composers: { readonly [C in StepChannel]: Composer<C> } = {
  email: {
    compose: composeMail,
    // A mail is answered; in a chat the lead's address has to be seen, also where the text is cut.
    notice: ({ subject, text, replyTo }) => ({ subject, text: `Reply to: ${replyTo.email}\n\n${text}` }),
    addressed,
  },
  sms: {
    compose: composeText,
    notice: () => undefined,
    addressed: (draft, leadId, sendId, _config, now) => {
      const { to, text } = draft;
      return { to, text, validitySeconds: validityOf(draft, now), leadId, sendId };
    },
  },
};

/** The channel that a controller sends by. `provider` is null where none is configured: then its steps stay due. */
export interface ChannelOf<C extends StepChannel = StepChannel> {
  channel: C;
  provider: Provider | null;
  /** No sender takes the other channel's steps: they wait here. */
  isAlone?: boolean;
}
/** Injects a `ChannelOf`. */
export const CHANNEL = Symbol('CHANNEL');
