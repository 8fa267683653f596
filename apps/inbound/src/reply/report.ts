import { asks, wants } from './absence.ts';
import { submittedBy } from './automatic.ts';
import { shown, value, type Classified, type Facts } from './facts.ts';
import { isBounceSubject, isNoFailure, isReadReceipt, isRecall } from './subjects.ts';

/** One failed recipient among several makes a bounce. */
function ofDelivery({ mail, text }: Facts, evidence: string): Classified {
  const actions = [...(mail.report?.status ?? text).matchAll(/^Action:[ \t]{0,5}([a-z]{1,20})/gim)].map(
    ([, action = '']) => action.toLowerCase(),
  );
  if (actions.includes('failed')) return { notAReply: 'bounce', evidence };
  const [action] = actions.filter((one) => /^(?:delayed|delivered|relayed|expanded)$/.test(one));
  if (action) return { notAReply: 'receipt', evidence: `Action: ${action}` };
  const isWarning = isNoFailure(mail.subject) || /this is a warning (?:message )?only/i.test(text.slice(0, 2_000));
  return { notAReply: isWarning ? 'receipt' : 'bounce', evidence };
}

/** RFC 3464, RFC 5965 and RFC 8098 reports. */
function standard(facts: Facts): Classified | undefined {
  const contentType = value(facts, 'content-type') ?? '';
  const [, reportType] = /^multipart\/report\b.*?\breport-type\s{0,5}=\s{0,5}["']?([\w-]+)/is.exec(contentType) ?? [];
  const part = (type: string): boolean => facts.mail.attachmentTypes.some((one) => one.startsWith(type));
  const kind = reportType?.toLowerCase();
  const evidence = shown('Content-Type', contentType.replace(/;\s{0,5}boundary=[^;]*/i, ''));
  if (kind === 'feedback-report' || part('message/feedback-report')) return { notAReply: 'complaint', evidence };
  if (kind === 'disposition-notification' || part('message/disposition-notification'))
    return { notAReply: 'receipt', evidence };
  if (kind === 'delivery-status' || part('message/delivery-status') || part('message/global-delivery-status'))
    return ofDelivery(facts, evidence);
  return undefined;
}

/**
 * Prose bounces, by their sender. A person can write as postmaster, or with automatic headers: then the subject
 * decides.
 */
function fromServer(facts: Facts): Classified | undefined {
  const { from = value(facts, 'from') ?? '' } = facts.mail;
  const name = from.split('@')[0] ?? '';
  if (/^\W*mail(?:er)?[-_]?daemon\b/i.test(name) || /<mailer-daemon>/i.test(name))
    return ofDelivery(facts, shown('From', 'MAILER-DAEMON'));
  if (facts.mail.headers.has('x-failed-recipients')) return ofDelivery(facts, 'X-Failed-Recipients');
  // "Returned mail: can your product help us?" is a person's.
  if (submittedBy(facts.mail) === 'person') return undefined;
  const [isPostmaster, isNull] = [/^postmaster$/i.test(name), facts.mail.isNullSender];
  if (isPostmaster && isNull) return ofDelivery(facts, shown('From', name));
  const isMachine = isPostmaster || isNull || submittedBy(facts.mail) === 'machine';
  return isMachine && isBounceSubject(facts.mail.subject) ? ofDelivery(facts, 'subject of a bounce') : undefined;
}

/** Classifies a report about another mail: about its delivery, a read receipt, a recall, or a complaint. */
export function report(facts: Facts): Classified | undefined {
  const found = standard(facts) ?? fromServer(facts);
  if (found) return found;
  if (isRecall(facts.mail.subject, facts.own)) return { notAReply: 'receipt', evidence: 'recalls an earlier mail' };
  // A receipt has a time; a person may begin with the same words.
  const isPersons = !/\d{4}|\d[:.]\d\d/.test(facts.text) && (wants(facts.own) || asks(facts.own));
  return isReadReceipt(facts.mail.subject, facts.text) && !isPersons
    ? { notAReply: 'receipt', evidence: 'subject of a read receipt' }
    : undefined;
}
