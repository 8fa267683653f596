import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { end, hasEnded, spawnWatched } from '@leadstream/testing/child';
import { eventually } from '@leadstream/testing/eventually';
import { chance } from '../chance.ts';
import type { DirtyFile } from './dirt.ts';

interface Place {
  /** For the file, the error lines and the command's output. */
  folder: string;
  /** The environment of leadctl. */
  env: Readonly<Record<string, string | undefined>>;
  /** The number of rows handed in so far. */
  handedIn: () => Promise<number>;
}

export interface Imported {
  code: number;
  said: { rows: number; refused: number; handedIn: number };
  /** Each error line's row and reason. */
  errors: { row: number; reason: string }[];
  /** Of the file, as event ids have it. */
  hash: string;
}

/** A killed import hands in a third of its rows a second or less: it cannot end before it is killed. */
const SLOWED = 3;

/**
 * Imports a file by leadctl in a process of its own, which is killed `kills` times on the way and then goes on to its
 * end. Throws when it ends before a kill.
 */
export async function importKilled(
  { name, bytes, args, rows }: DirtyFile,
  { folder, env, handedIn }: Place,
  { seed, kills }: { seed: number; kills: number },
): Promise<Imported> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  const taken = rows.filter(({ address }) => address !== null).length;
  const before = await handedIn();
  const { between } = chance(seed, `kills of ${name}`);
  const start = (log: string, rate: number) =>
    spawnWatched(
      [
        ...[process.execPath, '--conditions=@leadstream/source', 'apps/leadctl/src/main.ts', 'leads', 'import', path],
        ...[...args, '--json', '--rate', String(rate)],
      ],
      log,
      env,
    );
  for (let kill = 0; kill < kills; kill++) {
    const after = before + Math.floor(taken * (kill + between(0, 0.6)) * (1 / SLOWED));
    const child = start(join(folder, `${name}.killed-${kill}`), Math.ceil(taken / SLOWED));
    await eventually(async () => hasEnded(child) || (await handedIn()) > after);
    if (hasEnded(child)) throw new Error(`the import of ${name} ended before it was killed`);
    await end(child, 'SIGKILL');
  }
  const log = join(folder, `${name}.out`);
  const last = start(log, 1_000_000);
  await eventually(() => hasEnded(last));
  const out = await readFile(log, 'utf8');
  const json = /^\{[^]*^\}$/m.exec(out)?.[0];
  if (!json) throw new Error(`the import of ${name} ended with ${last.exitCode}: ${out.slice(-2_000)}`);
  const errors = await readFile(path.replace(/\.csv$/, '.errors.csv'), 'utf8');
  return {
    code: last.exitCode ?? -1,
    said: JSON.parse(json) as Imported['said'],
    errors: [...errors.matchAll(/^"(\d+)";?[,\t]?"((?:[^"]|"")*)"/gm)].map(([, row, reason = '']) => ({
      row: Number(row),
      reason,
    })),
    hash: createHash('sha256').update(bytes).digest('hex'),
  };
}
