import { closeSync, openSync, rmSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

const BUSY = 5;

/**
 * A lock between processes of one machine, held until it is disposed of. It is SQLite's lock of an empty file at
 * `path`: the operating system ends it with the process, so the file of a killed process locks nothing. Throws `held`
 * at once while another process has it.
 */
export function lockFile(path: string, held: string): Disposable {
  for (;;) {
    const before = identityOf(path) ?? created(path);
    const file = new DatabaseSync(path);
    try {
      file.exec('PRAGMA journal_mode = OFF; BEGIN EXCLUSIVE');
    } catch (error) {
      file.close();
      throw isBusy(error) ? new Error(held, { cause: error }) : error;
    }
    const release = () => file.close();
    if (identityOf(path) === before)
      return {
        [Symbol.dispose]: () => {
          rmSync(path, { force: true });
          release();
        },
      };
    // The process before removed the file after this one had opened it: the lock is of a file without a name.
    release();
  }
}

const isBusy = (error: unknown): boolean => (error as { errcode?: unknown }).errcode === BUSY;

/** A number of a removed file is given again, so its time belongs to it. */
function identityOf(path: string): string | undefined {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found && `${found.ino}/${found.birthtimeNs}`;
}

/** Before SQLite does, whose files every user may read. */
function created(path: string): string | undefined {
  closeSync(openSync(path, 'a', 0o600));
  return identityOf(path);
}
