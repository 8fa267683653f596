import { ContractError, describeIssues } from '@leadstream/contracts/envelope';
import { z } from 'zod';
import { ownIds } from '../own-ids.ts';
import type { TextEvent, TextReceived } from '../port.ts';
import { DEAD_NUMBER, OPTED_OUT } from './access.ts';

const sid = z.string().regex(/^[A-Z]{2}[0-9a-f]{32}$/i, 'is no SID');
const number = z
  .string()
  .regex(/^\+?\d{3,15}$/)
  .optional()
  .catch(undefined);

const status = z.object({
  MessageSid: sid,
  MessageStatus: z.string().toLowerCase().max(40),
  ErrorCode: z.coerce.number().int().positive().optional().catch(undefined),
  ErrorMessage: z.string().max(2_000).optional().catch(undefined),
});

const idsInQuery = z.object(ownIds);

/** Twilio has the text: it settles a send whose call had no clear answer. */
const TAKEN: ReadonlySet<string> = new Set(['accepted', 'scheduled', 'queued', 'sending', 'sent']);
const LOST: ReadonlySet<string> = new Set(['undelivered', 'failed']);

/** A status callback; its ids are in the query of its URL. Throws ContractError for a form that is none. */
export function parseStatus(body: string, query: string): TextEvent {
  const parsed = status.safeParse(Object.fromEntries(new URLSearchParams(body)));
  if (!parsed.success) throw new ContractError(describeIssues(parsed.error));
  const { MessageSid, MessageStatus, ErrorCode, ErrorMessage } = parsed.data;
  const { send_id: sendId, lead_id: leadId } = idsInQuery.parse(Object.fromEntries(new URLSearchParams(query)));
  const code = ErrorCode === undefined ? {} : { code: String(ErrorCode) };
  const about = {
    key: `text/${MessageSid}/${MessageStatus}${ErrorCode === undefined ? '' : `/${ErrorCode}`}`,
    ...(sendId === undefined ? {} : { sendId }),
    ...(leadId === undefined ? {} : { leadId }),
    providerMessageId: MessageSid,
  };
  if (TAKEN.has(MessageStatus)) return { ...about, kind: 'accepted' };
  if (MessageStatus === 'delivered' || MessageStatus === 'read') return { ...about, kind: 'delivered' };
  if (!LOST.has(MessageStatus)) return { ...about, kind: 'ignored' };
  if (ErrorCode === OPTED_OUT) return { ...about, kind: 'opted-out' };
  const reason = ErrorMessage === undefined ? {} : { reason: ErrorMessage };
  const isDead = ErrorCode !== undefined && DEAD_NUMBER.has(ErrorCode);
  return { ...about, kind: isDead ? 'dead-number' : 'undelivered', ...code, ...reason };
}

const message = z.object({
  MessageSid: sid,
  From: number,
  Body: z.string().max(20_000).default(''),
  OptOutType: z.string().toUpperCase().max(20).optional(),
});

/** The words that Twilio blocks a number for, and what people write in their place; letters alone count. */
const STOPS: ReadonlySet<string> = new Set(
  (
    'STOP STOPALL STOPP STOPPEN UNSUBSCRIBE END QUIT REVOKE OPTOUT CANCEL ARRET ARRÊT PARAR ALTO BAJA ABMELDEN ' +
    'STOPSMS'
  ).split(' '),
);
/** Twilio answers these; none lifts a stop. */
const OTHERS: ReadonlySet<string> = new Set(['START', 'UNSTOP', 'HELP', 'INFO']);

/** A text that somebody sent to our number. Throws ContractError for a form that is none. */
export function parseText(body: string): TextReceived {
  const parsed = message.safeParse(Object.fromEntries(new URLSearchParams(body)));
  if (!parsed.success) throw new ContractError(describeIssues(parsed.error));
  const { MessageSid, From, Body, OptOutType } = parsed.data;
  const word = Body.normalize('NFKC').toUpperCase().replace(/\P{L}/gu, '');
  const kind =
    OptOutType === 'STOP' || STOPS.has(word)
      ? 'stop'
      : OptOutType !== undefined || OTHERS.has(word)
        ? 'keyword'
        : 'text';
  return { key: `text/${MessageSid}`, from: From ?? '', text: Body, kind };
}
