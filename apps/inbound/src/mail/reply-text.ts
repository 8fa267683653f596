import { REPLY_TEXT_MAX } from '@leadstream/contracts/events';
import { z } from 'zod';
import { condensed } from './condensed.ts';
import type { Mail } from './mail.ts';
import { Thread } from './thread.ts';

/** A person's mail takes a few milliseconds. The reply's stop waits for the trimming, and so do the stops behind it. */
const TRIM_MS_MAX = 300;

/** A longer reply is cut for the rep anyway. */
const READ_LENGTH_MAX = 12 * 1024;

const trimmer = new Thread('reply-text-worker');

/**
 * The person's own words, without quotes and signature: for people to read, never to decide on. At most 2,000
 * characters; undefined if the mail has no text. Never rejects: a text that can't be trimmed in time is only cut.
 */
export async function replyText(
  { text }: Pick<Mail, 'text'>,
  msMax = TRIM_MS_MAX,
  thread = trimmer,
): Promise<string | undefined> {
  const whole = text.slice(0, READ_LENGTH_MAX).trim();
  if (!whole) return undefined;
  const { text: short, restored } = condensed(whole);
  const trimmed = await thread.ask(short, msMax).then(
    (answer) => restored(z.string().parse(answer)).trim(),
    () => '',
  );
  return (trimmed || whole).slice(0, REPLY_TEXT_MAX).toWellFormed();
}
