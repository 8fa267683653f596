import { availableParallelism, tmpdir } from 'node:os';
import type { DuckDBConnection } from '@duckdb/node-api';

/** Larger work spills, up to some operators that take more of it. */
const MEMORY_MAX = '1GB';

/** DuckDB in memory, open until `opened` is disposed; larger work spills to a folder, which a killed process leaves. */
export async function openDuck(
  opened: DisposableStack,
  spill = `${tmpdir()}/leadctl-duckdb-${process.pid}`,
): Promise<DuckDBConnection> {
  // Loaded on use: 70 MB of native code, which images of the services leave out (docs/adr/0030).
  const { DuckDBInstance } = await import('@duckdb/node-api').catch((cause: unknown) => {
    throw new Error('DuckDB is not installed here; npm ci in the repository installs it, for most platforms', {
      cause,
    });
  });
  const instance = await DuckDBInstance.create(':memory:', {
    threads: String(Math.min(availableParallelism(), 4)),
    memory_limit: MEMORY_MAX,
    temp_directory: spill,
    // The operating system has them already.
    enable_external_file_cache: 'false',
    // Extensions and files of elsewhere are not fetched.
    autoinstall_known_extensions: 'false',
  });
  const duck = await instance.connect();
  opened.defer(() => {
    duck.closeSync();
    instance.closeSync();
  });
  await duck.run("SET TimeZone = 'UTC'");
  return duck;
}

/** A text as an SQL literal. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
