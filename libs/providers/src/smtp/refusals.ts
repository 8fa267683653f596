import type { Outcome } from '../port.ts';
import type { Ended } from './client.ts';

const REASON_LENGTH_MAX = 300;
/** Quotas are of a rolling day: some of it is free again after an hour. */
const DAILY_RETRY_MS = 3_600_000;

type Reply = NonNullable<Ended['reply']>;
interface Said {
  step: Ended['step'];
  code: number;
  /** RFC 3463, without the class: `7.1` of 5.7.1; '' without one. */
  detail: string;
  /** The server's words without the addresses that it quotes: a lead chooses their letters. */
  words: string;
}

const DETAIL = /^\d{3}[ -][245]\.(\d{1,3}\.\d{1,3})\b/;
const saidOf = (step: Ended['step'], { code, text }: Reply): Said => ({
  step,
  code,
  detail: DETAIL.exec(text)?.[1] ?? '',
  words: text.replace(/<[^>]*>|\S*@\S*/g, ' '),
});

/** The account's pace or quota; `too many hops` is a loop, and `over quota` a full mailbox. */
const LIMIT = /\btoo (?:many(?! hops)|much|fast)\b|\bthrottl|\brate\b|\bsending (?:limit|quota)/i;
const DAILY = /\bdaily\b/i;
const RELAY = /\brelay|\bauthenticat|\blog ?in\b|\bSTARTTLS\b/i;
/** Missing or wrong access (RFC 4954, RFC 3207). */
const ACCESS: ReadonlySet<number> = new Set([530, 534, 535, 538]);
/** X.7.x of one recipient or one mail; all others are about the sender, its domain or its access (RFC 5248). */
const POLICY_OF_ONE: ReadonlySet<string> = new Set(['7.1', '7.2', '7.17', '7.18']);
/** The steps before the recipient is named: a refusal there meets every mail. */
const OF_ALL: ReadonlySet<string> = new Set(['connection', 'login', 'sender']);
const TOO_LARGE = 552;
/** A sequence of commands that the server does not allow, mostly mails without a login. */
const BAD_SEQUENCE = 503;
/** Codes that blame the address itself (RFC 3463 §3.2, RFC 7505). */
const OF_THE_ADDRESS: ReadonlySet<string> = new Set(['1.1', '1.2', '1.3', '1.6', '1.10']);

const isTemporary = ({ code }: Said): boolean => code < 500;
const isRelayDenied = ({ step, words }: Said): boolean => step === 'recipient' && RELAY.test(words);
const isOfAccount = (said: Said): boolean => {
  const { step, code, detail, words } = said;
  if (isRelayDenied(said) || ACCESS.has(code)) return true;
  if (detail.startsWith('7.') && (!POLICY_OF_ONE.has(detail) || RELAY.test(words))) return true;
  return code >= 500 && code !== TOO_LARGE && (OF_ALL.has(step) || code === BAD_SEQUENCE);
};

type Refusal<Kind> = Omit<Extract<Outcome, { kind: Kind }>, 'reason' | 'status' | 'isOfRecipient'>;
type Meaning = Refusal<'refused'> | Refusal<'permanent'>;
/** The meanings of a negative reply; the first that applies decides. */
const MEANINGS: readonly (readonly [applies: (said: Said) => boolean, means: Meaning])[] = [
  [({ words }) => DAILY.test(words), { kind: 'refused', class: 'rate-limited', retryAfterMs: DAILY_RETRY_MS }],
  [({ words }) => LIMIT.test(words), { kind: 'refused', class: 'rate-limited' }],
  // A login that fails for now, or a greylisted mail: the server says that it is temporary.
  [(said) => isTemporary(said) && !isRelayDenied(said), { kind: 'refused', class: 'server-error' }],
  [isOfAccount, { kind: 'refused', class: 'account' }],
  [({ detail }) => OF_THE_ADDRESS.has(detail), { kind: 'permanent', class: 'permanent', isClosed: true }],
  [() => true, { kind: 'permanent', class: 'permanent' }],
];

/** Failures by our own settings or the mail's, before any byte of it was written. */
const OURS: Readonly<Record<string, Meaning>> = {
  EAUTH: { kind: 'refused', class: 'account' },
  EENVELOPE: { kind: 'permanent', class: 'permanent' },
  EMESSAGE: { kind: 'permanent', class: 'permanent' },
};

/**
 * The meaning of a session that did not end with an acceptance. A negative reply decides, at whatever step; without one
 * the mail is certainly not sent before its first byte, and unknown after it (docs/adr/0006).
 */
export function outcomeOf({ step, code, reply, isWritten }: Ended): Outcome {
  if (reply && reply.code >= 400) {
    const said = saidOf(step, reply);
    const [, means] = MEANINGS.find(([applies]) => applies(said)) ?? [];
    const reason = reply.text.replace(/\s+/g, ' ').slice(0, REASON_LENGTH_MAX).toWellFormed();
    const ofRecipient = step === 'recipient' && isTemporary(said) ? { isOfRecipient: true as const } : {};
    if (means) return { ...means, ...ofRecipient, reason, status: reply.code };
  }
  if (!isWritten) return { ...(OURS[code] ?? { kind: 'refused', class: 'unreachable' }), reason: code };
  return { kind: 'unknown', class: code === 'ETIMEDOUT' ? 'timeout' : 'connection-lost', reason: code };
}
