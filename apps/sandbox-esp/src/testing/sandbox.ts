import { afterEach, beforeEach } from '@jest/globals';
import { sandboxClient, type SandboxClient } from '../client.ts';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { z } from 'zod';
import type { SandboxOptions } from '../esp.ts';
import { startSandbox, type Sandbox } from '../sandbox.ts';

const events = z.array(z.record(z.string(), z.unknown()));

export interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  raw: Buffer<ArrayBuffer>;
}

/** Replaces the service that webhooks are posted to: responds with `statuses`, then 200. */
export class Inbound {
  readonly received: Received[] = [];
  statuses: number[] = [];
  readonly #server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      this.received.push({ path: request.url ?? '', headers: request.headers, raw: Buffer.concat(chunks) });
      response.writeHead(this.statuses.shift() ?? 200, { location: '/elsewhere' }).end();
    });
  });

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => {
      this.#server.listen(0, '127.0.0.1', resolve);
    });
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  events(): Record<string, unknown>[] {
    return this.received
      .filter(({ path }) => path === '/events')
      .flatMap(({ raw }) => events.parse(JSON.parse(raw.toString())));
  }
}

export const mail = {
  personalizations: [
    { to: [{ email: 'lead@example.com', name: 'Ann' }], custom_args: { send_id: '01J', email: 'overruled' } },
  ],
  subject: 'Your <guide>',
  from: { email: 'rep@example.com', name: 'Rep' },
  reply_to: { email: 'r+token@reply.example.com' },
  content: [{ type: 'text/plain', value: 'Hello' }],
};

/** A test's own sandbox, and the server its webhooks are posted to. */
export interface Running {
  sandbox: Sandbox;
  client: SandboxClient;
  inbound: Inbound;
  inboundUrl: string;
  post: (body?: unknown, headers?: Record<string, string>) => Promise<Response>;
}

/** Returns the function that starts a test's sandbox; the sandbox stops after the test. */
export function sandboxes(): (options?: SandboxOptions) => Promise<Running> {
  let inbound: Inbound;
  let sandbox: Sandbox | undefined;
  beforeEach(() => {
    inbound = new Inbound();
  });
  afterEach(async () => {
    await sandbox?.close();
    inbound.close();
  });
  return async (options = {}) => {
    const inboundUrl = await inbound.listen();
    const started = await startSandbox({
      eventUrl: `${inboundUrl}/events`,
      inboundUrl: `${inboundUrl}/inbound/secret`,
      retryDelaysMs: [1, 1, 1],
      ...options,
    });
    sandbox = started;
    return {
      sandbox: started,
      client: sandboxClient(started.url),
      inbound,
      inboundUrl,
      post: (body = mail, headers = { authorization: 'Bearer SG.test' }) =>
        fetch(`${started.url}/v3/mail/send`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...headers },
          body: typeof body === 'string' ? body : JSON.stringify(body),
        }),
    };
  };
}
