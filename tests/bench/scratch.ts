import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder that is deleted with `started`. */
export async function scratchFolder(started: AsyncDisposableStack): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'leadstream-bench-'));
  started.defer(() => rm(dir, { recursive: true, force: true }));
  return dir;
}
