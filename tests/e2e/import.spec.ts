import { mkdtempDisposableSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { CE } from '@leadstream/contracts/envelope';
import { lengthOf } from '@leadstream/contracts/place';
import { logEnd } from '@leadstream/eventlog/log-stream';
import { messagesTo } from '@leadstream/eventlog/read';
import { command } from '@leadstream/leadctl/testing/command';
import { liveLeads } from '@leadstream/projection/collections';
import { eventually } from '@leadstream/testing/eventually';
import { readLeads } from '@leadstream/verify/log';
import { IMPORT } from '../chaos/import/asked.ts';
import { dirtyFiles, type DirtyRow } from '../chaos/import/dirt.ts';
import { importKilled } from '../chaos/import/killed.ts';
import { startStack, type Stack } from './stack.ts';

const { rows, seed = jest.getSeed() } = IMPORT.read();
const isShort = rows < 10_000;
/** A process start takes longer than the rows of a short import. */
const KILLS = isShort ? [1, 0, 0, 1, 0] : [2, 2, 2, 2, 2];
const LIMIT = { timeoutMs: isShort ? 150_000 : 5_400_000, everyMs: 100 };
/** Triage records 30 leads a second where ten other processes want each core. */
if (!isShort) jest.setTimeout(7_200_000);

let stack: Stack;
const folder = mkdtempDisposableSync(`${tmpdir()}/import-`);
beforeAll(async () => {
  stack = await startStack({
    without: ['ingest', 'scheduler', 'sender', 'inbound'],
    env: { TRUSTED_SOURCES: 'leadctl/import' },
  });
  // Without the scheduler, which would deploy them at its first start.
  await stack.leadctl('sequences', 'deploy');
});
afterAll(async () => {
  await stack?.stop();
  folder.remove();
});

const said = (text: string): void => void (isShort || process.stderr.write(`${text}\n`));
const handedIn = async () => (await stack.jsm.streams.info('INTAKE')).state.messages;

/** The ids of the read model's leads. */
async function documents(): Promise<Set<string>> {
  const leads = (await liveLeads(stack.db)()).find({}, { projection: { _id: 1 } });
  return new Set((await leads.toArray()).map(({ _id }) => _id));
}

/** Outcomes of the submissions: by `<row>` of a file's hash, the leads of the event or events it made. */
async function gathered() {
  const submitted = new Map<number, { id: string; consent: unknown }>();
  for await (const message of messagesTo(stack.broker.js(), 'INTAKE')) {
    const { leadData } = message.json<{ leadData: { fields?: { consent?: unknown } } }>();
    submitted.set(message.seq, { id: message.headers?.get(CE.id) ?? '', consent: leadData.fields?.consent });
  }
  const events = new Map<string, string[]>();
  const triaged: string[] = [];
  for await (const event of readLeads(stack.broker)) {
    if ('unreadable' in event) throw new Error(event.unreadable);
    if (event.type === 'lead.triaged') triaged.push(event.leadId);
    if (event.type !== 'lead.triaged' && event.type !== 'lead.resubmitted') continue;
    const { id = 'no submission' } = submitted.get(event.data.intake.seq) ?? {};
    events.set(id, [...(events.get(id) ?? []), event.leadId]);
  }
  return { submitted: [...submitted.values()], events, triaged };
}

it('each row of dirty files is a lead once or an error line, although the import is killed twice', async () => {
  said(`seed ${seed}, ${rows} rows`);
  const expected = new Map<string, DirtyRow>();
  const startedMs = performance.now();
  for (const [index, file] of dirtyFiles(seed, rows).entries()) {
    const place = { folder: folder.path, env: stack.settings, handedIn };
    const { code, said: counts, errors, hash } = await importKilled(file, place, { seed, kills: KILLS[index] ?? 0 });
    const refused = file.rows.filter(({ address }) => address === null);
    const taken = file.rows.filter(({ address }) => address !== null);
    expect({ file: file.name, code, ...counts }).toMatchObject({
      file: file.name,
      code: 2,
      rows: file.rows.length,
      refused: refused.length,
      handedIn: taken.length,
    });
    expect(errors.map(({ row }) => row)).toEqual(refused.map(({ row }) => row));
    expect(errors.filter(({ reason }) => reason === '')).toEqual([]);
    for (const one of taken) expected.set(`${hash}-${one.row}`, one);
    said(`${file.name}: ${taken.length} leads and ${refused.length} error lines; ${KILLS[index]} kills`);
  }
  const importedMs = performance.now();
  await eventually(async () => (await stack.unhandled('INTAKE', 'triage')) === 0, LIMIT);
  const triagedMs = performance.now();
  const { submitted, events, triaged } = await gathered();
  expect(submitted.map(({ id }) => id).sort()).toEqual([...expected.keys()].sort());
  expect(submitted.filter(({ id, consent }) => consent !== expected.get(id)?.consent)).toEqual([]);
  const idOf = new Map([...expected].map(([id, { address }]) => [id, [stack.idOf(address ?? '')]]));
  expect([...expected.keys()].filter((id) => events.get(id)?.join() !== idOf.get(id)?.join())).toEqual([]);
  const leadIds = new Set([...idOf.values()].flat());
  expect(triaged.length).toBe(leadIds.size);
  expect((await stack.jsm.streams.info('QUARANTINE')).state.messages).toBe(0);
  const stored = lengthOf((await logEnd(stack.broker)).end);
  await eventually(async () => {
    expect(await documents()).toEqual(leadIds);
    const { code, out } = await command(['verify', '--overdue', 'P1D'], stack.settings);
    expect({ code, out }).toEqual({ code: 0, out: expect.stringMatching(/^PROVEN/m) });
    return true;
  }, LIMIT);
  said(
    `${expected.size} submissions, ${leadIds.size} leads, ${stored} events; ` +
      `imported in ${seconds(startedMs, importedMs)} s, ` +
      `triaged ${seconds(importedMs, triagedMs)} s later, verified ${seconds(triagedMs, performance.now())} s later`,
  );
});

const seconds = (fromMs: number, toMs: number): string => ((toMs - fromMs) / 1_000).toFixed(1);
