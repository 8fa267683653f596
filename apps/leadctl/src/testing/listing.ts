import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Respond = (url: URL) => { status?: number; headers?: Record<string, string>; body?: unknown };
export interface Listing {
  url: string;
  /** The response to the next requests, and the URLs received. */
  answer: Respond;
  asked: URL[];
  stop(): Promise<void>;
}

/** A server of SendGrid's suppression lists for tests. */
export async function startListing(): Promise<Listing> {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', listing.url);
    listing.asked.push(url);
    const { status = 200, headers = {}, body = [] } = listing.answer(url);
    response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const listing: Listing = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answer: () => ({}),
    asked: [],
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
  return listing;
}
