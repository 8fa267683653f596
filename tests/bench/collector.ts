import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Takes what OTLP sends, and counts it. */
export interface Collector {
  url: string;
  spans: number;
  requests: number;
}

export async function startCollector(started: AsyncDisposableStack): Promise<Collector> {
  const collector: Collector = { url: '', spans: 0, requests: 0 };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      collector.spans += spansOf(Buffer.concat(chunks));
      collector.requests++;
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  started.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  collector.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return collector;
}

/** `resource_spans` has `scope_spans`, which has `spans`; each of them is the second field but the first one. */
export const spansOf = (request: Buffer): number =>
  messages(request, 1)
    .flatMap((resource) => messages(resource, 2))
    .flatMap((scope) => messages(scope, 2)).length;

/** The messages in one field of a protobuf message all of whose fields have a length. */
function messages(of: Buffer, field: number): Buffer[] {
  const found: Buffer[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = of[at++] ?? 0;
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  };
  while (at < of.length) {
    const key = varint();
    if ((key & 7) !== 2) throw new Error(`field ${key >> 3} has no length`);
    const length = varint();
    if (key >> 3 === field) found.push(of.subarray(at, at + length));
    at += length;
  }
  return found;
}
