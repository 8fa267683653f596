import type { Change, SmsConsent } from '@leadstream/contracts/events';
import { consentGiven } from '@leadstream/contracts/lead-created';
import { change, cleanBlock, cleanLine } from './text.ts';

const TEXT_LENGTH_MAX = 2_000;
const SOURCE_LENGTH_MAX = 500;

/**
 * The consent to texts of a submission; undefined without its words, its time or a number to which it could belong: a
 * half of one is no evidence. Whatever is not a consent stays among the lead's other data.
 */
export function readSmsConsent(given: unknown, phone: string | undefined, changes: Change[]): SmsConsent | undefined {
  const sms = consentGiven.safeParse(given).data?.sms;
  if (!sms) return undefined;
  const text = cleanBlock('consent.sms.text', sms.text, changes).slice(0, TEXT_LENGTH_MAX).toWellFormed();
  const at = instantOf(sms.at);
  const source = cleanLine('consent.sms.source', sms.source ?? '', changes, SOURCE_LENGTH_MAX);
  const missing = !text ? 'no-words' : !at ? 'no-time' : !phone ? 'no-number' : undefined;
  if (missing) changes.push(change('consent.sms', `consent-${missing}`));
  if (missing || !at) return undefined;
  return { text, at, ...(source ? { source } : {}) };
}

function instantOf(text: string): string | undefined {
  try {
    return Temporal.Instant.from(text.trim()).toString();
  } catch {
    return undefined;
  }
}
