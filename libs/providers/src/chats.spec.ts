import { describe, expect, it } from '@jest/globals';
import { Agent } from 'undici';
import { chatSend } from './chats.ts';
import { answer, itPostsOnce } from './testing/faulty-server.ts';

const ACCOUNT = { kind: 'refused', class: 'account' };
const PERMANENT = { kind: 'permanent', class: 'permanent' };
const UNKNOWN = { kind: 'unknown', class: 'gateway' };
const open = (timeoutMs: number) => {
  const agent = new Agent({ connect: { timeout: timeoutMs } });
  return chatSend({ timeoutMs, dispatcherOf: () => agent });
};
const error = (code: string) => ({ error: { code, message: 'words with a secret' } });

describe('a post to Slack', () => {
  const { seen } = itPostsOnce('slack', open, [
    ['ok', answer('200 OK', 'ok'), { kind: 'accepted', provider: 'slack', status: 200 }],
    ['200 of another server', answer('200 OK', '<html></html>'), UNKNOWN],
    [
      'an invalid payload',
      answer('400 Bad Request', 'invalid_payload'),
      { ...PERMANENT, reason: '400 invalid_payload' },
    ],
    ['no text', answer('400 Bad Request', 'no_text'), PERMANENT],
    ['a forbidden post', answer('403 Forbidden', 'action_prohibited'), ACCOUNT],
    ['a revoked webhook', answer('404 Not Found', 'no_service'), { ...ACCOUNT, reason: '404 no_service' }],
    ['an archived channel', answer('410 Gone', 'channel_is_archived'), ACCOUNT],
    [
      'a limit with its hint',
      answer('429 Too Many Requests', 'rate_limited', { 'retry-after': 3 }),
      { kind: 'refused', class: 'rate-limited', retryAfterMs: 3_000 },
    ],
    ['a limit', answer('429 Too Many Requests'), { kind: 'refused', class: 'rate-limited' }],
    ['an error that may have posted', answer('500 Server Error', 'rollup_error'), UNKNOWN],
    ['words that are no name of an error', answer('400 Bad Request', 'a-secret?'), { ...PERMANENT, reason: '400' }],
  ]);
  it('mentions nobody, and hides no link', async () => {
    const { text } = await posted<{ text: string }>('slack');
    expect(text).toBe('A demo request\n\nFrom &lt;!channel&gt; &amp; &lt;https://evil.example|us&gt;');
    expect(seen.requests).toEqual([]);
  });
});

describe('a post to Teams', () => {
  itPostsOnce('teams', open, [
    ['accepted', answer('202 Accepted'), { kind: 'accepted', provider: 'teams', status: 202 }],
    ['taken by a workflow with an answer', answer('200 OK'), { kind: 'accepted', provider: 'teams' }],
    ['a card that the trigger refuses', answer('400 Bad Request', error('TriggerInputSchemaMismatch')), PERMANENT],
    ['a workflow that is off', answer('400 Bad Request', error('WorkflowTriggerIsNotEnabled')), ACCOUNT],
    ['a signature that is none', answer('401 Unauthorized', error('DirectApiInvalidAuthorizationScheme')), ACCOUNT],
    ['a workflow that is gone', answer('404 Not Found', error('WorkflowNotFound')), ACCOUNT],
    ['a body that is too large', answer('413 Content Too Large'), PERMANENT],
    [
      'a limit with its hint',
      answer('429 Too Many Requests', '', { 'retry-after': 7 }),
      { kind: 'refused', class: 'rate-limited', retryAfterMs: 7_000 },
    ],
    ['an error of its own', answer('500 Server Error', error('InternalServerError')), UNKNOWN],
  ]);
  it('is an Adaptive Card whose text is no Markdown', async () => {
    const card = await posted<{ attachments: { contentType: string; content: { body: object[] } }[] }>('teams');
    expect(card).toMatchObject({ type: 'message' });
    expect(card.attachments).toMatchObject([{ contentType: 'application/vnd.microsoft.card.adaptive' }]);
    expect(card.attachments[0]?.content.body).toEqual([
      { type: 'RichTextBlock', inlines: [{ type: 'TextRun', text: 'A demo request' }] },
      { type: 'RichTextBlock', inlines: [{ type: 'TextRun', text: 'From <!channel> & <https://evil.example|us>' }] },
    ]);
  });
});

it('an address that is not allowed is not asked', async () => {
  const send = chatSend({
    timeoutMs: 1_000,
    dispatcherOf: () => {
      throw new Error('private');
    },
  });
  const to = { chat: 'slack', url: 'https://10.0.0.1/a-secret' } as const;
  expect(await send({ to, subject: 's', text: 't', sendId: 's-1', leadId: 'l-1' })).toMatchObject(ACCOUNT);
});

it.each(['slack', 'teams'] as const)('a long notice at %s is cut', async (chat) => {
  const bytes = JSON.stringify(await posted(chat, '😀'.repeat(10_000))).length;
  expect(bytes).toBeLessThan(8_000);
});

it('a notice of many short paragraphs is no larger than Teams takes', async () => {
  expect(JSON.stringify(await posted('teams', 'a\n\n'.repeat(2_000))).length).toBeLessThan(28_000);
});

/** The body of a post. */
async function posted<Body>(
  chat: 'slack' | 'teams',
  text = 'From <!channel> & <https://evil.example|us>',
): Promise<Body> {
  let body = '';
  const agent = new Agent();
  const dispatch: Agent['dispatch'] = (request, handler) => {
    body = typeof request.body === 'string' ? request.body : '';
    handler.onResponseError?.(undefined as never, new Error('not sent'));
    return true;
  };
  agent.dispatch = dispatch;
  const send = chatSend({ timeoutMs: 1_000, dispatcherOf: () => agent });
  const to = { chat, url: 'https://chat.example/a-secret' };
  await send({ to, subject: 'A demo request', text, sendId: 's-1', leadId: 'l-1' });
  return JSON.parse(body) as Body;
}
