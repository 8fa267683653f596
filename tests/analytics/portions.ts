import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { linkSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openDuck } from '@leadstream/leadctl/export/duck';

const PARTS = [10, 30] as const;
/** Of the larger one's memory to the smaller one's. */
const RATIO_MAX = 1.25;
/** Of the time that the whole work takes. */
const KILLED_AFTER = [0.3, 0.7];

/**
 * Makes the tables of a million and of three million events, which are an export's with other ids, in processes of
 * their own: of the same memory, and, killed twice, of the same bytes.
 */
export async function checkPortions(exported: string, dir: string): Promise<void> {
  const [small, large] = PARTS.map((parts) => join(dir, `${parts}-parts`)) as [string, string];
  for (const folder of [small, large]) mkdirSync(join(folder, 'events'), { recursive: true });
  const perPart = await multiply(exported, large, PARTS[1]);
  for (const name of readdirSync(join(large, 'events')).slice(0, PARTS[0]))
    linkSync(join(large, 'events', name), join(small, 'events', name));
  const child = (folder: string, parts: number) => [
    '--conditions=@leadstream/source',
    join(import.meta.dirname, 'made-tables.ts'),
    folder,
    String(parts * perPart),
  ];
  const peak = (folder: string, parts: number) => Number(execFileSync(process.execPath, child(folder, parts)));
  const startedMs = performance.now();
  const ofSmall = peak(small, PARTS[0]);
  const tookMs = performance.now() - startedMs;
  const ofLarge = peak(large, PARTS[1]);
  console.log(
    `the tables of ${PARTS.map((parts) => parts * perPart).join(' and ')} events: ${ofSmall} and ${ofLarge} MB`,
  );
  if (ofLarge > RATIO_MAX * ofSmall) throw new Error('the memory for the tables grows with the number of events');
  const once = digest(small);
  for (const share of KILLED_AFTER)
    spawnSync(process.execPath, child(small, PARTS[0]), { timeout: Math.round(share * tookMs), killSignal: 'SIGKILL' });
  peak(small, PARTS[0]);
  if (digest(small) !== once) throw new Error('killed twice, the tables have other bytes');
  console.log('killed twice, and made again: the same bytes');
}

/** Writes parts of some 100,000 events; resolves to the events of one. */
async function multiply(from: string, to: string, parts: number): Promise<number> {
  using opened = new DisposableStack();
  const duck = await openDuck(opened);
  await duck.run(`CREATE TABLE one AS FROM '${from}/events/*.parquet'`);
  const [{ events } = {}] = (await duck.runAndReadAll('SELECT count(*)::INT AS events FROM one')).getRowObjectsJson();
  const copies = Math.floor(100_000 / Number(events));
  const ids = ['lead_id', 'id', 'run_id', 'send_id', 'in_run'].map((name) => `${name} || '-' || copy AS ${name}`);
  for (let part = 0; part < parts; part++)
    await duck.run(
      `COPY (SELECT one.* REPLACE (seq + ${Number(events)} * copy AS seq, ${ids.join(', ')},
        regexp_replace(data::VARCHAR, '"(run-[0-9]+)"', '"\\1-' || copy || '"', 'g')::JSON AS data)
      FROM one, range(${part * copies}, ${(part + 1) * copies}) AS copies(copy) ORDER BY seq)
      TO '${to}/events/${String(part).padStart(3, '0')}.parquet' (FORMAT parquet, ROW_GROUP_SIZE 20480)`,
    );
  return copies * Number(events);
}

function digest(folder: string): string {
  const hash = createHash('sha256');
  for (const name of readdirSync(folder)
    .filter((one) => one.endsWith('.parquet'))
    .sort())
    hash.update(name).update(readFileSync(join(folder, name)));
  return hash.digest('hex');
}
