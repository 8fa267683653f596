import { REPLY_TEXT_MAX } from '@leadstream/contracts/events';
import type { InboundMail } from '@leadstream/contracts/feedback';
import { z } from 'zod';
import { withoutMarkup } from './text.ts';
import { Thread } from './thread.ts';

/** A person's mail takes a few. The stop that the mail is waits for it, and so do the stops behind it. */
const TRIM_MS_MAX = 300;
/** What a person writes is at the top, and trimmers cost the square of what they get. */
const LENGTH_MAX = 32 * 1024;
/** Word's style sheets come before the words. */
const HTML_LENGTH_MAX = 256 * 1024;

const thread = new Thread('reply-text-worker');

/**
 * What a person wrote, without what it quotes and its signature: for people to read, never to decide on. At most 2,000
 * characters; undefined when the mail has no text. Never rejects: what can't be trimmed in time is only cut.
 */
export async function replyText({ fields: { text, html } }: InboundMail, msMax = TRIM_MS_MAX): Promise<string | undefined> {
  const whole = (text?.trim() ? text : withoutMarkup((html ?? '').slice(0, HTML_LENGTH_MAX))).slice(0, LENGTH_MAX).replace(/\n{3,}/g, '\n\n');
  if (!whole.trim()) return undefined;
  const trimmed = await thread.ask(whole, msMax).then((answer) => z.string().parse(answer), () => '');
  return (trimmed.trim() || whole.trim()).slice(0, REPLY_TEXT_MAX).toWellFormed();
}
