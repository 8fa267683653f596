import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Broker, silentLog } from '@leadstream/eventlog/broker';
import { provision } from '@leadstream/eventlog/provision';
import { messagesTo } from '@leadstream/eventlog/read';
import { readFolder, SequenceStore } from '@leadstream/service/sequence-store';
import { eventually } from '@leadstream/testing/eventually';
import { startNats, type Server } from '@leadstream/testing/servers';
import { mongoDatabase } from '@leadstream/testing/servers-database';
import type { ImportPreview, ImportProgress } from './import-schemas.ts';
import { opened, tokenOf, type Opened, untilReady } from './testing/opened.ts';

let nats: Server;
let broker: Broker;
let it1: Opened;
beforeAll(async () => {
  nats = await startNats();
  broker = Broker.open({ servers: nats.url, name: 'test' }, silentLog);
  await broker.ready();
  await provision(broker, { replicas: 1, streams: ['INTAKE', 'LEADS'] });
  await (await new SequenceStore(broker, 1).read()).deployFolder(await readFolder('sequences'), { by: 'ana' });
  it1 = await opened({ NATS_URL: nats.url, MONGODB_URI: mongoDatabase('import').uri });
  await untilReady(it1);
  await eventually(() => it1.service.app.get(SequenceStore, { strict: false }).loaded);
});
afterAll(async () => {
  await it1?.service.stop();
  await broker?.close();
  await nats?.stop();
});
beforeEach(async () => {
  await (await broker.jsm()).streams.purge('INTAKE');
});

const post = (path: string, file: string | Buffer, { role = 'admin' as const, type = 'text/csv' } = {}) =>
  it1.service.app.inject({
    method: 'POST',
    url: `/v1/leads/import${path}`,
    headers: { authorization: `Bearer ${tokenOf(role)}`, 'content-type': type },
    payload: file,
  });
const preview = async (file: string | Buffer, query = '?source=fair') => {
  const answer = await post(`/preview${query}`, file);
  return { status: answer.statusCode, ...answer.json<ImportPreview & { detail?: string; code?: string }>() };
};
const linesOf = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as ImportProgress);
const stored = async () => {
  const ids: string[] = [];
  for await (const { headers } of messagesTo(broker.js(), 'INTAKE'))
    ids.push(`${headers?.get('ce-source') ?? ''} ${headers?.get('ce-id') ?? ''}`);
  return ids.sort();
};
const people = (count: number) =>
  `email\n${Array.from({ length: count }, (_, index) => `lead-${index}@example.com\n`).join('')}`;
const HASHED = (file: string) => createHash('sha256').update(file).digest('hex');

const MIXED = [
  'E-Mail;Vorname;Interesse;Lead Source',
  'Jane@example.com;jane;"a; b";webinar_cost',
  '',
  'not an address;Bob;;demo_request',
  'jane@example.com;Jane;;',
].join('\r\n');

describe('a preview of a file', () => {
  it('has what would become of each row, by the columns’ names, and stores nothing', async () => {
    expect(await preview(MIXED)).toMatchObject({
      status: 200,
      rows: 3,
      missing: [],
      columns: [
        {
          name: 'E-Mail',
          field: 'email',
          guess: 'email',
          isChosen: false,
          examples: ['Jane@example.com', 'not an address', 'jane@example.com'],
        },
        { name: 'Vorname', field: 'firstName' },
        { name: 'Interesse', field: null, guess: null },
        { name: 'Lead Source', field: 'source' },
      ],
      counts: { leads: 1, repeated: 1, refused: 1 },
      shown: [
        { row: 2, outcome: 'lead', lead: { email: 'Jane@example.com', name: 'Jane', fields: ['Interesse'] } },
        { row: 4, outcome: 'refused', problems: [{ field: 'email' }] },
        { row: 5, outcome: 'repeated', first: 2, lead: { source: 'fair' } },
      ],
      refused: [{ row: 4 }],
      sources: [
        { name: 'webinar_cost', rows: 1, sequence: 'content-nurture' },
        { name: 'fair', rows: 1, sequence: 'content-nurture' },
      ],
    });
    expect(await stored()).toEqual([]);
  });

  it('follows the choice of a field for each column, and of none', async () => {
    const file = 'email,Kontakt,phone\nold@example.com,new@example.com,+4930901820\n';
    expect(await preview(file, '?source=fair&fields=,email,kept')).toMatchObject({
      columns: [
        { field: null, guess: 'email', isChosen: false },
        { field: 'email', guess: null, isChosen: true },
        { field: null, guess: 'phone', isChosen: true },
      ],
      shown: [{ lead: { email: 'new@example.com', phone: null, fields: ['email', 'phone'] } }],
    });
    expect(await preview(file, '?fields=mail')).toMatchObject({ status: 400, code: 'QUERY' });
    expect(await preview(file, '?fields=,,,email')).toMatchObject({
      status: 409,
      detail: expect.stringMatching(/4 col/),
    });
  });

  it.each([
    ['UTF-16', Buffer.from('\ufeffemail\tfirst name\njo@example.com\tZoë', 'utf16le')],
    ['UTF-8 with its mark, and semicolons', Buffer.from('\ufeffemail;first name\njo@example.com;Zoë\n')],
    ['windows-1252', Buffer.from('email,first name\njo@example.com,Zoë\n', 'latin1')],
    ['two columns of one name', 'email,first name,first name\njo@example.com,Zoë,Zoë\n'],
  ])('reads %s', async (_, file) => {
    expect(await preview(file)).toMatchObject({ shown: [{ lead: { email: 'jo@example.com', name: 'Zoë' } }] });
  });

  it('refuses a header in the middle of the file as the row that it is', async () => {
    const file = 'email,first name\njo@example.com,Zoë\nemail,first name\n';
    expect(await preview(file)).toMatchObject({ counts: { leads: 1, refused: 1 }, refused: [{ row: 3 }] });
  });

  it.each([
    ['a quote without its end', 'email,x\na@example.com,"b\nc@example.com,d\n', 'row 2: a quote has no end'],
    ['UTF-16 without its mark', Buffer.from('email\na@example.com\n', 'utf16le'), 'no text, or UTF-16'],
    ['nothing', '\n', 'no row'],
    ['more columns than a page shows', `email${',x'.repeat(300)}\n`, '301 columns'],
    ['more cells than a thread holds', `email,x\n${'a,b\n'.repeat(2.6e6)}`, 'too many cells'],
  ])('says what is wrong with %s', async (_, file, detail) => {
    expect(await preview(file)).toMatchObject({ status: 409, detail: expect.stringContaining(detail) });
  });

  it('names the choice that is missing', async () => {
    expect(await preview('Kontakt\njo@example.com\n', '')).toMatchObject({ missing: ['email', 'source'], shown: [] });
    expect((await post('', 'Kontakt\njo@example.com\n')).statusCode).toBe(409);
  });

  it('takes no large file, and no other type', async () => {
    const large = await post('/preview', Buffer.alloc(10 * 1024 * 1024 + 1));
    expect([large.statusCode, large.json<{ code: string }>().code]).toEqual([413, 'TOO_LARGE']);
    expect((await post('/preview', '{}', { type: 'application/json' })).statusCode).toBe(415);
    expect((await post('/preview', 'x', { type: 'text/plain' })).statusCode).toBe(415);
  });

  it('has the refused rows as a file, in which no cell is a formula, and which reads as the cells were', async () => {
    const { body, headers } = await post('/refused?source=fair', 'email,x\n=cmd|x!A1,"+1"\njo@example.com,y\n');
    expect(headers).toMatchObject({ 'content-type': 'text/csv; charset=utf-8' });
    expect(body).toMatch(
      /^\ufeff"leadctl row","leadctl reason","email","x"\r\n"2","email: [^"]+","'=cmd\|x!A1","'\+1"\r\n$/,
    );
    const mended = await post('?source=fair', body.replace("'=cmd|x!A1", 'jo@example.com'));
    expect(linesOf(mended.body).at(-1)).toMatchObject({ kind: 'ended', isWhole: true });
    for await (const message of messagesTo(broker.js(), 'INTAKE'))
      expect(message.json()).toEqual({ email: 'jo@example.com', leadData: { source: 'fair', fields: { x: '+1' } } });
  });
});

describe('an import of a file', () => {
  it('hands each row in once, under the id that leadctl gives it, and says who did it', async () => {
    const answer = await post('?source=fair', MIXED);
    expect(answer.headers['content-type']).toBe('application/x-ndjson');
    expect(linesOf(answer.body)).toEqual([
      { kind: 'begun', rows: 2, refused: 1 },
      { kind: 'stored', done: 2, row: 5 },
      { kind: 'ended', done: 2, isWhole: true, fault: null },
    ]);
    await post('?source=fair', MIXED);
    const hash = HASHED(MIXED);
    expect(await stored()).toEqual([`leadctl/import ${hash}-2`, `leadctl/import ${hash}-5`]);
    const said = it1.lines.join('');
    expect(said).toContain(`"by":"admin-token","file":"${hash}","after":0,"rows":2,"isWhole":true`);
    expect(said.toLowerCase()).not.toContain('jane');
    expect((await it1.ask('GET', '/metrics')).body).toContain('imported_rows_total{outcome="handed-in",app="console"}');
  });

  it('stops when its caller hangs up, reads one file at a time, and goes on behind a row', async () => {
    const file = people(400);
    const hangUp = new AbortController();
    const url = `${it1.service.url}/v1/leads/import?source=fair`;
    const init = {
      method: 'POST',
      headers: { authorization: `Bearer ${tokenOf('admin')}`, 'content-type': 'text/csv' },
    };
    const { body } = await fetch(url, { ...init, body: file, signal: hangUp.signal });
    const reader = body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    for (let read = await reader.read(); !text.includes('stored'); read = await reader.read()) {
      if (read.done) throw new Error(`ended: ${text}`);
      text += read.value;
    }
    const waiting = Array.from({ length: 6 }, (_, index) => preview(people(index + 1)));
    expect((await Promise.race(waiting)).status).toBe(429);
    hangUp.abort();
    const statuses = (await Promise.all(waiting)).map(({ status }) => status);
    expect(statuses.sort()).toEqual([200, 200, 200, 200, 429, 429]);
    await reader.read().catch(() => undefined);
    await eventually(() => it1.lines.some((line) => line.includes('"isWhole":false')));
    const before = await stored();
    expect(before.length).toBeLessThan(400);
    const rest = await eventually(async () => {
      const answer = await post('?source=fair&after=51', file);
      return answer.statusCode === 200 && linesOf(answer.body);
    });
    expect(rest[0]).toEqual({ kind: 'begun', rows: 350, refused: 0 });
    expect(rest.at(-1)).toEqual({ kind: 'ended', done: 350, isWhole: true, fault: null });
    expect(await stored()).toHaveLength(400);
  });

  it('says so when NATS gives no answer, and that not all rows are in', async () => {
    await nats.stop();
    const answer = await post('?source=fair', people(60));
    expect(linesOf(answer.body).at(-1)).toEqual({
      kind: 'ended',
      done: 0,
      isWhole: false,
      fault: 'NATS gives no answer',
    });
  });
});
