import { describe, expect, it } from '@jest/globals';
import type { InboundMail } from '@leadstream/contracts/feedback';
import { readMail, type Mail } from './mail.ts';
import { replyText } from './reply-text.ts';

/** A busy machine takes its time; only the last test is about that. */
const PATIENCE_MS = 60_000;

const mail = (fields: InboundMail['fields']): Mail => readMail({ fields, cut: [], attachments: [] });

describe('the text of an answer, as the rep reads it', () => {
  it('is what the person wrote, without what it quotes', async () => {
    const text =
      'Can we talk next week?\n\nJane\n\nOn Mon, Nov 23, 2026 at 9:15 AM Sam of Acme <sales@acme.example> wrote:\n> Hi Jane,\n> you downloaded our guide.\n';
    const told = await replyText(mail({ text }), PATIENCE_MS);
    expect(told).toContain('Can we talk next week?');
    expect(told).not.toContain('downloaded');
  });

  it('is the whole where trimming would leave nothing', async () => {
    expect(await replyText(mail({ text: '> Yes, please.' }))).toBe('> Yes, please.');
  });

  it('is read out of HTML where there is no other', async () => {
    expect(await replyText(mail({ html: '<p>Yes,&nbsp;please.</p><script>x</script>' }))).toMatch(/^Yes, please\./);
  });

  it('is nothing for a mail without words', async () => {
    expect(await replyText(mail({ text: ' \n', html: '' }))).toBeUndefined();
  });

  it('is cut at 2,000 characters, and never within one', async () => {
    const told = await replyText(mail({ text: `a${'😀'.repeat(3_000)}` }));
    expect(told?.length).toBeLessThanOrEqual(2_000);
    expect(told?.isWellFormed()).toBe(true);
  });

  it('is only cut when a stranger’s text takes the trimmer too long', async () => {
    const text = 'On '.repeat(10_000);
    expect(await replyText(mail({ text }), 1)).toBe(text.slice(0, 2_000));
  });
});
