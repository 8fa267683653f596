import { Readable } from 'node:stream';
import { Body, Controller, Get, Header, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { sequenceIdSchema } from '@leadstream/contracts/events';
import { FEEDBACK_UNSUBSCRIBE, type UnsubscribeRequest } from '@leadstream/contracts/feedback';
import { readToken } from '@leadstream/lead/tokens';
import { CONFIG } from '@leadstream/service/tokens';
import type { Config } from './config.ts';
import { FeedbackStream } from './feedback-stream.ts';

const FORM_BYTES_MAX = 64 * 1024;
/** What the button for one series posts, and no mailbox provider does. */
const SERIES_ONLY = { name: 'only', value: 'this-series' } as const;

/**
 * The way out of every mail (RFC 8058). Scanners follow links, so GET changes nothing; POST acts at once, without a
 * cookie or a question, and says the same to a token that nobody signed.
 * `?sequence=` of a mail's own link adds the choice to leave only that series. No token signs it: all that it can do is
 * to narrow what the token's own lead is spared. Nothing of it is ever shown.
 */
@Controller('u')
export class UnsubscribeController {
  constructor(@Inject(CONFIG) private readonly config: Config, private readonly feedback: FeedbackStream) {}

  @Get(':token')
  @Header('content-type', 'text/html; charset=utf-8')
  @Header('cache-control', 'no-store')
  ask(@Query('sequence') query: unknown): string {
    return isSequence(query)
      ? page('No more mails?', `<p>Stop only the series that this mail belongs to, or all mails from us.</p><form method="post"><p><button name="${SERIES_ONLY.name}" value="${SERIES_ONLY.value}">Stop this series</button></p><p><button>Stop all mails</button></p></form>`)
      : page('No more mails?', '<p>One click and we stop writing to you.</p><form method="post"><button>Stop the mails</button></form>');
  }

  @Post(':token')
  @HttpCode(200)
  @Header('content-type', 'text/html; charset=utf-8')
  async unsubscribe(@Param('token') token: string, @Query('sequence') query: unknown, @Body() body: unknown): Promise<string> {
    const form = await read(body);
    const via = form.includes('One-Click') ? 'one-click' : 'page';
    const only = via === 'page' && isSequence(query) && new URLSearchParams(form).get(SERIES_ONLY.name) === SERIES_ONLY.value ? { sequence: query } : {};
    if (readToken('unsubscribe', token, this.config.TOKEN_SECRET)) {
      await this.feedback.store(FEEDBACK_UNSUBSCRIBE, { token, via, ...only } satisfies UnsubscribeRequest);
    }
    return page('Done', 'sequence' in only ? '<p>We will not send you more of this series. Other mails that you ask us for still come.</p>' : '<p>We will not write to you again.</p>');
  }
}

/** A stranger's text: what can't be a sequence's id, or is there twice, is as if it were not there. */
const isSequence = (query: unknown): query is string => sequenceIdSchema.safeParse(query).success;

/** A mailbox provider posts `List-Unsubscribe=One-Click` urlencoded or as multipart; we only look whether it is there. */
async function read(body: unknown): Promise<string> {
  if (!(body instanceof Readable)) return '';
  let text = '';
  for await (const chunk of body) if (text.length < FORM_BYTES_MAX) text += (chunk as Buffer).toString('latin1');
  return text;
}

const page = (title: string, content: string): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">
<title>${title}</title><style>
:root{color-scheme:light dark}body{font:17px/1.5 system-ui,sans-serif;max-width:32rem;margin:20vh auto;padding:0 1.5rem}
button{font:inherit;padding:.6rem 1.2rem;border-radius:.5rem;border:1px solid;cursor:pointer}
</style></head><body><h1>${title}</h1>${content}</body></html>
`;
