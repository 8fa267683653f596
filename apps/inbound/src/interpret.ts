import type { Feedback } from '@leadstream/lead/feedback';
import { REPLIES } from '@leadstream/lead/state';
import { factsOfReport, type ReportFact } from './bounce/facts.ts';
import { provenWriters } from './mail/authentication.ts';
import type { Arrival, Mail } from './mail/mail.ts';
import { aliases, answered, isOurs, whose, type ByToken, type Match, type Secrets } from './matching.ts';
import { classify } from './reply/class.ts';
import type { NotAReply } from './reply/facts.ts';

type Fact<Kind extends Feedback['kind']> = Extract<Feedback, { kind: Kind }>;

/** The consequence of an inbound mail. */
export type Meaning =
  /** A mail that we sent ourselves. */
  | { kind: 'own-mail' }
  /** `isForRep`: the rep reads its text. */
  | { kind: 'reply'; about: Match; feedback: Fact<'replied'>; isForRep: boolean }
  | { kind: 'complaint'; about: ByToken; feedback: Fact<'complained'> }
  /** Failed deliveries, each possibly of a lead; at least one. */
  | { kind: 'delivery-report'; failures: readonly ReportFact[]; evidence: string }
  | { kind: 'no-effect'; what: NotAReply; evidence: string }
  /** A reply whose lead nothing names. */
  | { kind: 'unattributed' };

/**
 * Interprets a mail. Pure, so that a mail has the same meaning whenever it is read.
 * The caller looks up whether the leads exist and wait for a reply.
 */
export function interpret(mail: Mail, config: Secrets & { FROM_EMAIL: string }, { provider, at }: Arrival): Meaning {
  if (isOurs(mail, config.FROM_EMAIL, config.TOKEN_SECRET)) return { kind: 'own-mail' };
  const about = whose(mail, config.TOKEN_SECRET);
  const verdict = classify(mail, at);
  const fact = { key: `mail/${mail.key}`, provider, at };
  const named = about ? claimOf(mail, about, config.TOKEN_SECRET) : {};
  if ('notAReply' in verdict) {
    const { notAReply: what, evidence } = verdict;
    if (about && 'leadIds' in about) {
      // A mail to an address that one lead was given is no newsletter, whatever its headers: treat it as a person's.
      if (what === 'bulk')
        return reply(mail, about, {
          ...fact,
          ...named,
          kind: 'replied',
          matchedBy: about.matchedBy,
          class: 'human',
          evidence,
        });
      // The token proves that the complaint's writer has our mail, or knows the address that only its lead was given.
      if (what === 'complaint') return { kind: 'complaint', about, feedback: { ...fact, kind: 'complained' } };
    }
    const failures = what === 'bounce' ? factsOfReport(mail, config, { provider, at }) : [];
    return failures.length > 0
      ? { kind: 'delivery-report', failures, evidence }
      : { kind: 'no-effect', what, evidence };
  }
  if (!about) return { kind: 'unattributed' };
  return reply(mail, about, { ...fact, ...named, kind: 'replied', matchedBy: about.matchedBy, ...verdict });
}

/** The claim whose mail is answered. One mail to several leads names at most one of them. */
function claimOf(mail: Mail, about: Match, secrets: readonly string[]): { sendId?: string } {
  const sent = answered(mail, secrets);
  const isOfLead = 'leadIds' in about && about.leadIds.length === 1 && about.leadIds[0] === sent?.leadId;
  return isOfLead && sent?.sendId ? { sendId: sent.sendId } : {};
}

function reply(mail: Mail, about: Match, feedback: Fact<'replied'>): Meaning {
  const isForRep = REPLIES[feedback.class].isForRep;
  const proven = new Set(provenWriters(mail).flatMap(aliases));
  return { kind: 'reply', about: 'addresses' in about ? { ...about, proven } : about, feedback, isForRep };
}
