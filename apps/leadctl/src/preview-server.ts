import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { watch } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { note } from './session.ts';
import type { Page } from './preview-page.ts';

const HOST = '127.0.0.1';
/** An editor writes a file in several steps. */
const WRITTEN_MS = 100;

export interface Preview {
  url: string;
  close: () => Promise<void>;
}

/** Serves the page on 127.0.0.1, made anew for each request, and tells open pages of each change in the folder. */
export async function servePreview(dir: string, page: () => Promise<Page>, port = 0): Promise<Preview> {
  const closing = new AbortController();
  const listeners = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    void answer(request, response, { page, listeners }).catch((error: unknown) => {
      response.writeHead(500, { 'content-type': 'text/plain; charset=utf-8' });
      response.end(error instanceof Error ? error.message : String(error));
    });
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, HOST, resolve));
  const watching = watchFolder(dir, closing.signal, () => {
    for (const listener of listeners) listener.write('event: changed\ndata:\n\n');
  }).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    note(`leadctl: ${dir} is not followed (${why}); reload the page after a change`);
  });
  return {
    url: `http://${HOST}:${(server.address() as AddressInfo).port}`,
    close: async () => {
      closing.abort();
      server.closeAllConnections();
      await Promise.all([watching, new Promise((resolve) => server.close(resolve))]);
    },
  };
}

interface Served {
  page: () => Promise<Page>;
  listeners: Set<ServerResponse>;
}

async function answer(request: IncomingMessage, response: ServerResponse, { page, listeners }: Served): Promise<void> {
  const { host = '', ...headers } = request.headers;
  // Another site's name may resolve to this address: its page could read the mails then.
  if (!/^(?:127\.0\.0\.1|localhost):\d+$/.test(host) || headers['sec-fetch-site'] === 'cross-site')
    return void response.writeHead(403).end();
  if (request.method !== 'GET') return void response.writeHead(405, { allow: 'GET' }).end();
  const common = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' };
  if (request.url === '/changes') {
    response.writeHead(200, { ...common, 'content-type': 'text/event-stream' }).flushHeaders();
    listeners.add(response);
    response.once('close', () => listeners.delete(response));
    return;
  }
  if (request.url !== '/') return void response.writeHead(404).end();
  const { html, policy } = await page();
  response.writeHead(200, {
    ...common,
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': `${policy}; frame-ancestors 'none'`,
  });
  response.end(html);
}

/** Calls `onChange` once for all changes of `WRITTEN_MS`. */
async function watchFolder(dir: string, signal: AbortSignal, onChange: () => void): Promise<void> {
  let isTold = false;
  const tell = async () => {
    isTold = true;
    await delay(WRITTEN_MS, undefined, { signal });
    isTold = false;
    onChange();
  };
  try {
    const changes = watch(dir, { recursive: true, signal })[Symbol.asyncIterator]();
    while (!(await changes.next()).done) if (!isTold) void tell().catch(() => undefined);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
