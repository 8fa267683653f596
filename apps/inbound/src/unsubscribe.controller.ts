import type { IncomingHttpHeaders } from 'node:http';
import { Controller, Get, Header, Headers, HttpCode, Inject, Param, Post, Query, Req } from '@nestjs/common';
import { sequenceIdSchema } from '@leadstream/contracts/events';
import { FEEDBACK_UNSUBSCRIBE, type UnsubscribeRequest } from '@leadstream/contracts/feedback';
import { readToken } from '@leadstream/lead/signed-token';
import { Door } from '@leadstream/service/door';
import { Prefix } from '@leadstream/service/prefix';
import type { RequestBody } from '@leadstream/service/request-body';
import { CONFIG } from '@leadstream/service/injected';
import type { FastifyRequest } from 'fastify';
import type { Config } from './config.ts';
import { FeedbackStream } from './feedback-stream.ts';
import { FORM_BYTES_MAX, UNSUBSCRIBE } from './routes.ts';
import { languageOf, TEXTS, type Language } from './unsubscribe-texts.ts';

/** The part of a form that is searched. */
const KEPT_BYTES = 1_024;
/** Posted by the button for one series, and by no mailbox provider. */
const SERIES_ONLY = { name: 'only', value: 'this-series' } as const;

/**
 * The unsubscribe link of every mail (RFC 8058). Scanners follow links, so GET changes nothing; POST acts at once,
 * without a cookie or a question, and responds the same to a token with a wrong signature.
 * `?sequence=`, in a mail's own link, adds the choice to leave only that series. It is not signed: it can only narrow
 * the effect on the token's own lead. It is never shown.
 */
@Controller('u')
export class UnsubscribeController {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly feedback: FeedbackStream,
  ) {}

  @Get(':token')
  @Header('content-type', 'text/html; charset=utf-8')
  @Header('cache-control', 'no-store')
  @Header('vary', 'accept-language')
  ask(@Query('sequence') query: unknown, @Headers() headers: IncomingHttpHeaders): string {
    const language = languageOf(headers);
    const { question, stopsAll, stop, choice, stopSeries, stopAll } = TEXTS[language];
    return isSequence(query)
      ? page(
          language,
          question,
          `<p>${choice}</p><form method="post"><p><button name="${SERIES_ONLY.name}" value="${SERIES_ONLY.value}">` +
            `${stopSeries}</button></p><p><button>${stopAll}</button></p></form>`,
        )
      : page(language, question, `<p>${stopsAll}</p><form method="post"><button>${stop}</button></form>`);
  }

  @Post(':token')
  @Door(UNSUBSCRIBE['POST /u/:token'].door)
  @HttpCode(200)
  @Header('content-type', 'text/html; charset=utf-8')
  @Header('vary', 'accept-language')
  async unsubscribe(
    @Param('token') token: string,
    @Query('sequence') query: unknown,
    @Req() { incoming, headers }: FastifyRequest,
  ): Promise<string> {
    // The body of a request with an unsigned token is not read, so the page can depend on the link alone.
    if (readToken('unsubscribe', token, this.config.TOKEN_SECRET)) {
      const form = await read(incoming);
      const via = form.includes('One-Click') ? 'one-click' : 'page';
      const only =
        via === 'page' && isSequence(query) && new URLSearchParams(form).get(SERIES_ONLY.name) === SERIES_ONLY.value
          ? { sequence: query }
          : {};
      await this.feedback.store(FEEDBACK_UNSUBSCRIBE, { token, via, ...only } satisfies UnsubscribeRequest, incoming);
    }
    const language = languageOf(headers);
    const { done, doneAll, doneSeries } = TEXTS[language];
    return page(language, done, `<p>${isSequence(query) ? doneSeries : doneAll}</p>`);
  }
}

/** Untrusted text: a value that is no sequence id, or a repeated one, counts as absent. */
const isSequence = (query: unknown): query is string => sequenceIdSchema.safeParse(query).success;

/** Mailbox providers post `List-Unsubscribe=One-Click` urlencoded or as multipart; the body is only searched for it. */
async function read(incoming: RequestBody): Promise<string> {
  const kept = new Prefix(KEPT_BYTES);
  let bytes = 0;
  for await (const chunk of incoming.chunks()) {
    kept.add(chunk);
    bytes += chunk.length;
    if (bytes >= FORM_BYTES_MAX) break;
  }
  return kept.bytes.toString('latin1');
}

const page = (language: Language, title: string, content: string): string => `<!doctype html>
<html lang="${language}" dir="${TEXTS[language].direction}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title><style>
:root{color-scheme:light dark}body{font:17px/1.5 system-ui,sans-serif;max-width:32rem;margin:20vh auto;padding:0 1.5rem}
button{font:inherit;padding:.6rem 1.2rem;border-radius:.5rem;border:1px solid;cursor:pointer}
</style></head><body><main><h1>${title}</h1>${content}</main></body></html>
`;
