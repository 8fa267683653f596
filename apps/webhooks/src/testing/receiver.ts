import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  headers: IncomingHttpHeaders;
  body: string;
  id: string;
  leadId: string;
  type: string;
  status: number;
}

type Answer = number | { status: number; headers: Record<string, string> };

/** Somebody's endpoint: it answers with what `answer` says, and keeps what it was posted. */
export class Receiver {
  readonly received: Received[] = [];
  answer: (event: Omit<Received, 'status'>) => Answer | Promise<Answer> = () => 200;
  readonly #server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    request.on('end', () => void this.#take(request.headers, body, response));
  });

  async #take(requestHeaders: IncomingHttpHeaders, body: string, response: ServerResponse): Promise<void> {
    const { id, type, subject = '' } = JSON.parse(body) as { id: string; type: string; subject?: string };
    const event = { headers: requestHeaders, body, id, type, leadId: subject };
    const answer = await this.answer(event);
    const { status, headers } = typeof answer === 'number' ? { status: answer, headers: {} } : answer;
    this.received.push({ ...event, status });
    response.writeHead(status, headers).end('thank you');
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hook`;
  }

  /** The ids of what it took, in order. */
  taken(leadId?: string): string[] {
    return this.received
      .filter(({ status, leadId: of }) => status < 300 && (leadId === undefined || of === leadId))
      .map(({ id }) => id);
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }
}
