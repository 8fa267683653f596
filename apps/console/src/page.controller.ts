import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import { Problem } from '@leadstream/service/problem';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { PAGE_POLICY, pageFiles, VIEWS } from './page.ts';

const unzipped = promisify(gunzip);

/** The page: the same document at each of its addresses, and the script and style that it names. */
@Controller()
export class PageController {
  private readonly files = pageFiles();

  @Get([...VIEWS])
  async document(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<Buffer> {
    void reply.headers({
      'content-security-policy': PAGE_POLICY,
      'cross-origin-opener-policy': 'same-origin',
      'cache-control': 'no-cache',
    });
    return this.file('/index.html', request, reply);
  }

  /** Their names change with their content. */
  @Get('assets/:name')
  async asset(
    @Param('name') name: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Buffer> {
    const sent = await this.file(`/assets/${name}`, request, reply);
    void reply.header('cache-control', 'public, max-age=31536000, immutable');
    return sent;
  }

  private async file(path: string, { headers }: FastifyRequest, reply: FastifyReply): Promise<Buffer> {
    const file = (await this.files).get(path);
    if (!file) throw new Problem('route', 'There is nothing at this path');
    void reply.headers({ 'content-type': file.type, vary: 'accept-encoding' });
    const takes = /\bgzip\b/.test(String(headers['accept-encoding'] ?? ''));
    if (takes) void reply.header('content-encoding', 'gzip');
    return takes ? file.gzipped : unzipped(file.gzipped);
  }
}
