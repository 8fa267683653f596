import type { Channel, PlannedStep, Provider } from '@leadstream/contracts/events';
import type { LeadState } from '@leadstream/lead/state';
import type { Message } from '@leadstream/providers/port';
import type { Rep } from '@leadstream/sequences/reps';
import type { Sequence } from '@leadstream/sequences/definition';
import type { MailHash } from '@leadstream/sequences/mail-hash';
import type { Config } from './config.ts';
import { addressed, composeMail } from './mail.ts';
import { composeText } from './text.ts';

/** A message before its claim, without the ids of a send, and its hash. */
export type Draft<C extends Channel> = Omit<Message<C>, 'sendId' | 'leadId'> & { hash: MailHash };

interface Composer<C extends Channel> {
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
  /** Completes a draft with its send's ids. */
  addressed: (draft: Draft<C>, leadId: string, sendId: string, config: Config) => Message<C>;
}

/** Each channel's composer. */
export const composers: { readonly [C in Channel]: Composer<C> } = {
  email: { compose: composeMail, addressed },
  sms: { compose: composeText, addressed: ({ hash: _, ...text }, leadId, sendId) => ({ ...text, leadId, sendId }) },
};

/** The channel that a controller sends by. `provider` is null where none is configured: then its steps stay due. */
export interface ChannelOf<C extends Channel = Channel> {
  channel: C;
  provider: Provider | null;
}
/** Injects a `ChannelOf`. */
export const CHANNEL = Symbol('CHANNEL');
