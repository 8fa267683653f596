import { z } from 'zod';
import type { ChatWire } from '../chat-wire.ts';
import { jsonOf, refusedBy } from '../http.ts';

/** The workflow itself is refused: its URL is another one now, it is switched off, or its owner is gone. */
const GONE = new Set([401, 403, 404, 410]);
const OFF = 'WorkflowTriggerIsNotEnabled';
const refusal = z.object({ error: z.object({ code: z.string().regex(/^[A-Za-z]{1,80}$/) }) });

/** Each part adds some 70 bytes: a stranger's blank lines could make a post that is dropped after its 202. */
const PARTS_MAX = 50;
function partsOf(text: string): string[] {
  const parts = text.split(/\n{2,}/);
  return parts.length > PARTS_MAX ? [...parts.slice(0, PARTS_MAX), parts.slice(PARTS_MAX).join('\n')] : parts;
}

/**
 * A workflow of Teams with the trigger "When a Teams webhook request is received": an Adaptive Card in a message, and
 * 202 once the workflow has it; the workflow posts later, and says nothing of it.
 */
export const teamsPost: ChatWire = {
  body: (text) => ({
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        contentUrl: null,
        content: {
          $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
          type: 'AdaptiveCard',
          version: '1.4',
          msteams: { width: 'Full' },
          // A TextRun is shown as it is; a TextBlock would read Markdown, with links of the lead's.
          body: partsOf(text).map((part) => ({
            type: 'RichTextBlock',
            inlines: [{ type: 'TextRun', text: part }],
          })),
        },
      },
    ],
  }),
  accepts: ({ status }) => status === 202 || status === 200,
  refuses: (response, retryAfterMs) => {
    const code = refusal.safeParse(jsonOf(response)).data?.error.code;
    return refusedBy(response, {
      reason: code,
      isOwn: false,
      isAccount: GONE.has(response.status) || code === OFF,
      retryAfterMs,
    });
  },
};
