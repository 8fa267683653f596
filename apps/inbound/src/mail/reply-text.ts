import { REPLY_TEXT_MAX } from '@leadstream/contracts/events';
import { z } from 'zod';
import type { Mail } from './mail.ts';
import { Thread } from './thread.ts';

/** A person's mail takes a few milliseconds. The reply's stop waits for the trimming, and so do the stops behind it. */
const TRIM_MS_MAX = 300;

/** The trimmer takes time quadratic in these; a longer line or reply is cut for the rep anyway. */
const LINE_LENGTH_MAX = REPLY_TEXT_MAX;
const TRIMMED_LENGTH_MAX = 12 * 1024;

const LINES = /[^\n]+/g;

const thread = new Thread('reply-text-worker');

/**
 * The person's own words, without quotes and signature: for people to read, never to decide on. At most 2,000
 * characters; undefined if the mail has no text. Never rejects: a text that can't be trimmed in time is only cut.
 */
export async function replyText({ text }: Pick<Mail, 'text'>, msMax = TRIM_MS_MAX): Promise<string | undefined> {
  const whole = text
    .replace(/\n{3,}/g, '\n\n')
    .replace(LINES, (line) => line.slice(0, LINE_LENGTH_MAX))
    .slice(0, TRIMMED_LENGTH_MAX);
  if (!whole.trim()) return undefined;
  const trimmed = await thread.ask(whole, msMax).then(
    (answer) => z.string().parse(answer),
    () => '',
  );
  return (trimmed.trim() || whole.trim()).slice(0, REPLY_TEXT_MAX).toWellFormed();
}
