import { mkdtempDisposableSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Broker } from '@leadstream/eventlog/broker';
import { provision } from '@leadstream/eventlog/provision';
import { startNats, type Server } from '@leadstream/testing/servers';
import { leadctl as run } from './program.ts';
import { dial } from './testing/backup.ts';
import { command } from './testing/command.ts';

describe('an import of leads', () => {
  const folder = mkdtempDisposableSync(join(tmpdir(), 'leads-import-'));
  let nats: Server;
  let broker: Broker;
  beforeAll(async () => {
    nats = await startNats();
    broker = await dial(nats.url);
    await provision(broker, { replicas: 1, streams: ['INTAKE'] });
  });
  afterAll(async () => {
    await broker?.close();
    await nats?.stop();
    folder.remove();
  });
  beforeEach(async () => {
    await (await broker.jsm()).streams.purge('INTAKE');
  });

  const file = (name: string, content: string | Buffer): string => {
    const path = join(folder.path, name);
    writeFileSync(path, content);
    return path;
  };
  const leadctl = (...args: string[]) => command(['leads', 'import', ...args], { NATS_URL: nats.url });
  const stored = async () => (await (await broker.jsm()).streams.info('INTAKE')).state.messages;
  const dryRun = async (content: string | Buffer, ...args: string[]) => {
    const said = await leadctl(file('dry.csv', content), '--dry-run', '--json', ...args);
    return { ...said, json: JSON.parse(said.out || 'null') as unknown };
  };

  const mixed = [
    'E-Mail;Vorname;Interesse;Lead Source',
    'jane@example.com;Jane;"a; b";fair',
    '',
    'not an address;Bob;;fair',
    'JANE@example.com;Jane;;',
    '',
  ].join('\r\n');

  it('shows the outcome of each row by a spreadsheet’s numbers, and stores nothing', async () => {
    expect(await dryRun(mixed, '--source', 'webinar')).toMatchObject({
      code: 2,
      json: {
        rows: 3,
        leads: 1,
        repeated: 1,
        refused: 1,
        columns: { 'E-Mail': 'email', Vorname: 'firstName', Interesse: null, 'Lead Source': 'source' },
        outcomes: [
          { row: 2, outcome: 'lead', lead: { leadData: { source: 'fair', fields: { Interesse: 'a; b' } } } },
          { row: 4, outcome: 'refused', problems: [{ field: 'email' }] },
          { row: 5, outcome: 'repeated', first: 2, lead: { leadData: { source: 'webinar' } } },
        ],
      },
    });
    expect(await stored()).toBe(0);
  });

  it.each([
    ['UTF-8 with its mark and commas', Buffer.from('\ufeffemail,first name\njo@example.com,Zoë\n')],
    ['windows-1252 and semicolons', Buffer.from('email;first name\r\njo@example.com;Zoë\r\n', 'latin1')],
    ['UTF-16 and tabs', Buffer.from('\ufeffemail\tfirst name\njo@example.com\tZoë', 'utf16le')],
  ])('reads %s', async (_, bytes) => {
    const outcomes = [{ row: 2, outcome: 'lead', lead: { email: 'jo@example.com', firstName: 'Zoë' } }];
    expect(await dryRun(bytes, '--source', 'fair')).toMatchObject({ code: 0, json: { outcomes } });
  });

  it('takes the address from the mapped column, and never from a column of another meaning', async () => {
    const content = 'email,Kontakt,referrer\nold@example.com,new@example.com,x\na@example.com,,friend@example.com\n';
    expect(await dryRun(content, '--source', 'fair', '--map', 'kontakt=email')).toMatchObject({
      code: 2,
      json: {
        outcomes: [
          { outcome: 'lead', lead: { email: 'new@example.com', leadData: { fields: { email: 'old@example.com' } } } },
          { outcome: 'refused', problems: [{ field: 'email' }] },
        ],
      },
    });
  });

  it.each([
    ['no source', 'email\na@example.com\n', [], '--source'],
    ['no address', 'name\nJo\n', ['--source', 'x'], 'Column=email'],
    ['an unknown field', 'email\na@example.com\n', ['--source', 'x', '--map', 'email=mail'], '--map email=mail'],
    ['an open quote', 'email,x\na@example.com,"b\nc@example.com,d\n', ['--source', 'x'], 'row 2: a quote has no end'],
    [
      'UTF-16 without its mark',
      Buffer.from('email,source\na@example.com,x\n', 'utf16le'),
      [],
      'no text, or UTF-16 without its mark',
    ],
    ['no row', '\n', ['--source', 'x'], 'no row'],
  ])('hands nothing in with %s', async (_, content, args, message) => {
    const said = await leadctl(file('broken.csv', content), ...args);
    expect(said).toMatchObject({ code: 1, out: '', err: expect.stringContaining(message) });
    expect(await stored()).toBe(0);
  });

  it('hands each row in once, however often it runs, and keeps refused rows in a file that can be mended', async () => {
    const path = file('fair.csv', mixed);
    const errors = join(folder.path, 'fair.errors.csv');
    const first = await leadctl(path, '--source', 'webinar', '--json');
    expect(first.code).toBe(2);
    expect(JSON.parse(first.out)).toEqual({ rows: 3, leads: 1, repeated: 1, refused: 1, handedIn: 2, errors });
    expect((await leadctl(path, '--source', 'webinar')).code).toBe(2);
    expect(await stored()).toBe(2);
    const kept = readFileSync(errors, 'utf8');
    expect(kept).toMatch(/^\ufeff"leadctl row";"leadctl reason";"E-Mail".*\r\n"4";"email: .+";"not an address";"Bob"/);
    const mended = file('mended.csv', kept.replace('not an address', 'bob@example.com'));
    expect((await leadctl(mended)).code).toBe(0);
    expect(await stored()).toBe(3);
    const { data, header } = await lastStored();
    expect(data).toEqual({ email: 'bob@example.com', firstName: 'Bob', leadData: { source: 'fair' } });
    expect(header.get('ce-source')).toBe('leadctl/import');
    expect(header.get('ce-id')).toMatch(/^[\da-f]{64}-2$/);
  });

  const lastStored = async () => {
    const message = await (await broker.jsm()).streams.getMessage('INTAKE', { last_by_subj: 'lead.created' });
    if (!message) throw new Error('INTAKE is empty');
    return { data: message.json<unknown>(), header: message.header };
  };

  it('goes on after an interrupt, without a row twice', async () => {
    const path = file('stopped.csv', `email\n${[1, 2, 3].map((n) => `lead-${n}@example.com\n`).join('')}`);
    let err = '';
    const terminal = {
      env: { NATS_URL: nats.url },
      isTTY: false,
      out: () => undefined,
      err: (text: string) => void (err += text),
      input: () => Promise.resolve(Buffer.of()),
      onInterrupt: (then: () => void) => then(),
    };
    expect(await run(['leads', 'import', path, '--source', 'fair', '--rate', '1'], terminal)).toBe(1);
    expect(err).toContain('the same command goes on');
    expect(await stored()).toBe(1);
    expect((await leadctl(path, '--source', 'fair')).code).toBe(0);
    expect(await stored()).toBe(3);
  });

  it('asks on a terminal for the address and the source that no column names, and names their options', async () => {
    let [err, questions] = ['', ''];
    const answers = ['Kontakt', 'trade_fair'];
    const terminal = {
      env: { NATS_URL: nats.url },
      isTTY: true,
      out: () => undefined,
      err: (text: string) => void (err += text),
      input: () => Promise.resolve(Buffer.of()),
      ask: (question: string) => {
        questions += question;
        return Promise.resolve(answers.shift() ?? '');
      },
      onInterrupt: () => undefined,
    };
    const path = file('asked.csv', 'Kontakt,Notiz\njo@example.com,x\n');
    expect(await run(['leads', 'import', path], terminal)).toBe(0);
    expect(questions).toContain('Columns: Kontakt, Notiz');
    expect(err).toContain('as by --map "Kontakt=email"\nleadctl: as by --source "trade_fair"');
    expect((await lastStored()).data).toMatchObject({ email: 'jo@example.com', leadData: { source: 'trade_fair' } });
    expect((await leadctl(path, '--map', 'Kontakt=email', '--source', 'trade_fair')).code).toBe(0);
    expect(await stored()).toBe(1);
  });
});
