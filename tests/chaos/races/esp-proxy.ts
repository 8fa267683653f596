import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { chance, type Chance } from '../chance.ts';

export const CALL_MS_MAX = 300;

export interface Road {
  url: string;
  close(): void;
}

/**
 * The connection to the ESP: each call takes 0 to 300 ms, and the mail is taken at a random instant in between, so that
 * a reply may come before the ESP has the mail, and before the sender knows that it does.
 */
export async function openRoad(espUrl: string, seed: number): Promise<Road> {
  const drawn = chance(seed, 'road');
  const server = createServer((request, response) => {
    travel(espUrl, drawn, request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function travel(
  espUrl: string,
  { between }: Chance,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const callMs = between(0, CALL_MS_MAX);
  const thereMs = between(0, callMs);
  const { authorization = '', 'content-type': type = '' } = request.headers;
  const body = new Uint8Array(await buffer(request));
  await delay(thereMs);
  const answer = await fetch(new URL(request.url ?? '/', espUrl), {
    method: request.method ?? 'POST',
    headers: { authorization, 'content-type': type },
    body,
  });
  const said = new Uint8Array(await answer.arrayBuffer());
  await delay(callMs - thereMs);
  const told = ['content-type', 'x-message-id', 'retry-after'].flatMap((name) => {
    const value = answer.headers.get(name);
    return value === null ? [] : [[name, value] as const];
  });
  response.writeHead(answer.status, Object.fromEntries(told)).end(said);
}
