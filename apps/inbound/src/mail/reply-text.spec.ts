import { describe, expect, it } from '@jest/globals';
import type { InboundMail } from '@leadstream/contracts/feedback';
import { readMail, type Mail } from './mail.ts';
import { replyText } from './reply-text.ts';
import { Thread } from './thread.ts';

/** A time limit for a busy machine. */
const BUSY_MS_MAX = 60_000;

const mail = (fields: InboundMail['fields']): Mail => readMail({ fields, cut: [], attachments: [] });

describe('the text of a reply, as the rep reads it', () => {
  it('is the person’s own text, without quotes', async () => {
    const text =
      'Can we talk next week?\n\nJane\n\nOn Mon, Nov 23, 2026 at 9:15 AM Sam of Acme ' +
      '<sales@acme.example> wrote:\n> Hi Jane,\n> you downloaded our guide.\n';
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

  it('has each long line whole, and no line of a long quote before the answer', async () => {
    const long = `We ${'really '.repeat(60)}need it.`;
    const text = `Sam wrote:\n${'> a line of our own mail\n'.repeat(150)}\n${long}\n\n${long}\n`;
    const shown = await replyText(mail({ text }), BUSY_MS_MAX);
    expect(shown).toContain(`${long}\n\n${long}`);
    expect(shown).not.toContain('our own mail');
  });

  it('is cut, not trimmed, when the trimmer returns nothing', async () => {
    const broken = new Thread('no-such-worker');
    expect(await replyText(mail({ text: 'Yes.\n\n> quoted\n' }), BUSY_MS_MAX, broken)).toBe('Yes.\n\n> quoted');
  });

  it('is trimmed within a limit that the start of a thread exceeds', async () => {
    let shown;
    for (let attempt = 0; attempt < 50 && shown !== 'Yes.'; attempt++)
      shown = await replyText(mail({ text: 'Yes.\n\n> quoted' }), 10, new Thread('reply-text-worker'));
    expect(shown).toBe('Yes.');
  });

  it('is trimmed when this process stalls until its limit is over', async () => {
    await replyText(mail({ text: 'the thread has started' }), BUSY_MS_MAX);
    const shown = replyText(mail({ text: 'Yes.\n\n> quoted' }));
    await new Promise(setImmediate);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 400);
    expect(await shown).toBe('Yes.');
  });
});
