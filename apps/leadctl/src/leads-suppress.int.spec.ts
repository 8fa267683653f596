import { mkdtempDisposableSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Broker } from '@leadstream/eventlog/broker';
import type { EventLog } from '@leadstream/eventlog/log';
import { leadFold } from '@leadstream/lead/evolve';
import { leadId } from '@leadstream/lead/identity';
import { statusOf, type LeadState } from '@leadstream/lead/state';
import { provision } from '@leadstream/eventlog/provision';
import { LeadLog } from '@leadstream/service/lead-log';
import { enrolled, triaged, unsubscribed } from '@leadstream/testing/builders';
import { startNats, type Server } from '@leadstream/testing/servers';
import { leadctl as run } from './program.ts';
import { dial } from './testing/backup.ts';
import { command } from './testing/command.ts';

const LEAD_ID_SECRET = 'a secret of this spec';

describe('an import of suppressions', () => {
  const folder = mkdtempDisposableSync(join(tmpdir(), 'leads-suppress-'));
  let nats: Server;
  let broker: Broker;
  let log: EventLog<LeadState>;
  beforeAll(async () => {
    nats = await startNats();
    broker = await dial(nats.url);
    log = new LeadLog(broker, leadFold, { source: 'test', now: () => Temporal.Now.instant() });
    await provision(broker, { replicas: 1, streams: ['LEADS'] });
  });
  afterAll(async () => {
    await broker?.close();
    await nats?.stop();
    folder.remove();
  });
  beforeEach(async () => {
    await (await broker.jsm()).streams.purge('LEADS');
  });

  const file = (name: string, content: string | Buffer): string => {
    const path = join(folder.path, name);
    writeFileSync(path, content);
    return path;
  };
  const env = () => ({ NATS_URL: nats.url, LEAD_ID_SECRET });
  const suppress = (path: string, ...args: string[]) =>
    command(['leads', 'import', path, '--suppress', 'unsubscribed', '--by', 'ana', ...args], env());
  const idOf = (address: string) => leadId(LEAD_ID_SECRET, address);
  const newLead = async (address: string) => {
    const id = idOf(address);
    const { data, ...rest } = triaged();
    if (!('contact' in data) || !data.contact) throw new Error('no contact');
    const lead = { ...rest, data: { ...data, contact: { ...data.contact, email: address, address } } };
    await log.decide(id, crypto.randomUUID(), () => lead as ReturnType<typeof triaged>);
    await log.decide(id, crypto.randomUUID(), () => enrolled());
    return id;
  };
  const types = async (address: string) => (await log.history(idOf(address))).map(({ type }) => type);
  const stored = async () => (await (await broker.jsm()).streams.info('LEADS')).state.messages;

  const list = [
    'Email Address;Status;Notes',
    'known@example.com;unsubscribed;"a; b"',
    ' Unknown@Example.COM ;unsubscribed;',
    '',
    'unknown@example.com;unsubscribed;once more;and a cell too many',
    'not an address;unsubscribed;',
    ';unsubscribed;',
    'gone@example.com;unsubscribed;',
  ].join('\r\n');

  it('stops leads, and addresses that are no leads yet, each once, however often it runs', async () => {
    await newLead('known@example.com');
    await log.decide(await newLead('gone@example.com'), crypto.randomUUID(), () => unsubscribed);
    const before = await stored();
    const path = file('mailchimp.csv', list);
    const errors = join(folder.path, 'mailchimp.errors.csv');
    const counts = { rows: 6, addresses: 3, refused: 2, suppressed: 2, before: 0, unchanged: 1 };
    const looked = await suppress(path, '--dry-run', '--json');
    expect([looked.code, JSON.parse(looked.out)]).toMatchObject([
      2,
      { ...counts, problems: [{ row: 6, problems: [{ field: 'email' }] }, { row: 7 }] },
    ]);
    expect(await stored()).toBe(before);
    const done = await suppress(path, '--json');
    expect([done.code, JSON.parse(done.out)]).toEqual([2, { ...counts, errors }]);
    expect(await types('unknown@example.com')).toEqual(['lead.suppressed']);
    expect(await types('known@example.com')).toEqual(['lead.triaged', 'lead.enrolled', 'lead.suppressed']);
    const [event] = await log.history(idOf('unknown@example.com'));
    expect(event?.data).toEqual({ why: 'unsubscribed', by: 'ana', list: 'mailchimp.csv' });
    expect(readFileSync(errors, 'utf8')).toMatch(
      /^\ufeff"leadctl row".*\r\n"6";"email: .+";"not an address".*\r\n"7";"email: is missing"/,
    );
    const again = await suppress(path, '--json');
    expect(JSON.parse(again.out)).toMatchObject({ suppressed: 0, before: 2, unchanged: 1 });
    expect(await stored()).toBe(before + 2);
  });

  it.each([
    ['a list without a header', 'first@example.com\nsecond@example.com\n', []],
    ['UTF-16', Buffer.from('\ufeffE-Mail\tName\r\nfirst@example.com\tA\r\nsecond@example.com\tB', 'utf16le'), []],
    ['a column by its mapping', 'who,since\nfirst@example.com,1\nsecond@example.com,2', ['--map', 'who=email']],
    ['two columns of addresses', 'email,E-Mail\nfirst@example.com,second@example.com', []],
    [
      'a cell beyond what a lead may hold',
      `email,note\nfirst@example.com,"${'x'.repeat(200_000)}"\nsecond@example.com,`,
      [],
    ],
  ])('reads %s', async (_, content, args) => {
    expect((await suppress(file('list.csv', content), ...args)).code).toBe(0);
    for (const address of ['first@example.com', 'second@example.com'])
      expect(statusOf((await log.load(idOf(address))).state)).toBe('suppressed');
  });

  it('stops the readable address of a row, and names the other one', async () => {
    expect((await suppress(file('two.csv', 'email,E-Mail\nfirst@example.com,nobody'))).code).toBe(2);
    expect(await types('first@example.com')).toEqual(['lead.suppressed']);
  });

  it('goes on after an interrupt, without a second event', async () => {
    const path = file('long.csv', `email\n${Array.from({ length: 60 }, (_, n) => `lead-${n}@example.com\n`).join('')}`);
    let err = '';
    const terminal = {
      env: env(),
      isTTY: false,
      out: () => undefined,
      err: (text: string) => void (err += text),
      input: () => Promise.resolve(Buffer.of()),
      onInterrupt: (then: () => void) => void setImmediate(then),
    };
    const argv = ['leads', 'import', path, '--suppress', 'bounced', '--by', 'ana', '--rate', '1'];
    expect(await run(argv, terminal)).toBe(1);
    expect(err).toContain('the same command goes on');
    expect(await stored()).toBeLessThan(60);
    await command(argv.with(-1, '5000'), env());
    expect(await stored()).toBe(60);
  });

  it('that says bounced replaces an earlier one that says unsubscribed, and not the reverse', async () => {
    const path = file('both.csv', 'email\na@example.com\n');
    await suppress(path);
    await command(['leads', 'import', path, '--suppress', 'bounced', '--by', 'ana'], env());
    await suppress(file('later.csv', 'email\nA@example.com\n'));
    expect((await log.history(idOf('a@example.com'))).map(({ data }) => 'why' in data && data.why)).toEqual([
      'unsubscribed',
      'bounced',
    ]);
  });

  it.each([
    ['without --by', ['--suppress', 'unsubscribed'], '--suppress: needs --by'],
    ['with --source', ['--suppress', 'unsubscribed', '--by', 'ana', '--source', 'x'], 'takes no --source'],
    ['of another kind', ['--suppress', 'complained', '--by', 'ana'], 'complained'],
    ['that is none', ['--by', 'ana', '--source', 'x'], '--by: goes with --suppress'],
  ])('is refused %s', async (_, args, says) => {
    const said = await command(['leads', 'import', file('a.csv', 'email\na@example.com\n'), ...args], env());
    expect(said).toMatchObject({ code: 1, err: expect.stringContaining(says) });
    expect(await stored()).toBe(0);
  });

  it('is refused with another LEAD_ID_SECRET than the log’s, which would stop nobody', async () => {
    await newLead('known@example.com');
    const said = await command(
      ['leads', 'import', file('a.csv', 'email\nknown@example.com\n'), '--suppress', 'unsubscribed', '--by', 'ana'],
      { ...env(), LEAD_ID_SECRET: 'another secret of this spec' },
    );
    expect(said).toMatchObject({ code: 1, err: expect.stringContaining('LEAD_ID_SECRET is not the one') });
    expect(await types('known@example.com')).toEqual(['lead.triaged', 'lead.enrolled']);
  });
});
