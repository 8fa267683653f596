import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { signToken } from '@leadstream/lead/signed-token';
import { eventPost, signingKey } from '@leadstream/sandbox-esp/webhook';
import type { Inbound } from './inbound.ts';

const CHUNK = Buffer.alloc(64 * 1024, ' ');

/** The number of responses by status; `none`: the connection ended without one. */
export type Answers = Record<string, number>;

/** Sends `bytes` of a body, of a declared length of one byte more where `isHalf`: then the rest never comes. */
function send(
  inbound: Inbound,
  path: string,
  { bytes, isHalf = false, headers = {} }: { bytes: number; isHalf?: boolean; headers?: Record<string, string> },
): Promise<string> {
  return new Promise((resolve) => {
    const posted = request(`${inbound.url}${path}`, {
      method: 'POST',
      agent: false,
      headers: { 'content-length': bytes + (isHalf ? 1 : 0), ...headers },
    });
    posted
      .on('response', (answer) =>
        answer
          .on('error', () => undefined)
          .resume()
          .on('close', () => resolve(String(answer.statusCode))),
      )
      .on('error', () => resolve('none'))
      .on('close', () => resolve('none'));
    let left = bytes;
    const more = (): void => {
      while (left > 0 && !posted.destroyed) {
        const chunk = CHUNK.subarray(0, left);
        left -= chunk.length;
        if (!posted.write(chunk)) return void posted.once('drain', more);
      }
      if (!isHalf) posted.end();
    };
    more();
  });
}

const counted = async (answers: readonly Promise<string>[]): Promise<Answers> => {
  const counts: Answers = {};
  for (const answer of await Promise.all(answers)) counts[answer] = (counts[answer] ?? 0) + 1;
  return counts;
};

const part = (name: string, file?: string): string =>
  `--x\r\nContent-Disposition: form-data; name="${name}"${file ? `; filename="${file}"` : ''}\r\n\r\n`;

/** Sends `count` mails of about `mib` MiB at once, as SendGrid posts them: long texts, and an attachment. */
export const mails = (inbound: Inbound, count: number, mib: number): Promise<Answers> =>
  counted(
    Array.from({ length: count }, async () => {
      const text = Buffer.alloc(1024 * 1024, 'words ');
      const pieces = [
        `${part('envelope')}{"to":["a@reply.example.com"],"from":"b@example.com"}`,
        ...['headers', 'text', 'html'].flatMap((name) => [`\r\n${part(name)}`, text]),
        `\r\n${part('attachment1', 'a.pdf')}`,
        ...Array.from({ length: Math.max(0, mib - 3) }, () => text),
        '\r\n--x--\r\n',
      ];
      return fetch(`${inbound.url}/v1/sendgrid/inbound/${inbound.secrets.INBOUND_SECRET}`, {
        method: 'POST',
        headers: { 'content-type': 'multipart/form-data; boundary=x', 'x-forwarded-for': '203.0.113.1' },
        body: new Blob(pieces),
      }).then(
        async (answer) => {
          await answer.text();
          return String(answer.status);
        },
        () => 'none',
      );
    }),
  );

/** Sends `count` bodies at once to the event webhook, without a signature. */
export const unsigned = (inbound: Inbound, count: number, bytes: number): Promise<Answers> =>
  counted(Array.from({ length: count }, () => send(inbound, '/v1/sendgrid/events', { bytes })));

/** Signatures by a key of their own, bodies that stop one byte before their end: from so many networks. */
export const forged = (
  inbound: Inbound,
  { count, bytes, networks }: { count: number; bytes: number; networks: number },
): Promise<Answers> => {
  const stranger = signingKey();
  return counted(
    Array.from({ length: count }, (_, i) =>
      send(inbound, '/v1/sendgrid/events', {
        bytes,
        isHalf: true,
        headers: { ...eventPost([], stranger).headers, 'x-forwarded-for': `198.51.100.${i % networks}` },
      }),
    ),
  );
};

/**
 * Connections that send the beginning of a post and then nothing, until they are ended: by the service, or by `close`.
 */
export function halfPosts(
  inbound: Inbound,
  { count, bytes, token }: { count: number; bytes: number; token: string },
): { ended: () => number; close: () => void } {
  const ended = new Set<Socket>();
  const sockets: Socket[] = [];
  const start =
    `POST /u/${token} HTTP/1.1\r\nHost: x\r\nContent-Type: ` +
    `application/x-www-form-urlencoded\r\nContent-Length: ` +
    `${bytes + 1}\r\n\r\n`;
  for (let i = 0; i < count; i++) {
    const socket = connect({ port: inbound.port, host: '127.0.0.1', allowHalfOpen: true });
    socket
      .on('error', () => undefined)
      .on('close', () => ended.add(socket))
      .on('end', () => ended.add(socket))
      .on('data', () => undefined);
    socket.write(start);
    socket.write(CHUNK.subarray(0, bytes));
    sockets.push(socket);
  }
  return {
    ended: () => ended.size,
    close: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** A valid token, as in a mail to a lead. */
export const genuineToken = (inbound: Inbound): string =>
  signToken('unsubscribe', '0199d2a0-7b1c-7c3e-8f00-000000000001', [inbound.secrets.TOKEN_SECRET]);

const FORM =
  '--x\r\nContent-Disposition: form-data; ' +
  'name="envelope"\r\n\r\n{"to":["a@reply.example.com"],"from":"b@example.com"}\r\n';

/**
 * A signed batch of about 100 KB, a mail and a one-click unsubscribe, as their senders post them: once more after each
 * 5xx or lost connection.
 */
export async function genuine(inbound: Inbound, attemptsMax = 20): Promise<{ statuses: number[]; attempts: number }> {
  const events = eventPost(
    Array.from({ length: 400 }, (_, i) => ({
      event: 'open',
      email: `nobody.${i}@example.com`,
      timestamp: 1_700_000_000,
      sg_event_id: `o${i}`,
      useragent: 'x'.repeat(150),
    })),
    inbound.key,
  );
  const posts = [
    { path: '/v1/sendgrid/events', body: events.body, headers: events.headers },
    {
      path: `/v1/sendgrid/inbound/${inbound.secrets.INBOUND_SECRET}`,
      body: Buffer.from(`${FORM}--x--\r\n`),
      headers: { 'content-type': 'multipart/form-data; boundary=x' },
    },
    {
      path: `/u/${genuineToken(inbound)}`,
      body: Buffer.from('List-Unsubscribe=One-Click'),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    },
  ];
  let attempts = 0;
  const statuses = await Promise.all(
    posts.map(async ({ path, body, headers }) => {
      let status = 0;
      for (let attempt = 0; attempt < attemptsMax && (status === 0 || status >= 500); attempt++) {
        attempts += 1;
        status = await post(`${inbound.url}${path}`, headers, body);
      }
      return status;
    }),
  );
  return { statuses, attempts };
}

/** The status; 0 without a response. */
const post = (url: string, headers: Record<string, string>, body: Buffer): Promise<number> =>
  new Promise((resolve) => {
    // On a connection of its own: one kept alive since before the attack would prove nothing.
    request(url, { method: 'POST', agent: false, headers: { 'x-forwarded-for': '203.0.113.1', ...headers } })
      .on('response', (answer) =>
        answer
          .on('error', () => undefined)
          .resume()
          .on('close', () => resolve(answer.statusCode ?? 0)),
      )
      .on('error', () => resolve(0))
      .end(body);
  });
