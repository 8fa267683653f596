import { describe, expect, it } from '@jest/globals';
import type { InboundMail } from '@leadstream/contracts/feedback';
import { readMail, type Mail } from './mail.ts';
import { replyText } from './reply-text.ts';

/** A time limit for a busy machine; only the last test is about time. */
const BUSY_MS_MAX = 60_000;

const mail = (fields: InboundMail['fields']): Mail => readMail({ fields, cut: [], attachments: [] });

describe('the text of a reply, as the rep reads it', () => {
  it('is the person’s own text, without quotes', async () => {
    const text =
      'Can we talk next week?\n\nJane\n\nOn Mon, Nov 23, 2026 at 9:15 AM Sam of Acme <sales@acme.example> wrote:\n> Hi Jane,\n> you downloaded our guide.\n';
    const shown = await replyText(mail({ text }), BUSY_MS_MAX);
    expect(shown).toContain('Can we talk next week?');
    expect(shown).not.toContain('downloaded');
  });

  it('is the whole text when trimming would remove all of it', async () => {
    expect(await replyText(mail({ text: '> Yes, please.' }))).toBe('> Yes, please.');
  });

  it('is taken from HTML when there is no plain text', async () => {
    expect(await replyText(mail({ html: '<p>Yes,&nbsp;please.</p><script>x</script>' }))).toMatch(/^Yes, please\./);
  });

  it('is empty for a mail without text', async () => {
    expect(await replyText(mail({ text: ' \n', html: '' }))).toBeUndefined();
  });

  it('is cut at 2,000 characters, and never inside a character', async () => {
    const shown = await replyText(mail({ text: `a${'😀'.repeat(3_000)}` }));
    expect(shown?.length).toBeLessThanOrEqual(2_000);
    expect(shown?.isWellFormed()).toBe(true);
  });

  it('is cut, not trimmed, when trimming exceeds its time limit', async () => {
    const text = 'On '.repeat(10_000);
    expect(await replyText(mail({ text }), 1)).toBe(text.slice(0, 2_000));
  });
});
