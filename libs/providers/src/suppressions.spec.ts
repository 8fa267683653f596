import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Suppressed } from './port.ts';
import { suppressionsOf, type ListAccess } from './suppressions.ts';

const SINCE = Temporal.Instant.from('2026-11-20T12:00:00Z');

describe('the suppression lists', () => {
  let respond: (request: IncomingMessage) => { status?: number; body: object };
  let asked: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    asked.push(request);
    const { status = 200, body } = respond(request);
    response.writeHead(status).end(JSON.stringify(body));
  });
  const base = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  beforeAll(async () => void (await once(server.listen(0, '127.0.0.1'), 'listening')));
  afterAll(() => void server.close());
  const read = async (access: ListAccess): Promise<Suppressed[]> => {
    asked = [];
    const entries: Suppressed[] = [];
    for await (const entry of suppressionsOf(access, SINCE, () => undefined)) entries.push(entry);
    return entries;
  };
  const postmark = (): ListAccess => ({
    ESP: 'postmark',
    POSTMARK_SERVER_TOKEN: 'a-secret-token',
    POSTMARK_MESSAGE_STREAM: 'broad cast',
    POSTMARK_BASE_URL: base(),
  });
  const mailgun = (): ListAccess => ({
    ESP: 'mailgun',
    MAILGUN_API_KEY: 'a-sending-key',
    MAILGUN_EVENTS_KEY: 'a-secret-key',
    MAILGUN_DOMAIN: 'mg.example.com',
    MAILGUN_BASE_URL: base(),
  });

  it('of Postmark are one dump of the stream, with the reason of each entry', async () => {
    const entry = (name: string, SuppressionReason: string, CreatedAt = '2026-11-20T08:58:33-05:00') => ({
      EmailAddress: `${name}@example.com`,
      SuppressionReason,
      Origin: 'Recipient',
      CreatedAt,
    });
    respond = () => ({
      body: {
        Suppressions: [
          entry('a', 'HardBounce'),
          entry('b', 'SpamComplaint'),
          entry('c', 'ManualSuppression'),
          entry('d', 'SomethingNew'),
          entry('early', 'HardBounce', '2026-11-20T11:59:59Z'),
        ],
      },
    });
    expect((await read(postmark())).map(({ address, why, at }) => [address, why, at])).toEqual([
      ['a@example.com', 'bounced', '2026-11-20T13:58:33.000Z'],
      ['b@example.com', 'complained', '2026-11-20T13:58:33.000Z'],
      ['c@example.com', 'unsubscribed', '2026-11-20T13:58:33.000Z'],
      ['d@example.com', 'unsubscribed', '2026-11-20T13:58:33.000Z'],
    ]);
    expect(asked.map(({ url }) => url)).toEqual([
      '/message-streams/broad%20cast/suppressions/dump?fromdate=2026-11-19',
    ]);
    expect(asked[0]?.headers['x-postmark-server-token']).toBe('a-secret-token');
  });

  it('of Mailgun are three, each read to its empty page, from the API alone', async () => {
    respond = ({ url = '' }) => {
      const { pathname, searchParams } = new URL(url, base());
      const list = pathname.split('/').at(-1) ?? '';
      const isSecond = searchParams.has('page');
      return {
        body: {
          items: isSecond
            ? []
            : [
                { address: `${list}@example.com`, code: '550', created_at: 'Fri, 20 Nov 2026 12:30:00 UTC' },
                { address: 'early@example.com', created_at: 'Fri, 20 Nov 2026 11:00:00 UTC' },
              ],
          paging: { next: `https://elsewhere.example${pathname}?page=next&limit=1000` },
        },
      };
    };
    expect(await read(mailgun())).toEqual(
      (['bounces', 'complaints', 'unsubscribes'] as const).map((list, index) => ({
        address: `${list}@example.com`,
        list,
        why: ['bounced', 'complained', 'unsubscribed'][index],
        at: '2026-11-20T12:30:00.000Z',
      })),
    );
    expect(asked.map(({ url }) => url)).toEqual(
      ['bounces', 'complaints', 'unsubscribes'].flatMap((list) => [
        `/v3/mg.example.com/${list}?limit=1000`,
        `/v3/mg.example.com/${list}?page=next&limit=1000`,
      ]),
    );
    for (const { headers } of asked) expect(headers.authorization).toBe(`Basic ${btoa('api:a-secret-key')}`);
  });

  it.each([
    ['Postmark’s', postmark, 401, 'POSTMARK_SERVER_TOKEN'],
    ['Mailgun’s', mailgun, 401, 'MAILGUN_EVENTS_KEY'],
    ['Mailgun’s', mailgun, 404, 'MAILGUN_DOMAIN'],
  ])('of a refusal of %s name the setting', async (_, access, status, name) => {
    respond = () => ({ status, body: {} });
    const error: unknown = await read(access()).catch((reason: unknown) => reason);
    expect(String(error)).toContain(name);
    expect(String(error)).not.toMatch(/a-(secret|sending)/);
  });

  it.each([
    ['Postmark’s', postmark],
    ['Mailgun’s', mailgun],
  ])('of another form than %s are no lists', async (_, access) => {
    respond = () => ({ body: { items: 'x' } });
    await expect(read(access())).rejects.toThrow('is no list');
  });
});
