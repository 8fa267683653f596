import type { InboundMail } from '@leadstream/contracts/feedback';
import { MAIL_LIMITS } from '../inbound/limits.ts';

/** More of a mail is not fetched; its attachments come last. */
export const MAIL_BYTES_MAX = MAIL_LIMITS.rawBytes;
const HEADER_BYTES_MAX = 64 * 1024;
const ADDRESS_LENGTH_MAX = 320;

/** The headers in which mail servers keep the recipient of the envelope, which a mailbox has lost. */
const RECIPIENT = /^(?:x-original-to|delivered-to|envelope-to|x-envelope-to)\s*:\s*<?([^\s<>]+@[^\s<>]+?)>?\s*$/i;
const RETURN_PATH = /^return-path\s*:\s*<([^<>]*)>\s*$/i;

/**
 * A mail of a mailbox in the form of a raw webhook. The topmost Return-Path is the one that the mailbox's own server
 * wrote; a header below it may be the writer's, and names at most a recipient, which proves nothing without our token.
 */
export function mailOf(source: Buffer, isCut: boolean): InboundMail {
  const [head = ''] = source.toString('latin1', 0, HEADER_BYTES_MAX).split(/\r?\n\r?\n/, 1);
  const lines = head.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/);
  const to = lines.flatMap((line) => RECIPIENT.exec(line)?.[1]?.slice(0, ADDRESS_LENGTH_MAX) ?? []);
  const from = lines.map((line) => RETURN_PATH.exec(line)?.[1]).find((path) => path !== undefined);
  const envelope = { to: [...new Set(to)], ...(from === undefined ? {} : { from: from.slice(0, ADDRESS_LENGTH_MAX) }) };
  return {
    fields: { envelope: JSON.stringify(envelope) },
    cut: isCut ? ['email'] : [],
    attachments: [],
    mime: source.toString('base64'),
  };
}
