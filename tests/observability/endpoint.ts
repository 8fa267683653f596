import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';

const NAME = 'crm';

/** An endpoint of webhooks: another team's server. */
export interface EndpointSystem {
  /** Each post is answered with this status. */
  answers(status: number): void;
  /** As an operator does, once it answers again. */
  resume(): Promise<void>;
}

/** Starts the server, and adds it by leadctl. */
export async function startEndpoint(
  env: Readonly<Record<string, string>>,
  started: AsyncDisposableStack,
): Promise<EndpointSystem> {
  let status = 200;
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(status).end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  started.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const webhooks = async (...args: string[]): Promise<void> => {
    await promisify(execFile)(process.execPath, ['apps/leadctl/dist/main.js', 'webhooks', ...args], {
      env: { ...process.env, ...env },
    });
  };
  await webhooks('add', NAME, `http://127.0.0.1:${port}/hook`, '--by', 'proof');
  return {
    answers: (next) => void (status = next),
    resume: () => webhooks('resume', NAME, '--by', 'proof'),
  };
}
