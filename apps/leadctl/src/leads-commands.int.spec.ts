import { execFile } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempDisposableSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Draft } from '@leadstream/contracts/events';
import type { Broker } from '@leadstream/eventlog/broker';
import { provision } from '@leadstream/eventlog/provision';
import { leadFold } from '@leadstream/lead/evolve';
import { view } from '@leadstream/lead/state';
import { provisionLeads } from '@leadstream/projection/collections';
import { Projection } from '@leadstream/projection/projection';
import { readFolder, SequenceStore } from '@leadstream/service/sequence-store';
import { bounced, enrolled, tagged, triaged } from '@leadstream/testing/builders';
import { eventually } from '@leadstream/testing/eventually';
import { startNats, type Server } from '@leadstream/testing/servers';
import { mongoDatabase } from '@leadstream/testing/servers-database';
import { MongoClient, type Db } from 'mongodb';
import { leadctl as run } from './program.ts';
import { dial, logOf } from './testing/backup.ts';
import { command, type Said } from './testing/command.ts';

const who = ['--by', 'ana', '--reason', 'prices change'];

describe('leadctl leads <verb>', () => {
  const folder = mkdtempDisposableSync(join(tmpdir(), 'leads-commands-'));
  const { uri } = mongoDatabase('bulk');
  const client = new MongoClient(uri);
  let nats: Server;
  let broker: Broker;
  let db: Db;
  const env = () => ({ NATS_URL: nats.url, MONGODB_URI: uri });
  const leads = (...argv: string[]): Promise<Said> => command(['leads', ...argv], env());
  const json = async (...argv: string[]): Promise<Said & { json: unknown }> => {
    const said = await leads(...argv, '--json');
    return { ...said, json: JSON.parse(said.out || 'null') };
  };
  const path = (name: string): string => join(folder.path, name);
  const file = (name: string, lines: readonly string[]): string => {
    writeFileSync(path(name), lines.map((line) => `${line}\n`).join(''));
    return path(name);
  };
  const reported = (report: string): unknown[] =>
    readFileSync(report, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as unknown);

  const append = (leadId: string, { type, data }: Draft, id: string = crypto.randomUUID()) =>
    logOf(broker).decide(leadId, id, () => ({ type, data }) as Draft);
  const newLeads = (count: number, ...drafts: Draft[]): Promise<string[]> =>
    Promise.all(
      Array.from({ length: count }, async () => {
        const leadId = crypto.randomUUID();
        await append(leadId, triaged(), leadId);
        for (const draft of [enrolled({}, leadId), ...drafts]) await append(leadId, draft);
        return leadId;
      }),
    );
  const project = async (leadIds: readonly string[]): Promise<void> => {
    const log = logOf(broker);
    const events = (await Promise.all(leadIds.map((leadId) => log.history(leadId)))).flat();
    await new Projection(db, leadFold, view).apply(events, (leadId, after) => log.history(leadId, after));
  };
  const types = async (leadId: string): Promise<string[]> =>
    (await logOf(broker).history(leadId)).slice(2).map(({ type }) => type.replace('lead.', ''));
  const paused = async (leadIds: readonly string[]): Promise<number[]> =>
    (await Promise.all(leadIds.map(types))).map((each) => each.filter((type) => type === 'paused').length);

  beforeAll(async () => {
    nats = await startNats();
    broker = await dial(nats.url);
    db = client.db();
    await provision(broker, { replicas: 1, streams: ['LEADS'] });
    await provisionLeads(db);
    await (await new SequenceStore(broker, 1).read()).deployFolder(await readFolder('sequences'), { by: 'ana' });
  });
  afterAll(async () => {
    await client.close();
    await broker?.close();
    await nats?.stop();
    folder.remove();
  });

  it('counts in a dry run what would happen and why not, and changes nothing', async () => {
    const [fits = '', isPaused = '', bounces = ''] = await newLeads(3);
    const stranger = crypto.randomUUID();
    await append(isPaused, { type: 'lead.paused', data: { by: 'otto' } });
    await append(bounces, bounced);
    const ids = file('dry.txt', ['', fits, isPaused, fits.toUpperCase(), stranger, bounces]);
    expect(await json('pause', '--ids', ids, ...who, '--dry-run')).toMatchObject({
      code: 2,
      json: {
        dryRun: true,
        leads: 4,
        changed: 2,
        unchanged: 1,
        refused: 1,
        reasons: [
          { outcome: 'unchanged', code: 'paused-already', leads: 1, some: [isPaused] },
          { outcome: 'refused', code: 'unknown-lead', leads: 1, some: [stranger] },
        ],
      },
    });
    expect(await leads('move', 'sales-demo', '0', '--ids', ids, ...who, '--dry-run')).toMatchObject({
      code: 2,
      out: expect.stringMatching(/2 {2}would change\n[^]+refused: the lead is bounced; [^]+nothing was changed\n$/),
    });
    expect(await paused([fits, isPaused, bounces])).toEqual([0, 1, 0]);
  });

  it('reports each lead of a filter, whose result is written down before it changes', async () => {
    const leadIds = await newLeads(6, tagged(['filtered']));
    await project([...leadIds, ...(await newLeads(2))]);
    const report = path('filtered.ndjson');
    const filter = [
      '--status',
      'active',
      '--tag',
      'filtered',
      '--sequence',
      'content-nurture',
      '--source',
      'whitepaper',
    ];
    const asked = (step: string) => ['pause', ...filter, '--step', step, ...who];
    const given = [...asked('first'), '--yes', '--run', 'filtered', '--report', report];
    expect(await json(...given)).toMatchObject({ code: 0, json: { run: 'filtered', changed: 6, left: 0, leads: 6 } });
    expect(reported(report)).toEqual(
      Array<unknown>(6).fill(
        expect.objectContaining({ outcome: 'changed', event: expect.objectContaining({ type: 'lead.paused' }) }),
      ),
    );
    expect(readFileSync(`${report}.ids`, 'utf8').split('\n').slice(1, -1).sort()).toEqual(leadIds.toSorted());
    await project(leadIds);
    for (const step of ['first', '0', 'second'])
      expect(await json(...asked(step), '--dry-run')).toMatchObject({ code: 0, json: { leads: 0 } });
    expect(await json(...given)).toMatchObject({ code: 0, json: { changed: 6, left: 0 } });
    expect(await json('resume', ...filter.with(1, 'paused'), '--step', '0', ...who, '--dry-run')).toMatchObject({
      code: 0,
      json: { leads: 6, changed: 6 },
    });
    for (const other of [
      ['--step', 'second'],
      ['--source', 'webinar'],
      ['--sequence', 'sales-demo'],
    ])
      expect(await json('resume', ...filter.with(1, 'paused'), ...other, ...who, '--dry-run')).toMatchObject({
        code: 0,
        json: { leads: 0 },
      });
    expect(await paused(leadIds)).toEqual(Array<number>(6).fill(1));
  });

  it('reports refused leads with the reason, as CSV too', async () => {
    const [fits = '', bounces = ''] = await newLeads(2);
    await append(bounces, bounced);
    const ids = file('refused.txt', [fits, bounces]);
    const report = path('refused.csv');
    const asked = ['enrol', 'sales-demo', '--ids', ids, ...who, '--yes', '--report', report];
    expect(await json(...asked)).toMatchObject({ code: 2, json: { changed: 1, refused: 1 } });
    const csv = readFileSync(report, 'utf8');
    expect(csv).toMatch(/^leadId,outcome,code,detail,reason,eventId,type,version,at\n/);
    expect(csv).toContain(`"${bounces}","refused","stopped","bounced","the lead is bounced; nothing lifts that`);
    expect(await json(...asked)).toMatchObject({ code: 2, json: { changed: 1, refused: 1 } });
    expect(readFileSync(report, 'utf8')).toBe(csv);
  });

  it('gives each lead one event when its process is killed midway and it is given again', async () => {
    const leadIds = await newLeads(120);
    const ids = file('killed.txt', leadIds);
    const report = path('killed.ndjson');
    const asked = ['pause', '--ids', ids, ...who, '--yes', '--run', 'killed', '--report', report];
    const argv = ['--conditions=@leadstream/source', 'apps/leadctl/src/main.ts', 'leads', ...asked, '--rate', '40'];
    const child = execFile(process.execPath, argv, { env: { ...process.env, ...env() } });
    const ended = new Promise((resolve) => child.once('exit', (_, signal) => resolve(signal)));
    await eventually(() => existsSync(report) && reported(report).length >= 20);
    expect(await leads(...asked)).toEqual({
      code: 1,
      out: '',
      err: expect.stringMatching(`^[^\n]*${report} is in use: another leadctl writes it now; [^\n]*\n$`),
    });
    expect(reported(report).length).toBeLessThan(120);
    child.kill('SIGKILL');
    expect(await ended).toBe('SIGKILL');
    const before = reported(report).length;
    expect(before).toBeLessThan(120);
    appendFileSync(report, '{"leadId":"0000');
    expect(await json(...asked)).toMatchObject({ code: 0, json: { leads: 120, left: 0, refused: 0 } });
    expect(reported(report)).toEqual(leadIds.map((leadId) => expect.objectContaining({ leadId })));
    expect(existsSync(`${report}.lock`)).toBe(false);
    expect(await paused(leadIds)).toEqual(Array<number>(120).fill(1));
    for (const lost of [report, `${report}.ids`]) rmSync(lost);
    expect(await json(...asked)).toMatchObject({ code: 0, json: { before: 120, changed: 0 } });
    expect(await paused(leadIds)).toEqual(Array<number>(120).fill(1));
  });

  it('refuses the second of two at once with one report, and the first one alone gives the command', async () => {
    const leadIds = await newLeads(30);
    const report = path('twice.ndjson');
    const asked = ['pause', '--ids', file('twice.txt', leadIds), ...who, '--yes', '--run', 'twice', '--report', report];
    const said = await Promise.all([leads(...asked), leads(...asked)]);
    expect(said.map(({ code }) => code)).toEqual([0, 1]);
    expect(said[1].err).toContain(`${report} is in use`);
    expect(reported(report)).toHaveLength(30);
    expect(await leads(...asked)).toMatchObject({ code: 0 });
  });

  it('ends after the commands under way at an interrupt, and says how to go on', async () => {
    const leadIds = await newLeads(5);
    const ids = file('stopped.txt', leadIds);
    const report = path('stopped.ndjson');
    const asked = ['pause', '--ids', ids, ...who, '--yes', '--run', 'stopped', '--report', report];
    expect(await at([...asked, '--rate', '1'], { onInterrupt: (then) => then() })).toEqual({
      code: 1,
      out: expect.stringContaining('0  leads'),
      err: expect.stringContaining(`stopped; the same command with --run stopped --report ${report} goes on`),
    });
    expect(await paused(leadIds)).toEqual([0, 0, 0, 0, 0]);
    expect(await leads(...asked)).toMatchObject({ code: 0 });
    expect(await paused(leadIds)).toEqual([1, 1, 1, 1, 1]);
  });

  it('asks for the number of leads, and a wrong answer changes nothing', async () => {
    const leadIds = await newLeads(3);
    const ids = file('asked.txt', leadIds);
    const report = path('asked.ndjson');
    const asked = ['tag', 'vip', '--ids', ids, ...who, '--report', report];
    const questions: string[] = [];
    const answer = (text: string) => async (question: string) => {
      questions.push(question);
      return Promise.resolve(text);
    };
    expect(await at(asked, { ask: answer('yes') })).toMatchObject({ code: 1 });
    expect([report, `${report}.ids`, `${report}.lock`].some((one) => existsSync(one))).toBe(false);
    expect(await leads(...asked)).toMatchObject({ code: 1, err: expect.stringContaining('give --yes') });
    expect(await types(leadIds[0] ?? '')).toEqual([]);
    expect(await at(asked, { ask: answer('3\n'), isTTY: true })).toMatchObject({
      code: 0,
      err: expect.stringContaining(`${'█'.repeat(30)} 3 of 3`),
    });
    expect(questions).toEqual(Array<string>(2).fill('type 3 to tag 3 leads: '));
    expect(await Promise.all(leadIds.map(types))).toEqual(Array<string[]>(3).fill(['tagged']));
  });

  it('leaves no file of a run that has nothing to do, so that it may be given again', async () => {
    const [leadId = ''] = await newLeads(1);
    const report = path('nothing.ndjson');
    const asked = ['untag', 'vip', '--run', 'nothing', '--report', report, ...who];
    expect(await leads(...asked, '--tag', 'no lead has it', '--yes')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^ +0 {2}leads\n[^]*nothing was changed\n$/),
    });
    const unasked = { ask: () => Promise.reject(new Error('asked')) };
    expect(await at([...asked, '--ids', file('nothing.txt', [leadId])], unasked)).toMatchObject({
      code: 0,
      err: 'leadctl: nothing was changed\n',
    });
    expect([report, `${report}.ids`, `${report}.lock`].some((one) => existsSync(one))).toBe(false);
  });

  it.each([
    ['no leads', ['pause', ...who], 'name the leads'],
    ['an empty condition', ['pause', '--tag', '', ...who], 'empty condition'],
    ['a list beside a filter', ['pause', '--ids', '-', '--tag', 'x', ...who], 'exclude each other'],
    ['a step of no sequence', ['pause', '--step', 'first', ...who], '--sequence'],
    ['an unknown step', ['pause', '--sequence', 'sales-demo', '--step', '99', ...who], 'has a step 99'],
    ['an option before the verb', ['--tag', 'x', 'pause', '--ids', '-', ...who], 'must come after the verb'],
    ['no reason', ['pause', '--ids', '-', '--by', 'ana'], '--reason'],
    ['an unknown target', ['enrol', 'nothing', '--ids', '-', ...who], 'sequence nothing is not deployed'],
    ['a list with another line', ['pause', '--ids', '-', ...who], '--ids: line 2: neither a lead id nor'],
    ['a run that is no file name', ['pause', '--ids', '-', '--run', '../x', ...who], '--run'],
  ])('is refused before any command with %s', async (_, argv, message) => {
    const input = `${crypto.randomUUID()}\nnot an address\n`;
    const report = path('never.ndjson');
    const said = await command(['leads', ...argv, '--yes', '--report', report], env(), input);
    expect(said).toMatchObject({ code: 1, out: '', err: expect.stringContaining(message) });
    expect(existsSync(report)).toBe(false);
  });

  it('does not go on after a report that was changed', async () => {
    const leadIds = await newLeads(2);
    const report = path('changed.ndjson');
    const asked = ['pause', '--ids', file('changed.txt', leadIds), ...who, '--yes', '--report', report];
    expect(await leads(...asked)).toMatchObject({ code: 0 });
    writeFileSync(report, readFileSync(report, 'utf8').replace(leadIds[1] ?? '', leadIds[0] ?? ''));
    expect(await leads(...asked)).toMatchObject({ code: 1, err: expect.stringContaining('at lead 2') });
    rmSync(`${report}.ids`);
    expect(await leads(...asked)).toMatchObject({ code: 1, err: expect.stringContaining('is there already') });
  });

  it('refuses a run that is another command', async () => {
    const [leadId = ''] = await newLeads(1);
    const ids = file('one.txt', [leadId]);
    const options = ['--ids', ids, ...who, '--yes', '--run', 'one', '--report', path('one.ndjson')];
    expect(await leads('pause', ...options)).toMatchObject({ code: 0 });
    expect(await leads('resume', ...options)).toMatchObject({
      code: 1,
      err: expect.stringContaining('the run one is another command'),
    });
    expect(await types(leadId)).toEqual(['paused']);
  });

  /** With the operator at the terminal. */
  async function at(
    argv: readonly string[],
    own: { ask?: (question: string) => Promise<string>; isTTY?: boolean; onInterrupt?: (then: () => void) => void },
  ): Promise<Said> {
    let [out, err] = ['', ''];
    const code = await run(['leads', ...argv], {
      env: env(),
      isTTY: false,
      out: (text) => void (out += text),
      err: (text) => void (err += text),
      input: () => Promise.resolve(Buffer.of()),
      onInterrupt: () => undefined,
      ...own,
    });
    return { code, out, err };
  }
});
