import { Readable } from 'node:stream';
import { Body, Controller, Get, Header, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { FEEDBACK_UNSUBSCRIBE, type UnsubscribeRequest } from '@leadstream/contracts/feedback';
import { readToken } from '@leadstream/lead/tokens';
import { CONFIG } from '@leadstream/service/tokens';
import type { Config } from './config.ts';
import { FeedbackStream } from './feedback-stream.ts';

const FORM_BYTES_MAX = 64 * 1024;

/**
 * The way out of every mail (RFC 8058). Scanners follow links, so GET changes nothing; POST acts at once, without a
 * cookie or a question, and says the same to a token that nobody signed.
 */
@Controller('u')
export class UnsubscribeController {
  constructor(@Inject(CONFIG) private readonly config: Config, private readonly feedback: FeedbackStream) {}

  @Get(':token')
  @Header('content-type', 'text/html; charset=utf-8')
  @Header('cache-control', 'no-store')
  ask(): string {
    return page('No more mails?', '<p>One click and we stop writing to you.</p><form method="post"><button>Stop the mails</button></form>');
  }

  @Post(':token')
  @HttpCode(200)
  @Header('content-type', 'text/html; charset=utf-8')
  async unsubscribe(@Param('token') token: string, @Body() body: unknown): Promise<string> {
    const form = await read(body);
    if (readToken('unsubscribe', token, this.config.TOKEN_SECRET)) {
      const via = form.includes('One-Click') ? 'one-click' : 'page';
      await this.feedback.store(FEEDBACK_UNSUBSCRIBE, { token, via } satisfies UnsubscribeRequest);
    }
    return page('Done', '<p>We will not write to you again.</p>');
  }
}

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
