import { createHash } from 'node:crypto';
import type { Esp } from '@leadstream/contracts/events';
import type { InboundMail } from '@leadstream/contracts/feedback';
import { canonicalAddress } from '@leadstream/lead/address';
import { decodeWords } from 'postal-mime';
import { bare, mailboxes, parseEnvelope, type Envelope } from './addresses.ts';
import { isWithinLimit, parseHeaders, type MailHeaders } from './headers.ts';
import { visibleText } from './text.ts';

const RECIPIENTS_MAX = 100;
const SUBJECT_LENGTH = 1_000;
/**
 * The headers in which a group keeps the writer's address while From holds the group's own, as Google Groups does for
 * senders with a strict DMARC policy.
 */
const REWRITTEN_FROM = ['x-original-from', 'x-original-sender'];

/** An inbound mail, parsed once. Addresses are canonical if they can be; no sender in it is proven. */
export interface Mail {
  headers: MailHeaders;
  /** False if a part of the header block is missing. */
  areHeadersWhole: boolean;
  /** Natural key, hex: see `keyOf`. */
  key: string;
  /** The writer: From, or the header in which a group keeps it. */
  from?: string | undefined;
  /** The mailbox of From; undefined if From names none or several. */
  author?: string | undefined;
  envelopeFrom?: string | undefined;
  /** A bounce or another machine's mail (RFC 5321 §4.5.5). False for an unknown sender. */
  isNullSender: boolean;
  /** The envelope's recipients, else To and Cc; as written. */
  recipients: readonly string[];
  /** To and Cc, as written: the original recipients of a forwarded copy. */
  named: readonly string[];
  /** Decoded. */
  subject: string;
  /** The plain text part, as posted; '' if there is none. */
  plainText: string;
  /** The text that a reader sees, from the HTML if there is no plain text; its beginning. */
  text: string;
  attachmentTypes: readonly string[];
  /** The status part of a delivery status notification, and the header of the mail that it returns. */
  report?: { status: string; returned: string } | undefined;
  /** SendGrid's verdicts, as posted. */
  verdicts: { spf: string; dkim: string };
}

/** The ESP that posted a mail, and the time (RFC 3339) at which inbound stored it. */
export interface Arrival {
  provider: Esp;
  at: string;
}

const canonical = (address: string): string => canonicalAddress(address) ?? address;

function addressesOf({ fields }: InboundMail, headers: MailHeaders) {
  // The header as sent, not SendGrid's decoded field: an encoded display name may contain an address.
  const froms = headers.get('from') ?? (fields.from === undefined ? [] : [fields.from]);
  const [from] = [...REWRITTEN_FROM.map((name) => headers.get(name)?.[0]), froms[0]].flatMap((text) =>
    mailboxes(text ?? '').slice(0, 1),
  );
  const [author, ...others] = froms.length === 1 ? mailboxes(froms[0] ?? '') : [];
  return {
    from: from && canonical(from),
    author: author && others.length === 0 ? canonical(author) : undefined,
    named: ['to', 'cc']
      .flatMap((name) => headers.get(name) ?? fields[name] ?? [])
      .flatMap(mailboxes)
      .slice(0, RECIPIENTS_MAX),
  };
}

/**
 * The natural key: SendGrid's retry of a mail has the same one, and the same mail to another of our addresses has
 * another.
 * It derives from Message-ID and recipients. Without a Message-ID it derives from everything posted; of a raw mail from
 * the message itself, because the parser's result may differ the next time.
 */
function keyOf(posted: InboundMail, headers: MailHeaders, recipients: readonly string[]): string {
  const messageId = headers.get('message-id')?.map(bare).find(Boolean) ?? posted.mime;
  const identity = messageId
    ? [messageId, ...[...recipients].sort()]
    : [Object.entries(posted.fields).sort(([a], [b]) => (a < b ? -1 : 1)), posted.attachments, posted.raw];
  return createHash('sha256').update(JSON.stringify(identity)).digest('hex');
}

/** SendGrid's field is decoded, the header is not; an encoded word that can't be decoded is kept. */
function subjectOf({ fields }: InboundMail, headers: MailHeaders): string {
  const subject = (fields.subject ?? headers.get('subject')?.[0] ?? '').slice(0, SUBJECT_LENGTH);
  return (subject.includes('=?') ? decodeWords(subject) : subject).trim();
}

const isNull = ({ from }: Envelope, headers: MailHeaders): boolean =>
  from === undefined ? headers.get('return-path')?.[0] === '<>' : from === '';

/** Reads a stored mail. A mail that was posted raw has to pass `parsedMail` first. Never throws. */
export function readMail(posted: InboundMail): Mail {
  const { fields, cut, report } = posted;
  const headers = parseHeaders(fields.headers ?? '');
  const envelope = parseEnvelope(fields.envelope);
  const { named, ...senders } = addressesOf(posted, headers);
  const recipients = envelope.to.length > 0 ? envelope.to.slice(0, RECIPIENTS_MAX) : named;
  return {
    ...senders,
    headers,
    recipients,
    named,
    areHeadersWhole: !cut.includes('headers') && isWithinLimit(fields.headers ?? ''),
    key: keyOf(posted, headers, recipients),
    envelopeFrom: envelope.from ? canonical(envelope.from) : undefined,
    isNullSender: isNull(envelope, headers),
    subject: subjectOf(posted, headers),
    plainText: fields.text ?? '',
    text: visibleText(fields),
    attachmentTypes: posted.attachments.map(({ type }) => type.toLowerCase()),
    report: report && { status: report.status, returned: report.returned ?? '' },
    verdicts: { spf: fields.SPF ?? '', dkim: fields.dkim ?? '' },
  };
}
